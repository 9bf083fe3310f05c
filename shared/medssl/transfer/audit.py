"""Does a task test on scans that its pretrained weights have seen?"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..ranks import is_main
from ..store import load_datalist
from ..store.manifest import DATALIST

PROVENANCE = "provenance.json"
_SHOWN = 3


@dataclass(frozen=True)
class Overlap:
    """A test scan that pretraining has seen: its id, and what is the same."""

    case: str
    reason: str


@dataclass(frozen=True)
class AuditReport:
    """Test scans, those of them that overlap, and how many scans pretraining used.

    ``seen`` is None where the weights say nothing about their origin.
    """

    source: str
    tested: int
    overlaps: tuple[Overlap, ...]
    seen: int | None

    def __str__(self) -> str:
        if self.seen is None:
            return (
                f"{self.source}: no {PROVENANCE} beside the weights, so whether the {self.tested} "
                "test scans were pretrained on cannot be checked"
            )
        text = f"{len(self.overlaps)} of {self.tested} test scans overlap with the {self.seen} "
        shown = "; ".join(f"{each.case} ({each.reason})" for each in self.overlaps[:_SHOWN])
        more = len(self.overlaps) - _SHOWN
        return f"{text}scans of {self.source}" + (
            f": {shown}" + (f"; and {more} more" if more > 0 else "") if shown else ""
        )


def read_provenance(source: str | Path) -> dict[str, Any] | None:
    """Where weights come from, as :class:`~medssl.engines.SaveModel` wrote it.

    Args:
        source: bundle folder, weight file or released zip.

    Returns:
        The content of ``provenance.json``; None where there is none.

    Raises:
        UserError: the file is there and is no JSON object.
    """
    path = Path(source)
    if path.suffix == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if n.endswith(f"/models/{PROVENANCE}")]
            return _parse(archive.read(names[0]), f"{path}/{names[0]}") if names else None
    folders = (path / "models", path) if path.is_dir() else (path.parent,)
    files = [folder / PROVENANCE for folder in folders if (folder / PROVENANCE).is_file()]
    return _parse(files[0].read_bytes(), str(files[0])) if files else None


def _parse(content: bytes, name: str) -> dict[str, Any]:
    try:
        provenance = json.loads(content)
    except ValueError as error:
        raise UserError(f"{name}: no valid JSON ({error}); train or download again") from error
    if not isinstance(provenance, dict):
        raise UserError(f"{name}: expected a JSON object; train or download again")
    return provenance


def find_overlaps(
    seen: Mapping[str, Sequence[Mapping[str, Any]]], tested: Sequence[Mapping[str, Any]]
) -> tuple[Overlap, ...]:
    """Compare scans by the hash of their source, and by patient and id.

    Args:
        seen: for each split of the pretraining its scans, see :func:`~medssl.store.identify`.
        tested: items of the task's test split.
    """
    hashes: dict[str, str] = {}
    names: dict[str, str] = {}
    for split, scans in seen.items():
        for scan in scans:
            hashes.setdefault(scan.get("scan_sha256", ""), split)
            for key in ("patient", "id"):
                names.setdefault(scan.get(key, ""), split)
    found = []
    for item in tested:
        if (scan := item.get("scan_sha256", "")) in hashes and scan:
            found.append(Overlap(item["id"], f"the same scan, in its {hashes[scan]}"))
            continue
        name = next((item[k] for k in ("patient", "id") if item.get(k) in names), None)
        if name:
            found.append(Overlap(item["id"], f"patient or id {name}, in its {names[name]}"))
    return tuple(found)


def audit(source: str | Path, dataset_dir: str | Path, split: str = "test") -> AuditReport:
    """Compare what weights were pretrained on with a task's test split.

    Args:
        source: pretrained weights: bundle folder, weight file or released zip.
        dataset_dir: the task's prepared folder.
        split: its split to compare.

    Raises:
        UserError: the folder is not prepared.
    """
    tested = load_datalist(dataset_dir, split)
    provenance = read_provenance(source)
    if provenance is None or "data" not in provenance.get("run", {}):
        return AuditReport(str(source), len(tested), (), None)
    seen = provenance["run"]["data"]
    count = sum(len(scans) for scans in seen.values())
    return AuditReport(str(source), len(tested), find_overlaps(seen, tested), count)


def refuse_overlap(
    pretrained: str | None, dataset_dir: str | Path, allow_overlap: bool = False
) -> AuditReport | None:
    """The task bundles' step before the hand-over: stop if the test split is not untouched.

    Nothing happens without ``pretrained``, and where the scans come from elsewhere than a prepared
    folder, as in MONAI Label.

    Raises:
        UserError: test scans were pretrained on, and ``allow_overlap`` is not set.
    """
    listing = Path(dataset_dir) / DATALIST
    if not pretrained or not listing.is_file():
        return None
    if not json.loads(listing.read_text(encoding="utf-8")).get("test"):
        return None
    report = audit(pretrained, dataset_dir)
    if report.overlaps and not allow_overlap:
        raise UserError(
            f"{report}; prepare another split, pretrain without these scans, or set allow_overlap "
            "to go on and say so with the results"
        )
    if is_main():
        print(report)
    return report
