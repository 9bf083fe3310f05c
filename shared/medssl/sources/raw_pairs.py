"""Prepared copies of raw image and label pairs, for tools that hand over file names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import remove_stale, sha256_of
from ..store.contract import HU, SCAN, check_clip, check_intensity, check_spacing
from ..store.manifest import HASHES, label_values
from ..store.volume_file import LABELS, SUFFIX, VOLUMES
from .cases import prepare_cases
from .intensity import MODALITIES
from .pairing import Case
from .readers import source_of
from .records import Settings
from .scan_names import name_of, short_hash, told_apart

Item = dict[str, Any]


def ensure_prepared(
    data: Sequence[Mapping[str, Any]],
    cache_dir: str | Path | None,
    spacing: float | Sequence[float] | str = 1.0,
    clip: Sequence[float] | None = None,
    intensity: str = HU,
) -> list[Item]:
    """The items as they are where they name prepared volumes, else as prepared copies.

    Args:
        data: items of a prepared folder or raw pairs, see :func:`prepare_pairs`.
        cache_dir: folder of the copies.
        spacing: voxel size of the copies in mm, or ``native``.
        clip: lowest and highest stored value that the copies keep; None keeps all.
        intensity: rule for the values, see :mod:`~.intensity`.
    """
    items = [dict(item) for item in data]
    raw = [item for item in items if not str(item["image"]).endswith(SUFFIX)]
    copies = iter(prepare_pairs(raw, cache_dir, spacing, clip, intensity) if raw else [])
    return [item if str(item["image"]).endswith(SUFFIX) else next(copies) for item in items]


def prepare_pairs(
    pairs: Sequence[Mapping[str, Any]],
    cache_dir: str | Path | None,
    spacing: float | Sequence[float] | str = 1.0,
    clip: Sequence[float] | None = None,
    intensity: str = HU,
) -> list[Item]:
    """Prepare raw pairs into ``cache_dir`` once; files are known by content, not by name.

    Args:
        pairs: items with the paths ``image`` and ``label``; further keys are kept.
        cache_dir: folder of the copies.
        spacing: voxel size in mm, one number or three, or ``native``.
        clip: lowest and highest stored value that the copies keep; None keeps all.
        intensity: rule for the values, see :mod:`~.intensity`.

    Returns:
        One item for each pair, as :func:`~medssl.store.load_datalist` gives them.

    Raises:
        UserError: no ``cache_dir``, no ``label``, several channels, or a file that cannot be used.
    """
    if cache_dir is None:
        raise UserError(
            f"cache_dir: needed to prepare raw scans such as {pairs[0]['image']}; give a folder, "
            "or run `medssl prepare images` first"
        )
    folder = Path(cache_dir).absolute()
    rule = check_intensity(intensity)
    kind = MODALITIES["ct" if rule == HU else "other"]
    settings = Settings(check_spacing(spacing), check_clip(clip, "clip"), rule, kind.channels)
    remove_stale(folder / VOLUMES, folder / LABELS)
    cases = [_case(pair, settings) for pair in pairs]
    unique = list({case.id: case for case in cases}.values())
    outcomes = {outcome.case: outcome for outcome in prepare_cases(unique, folder, settings)}
    for pair, case in zip(pairs, cases, strict=True):
        if outcomes[case.id].record is None:
            raise UserError(f"{pair['image']}: {outcomes[case.id].reason}; replace or remove it")
    records = [outcomes[case.id].record or {} for case in cases]
    scan = {SCAN: settings.contract.as_dict()}
    return [
        {**pair, "id": name, **_stored(case.id, record, folder), **scan}
        for pair, name, case, record in zip(pairs, _ids(pairs), cases, records, strict=True)
    ]


def _case(pair: Mapping[str, Any], settings: Settings) -> Case:
    if "label" not in pair:
        raise UserError(f"{pair['image']}: no label given; name its label map as `label`")
    if not isinstance(pair["image"], str | Path):
        raise UserError(
            f"{pair['image']}: raw pairs have one channel; prepare cases of several with "
            "`medssl prepare nnunet` or `medssl prepare decathlon`"
        )
    image, label = (source_of(Path(pair[key])) for key in ("image", "label"))
    digest = hashlib.sha256(repr(settings).encode())
    for path in (*image.files, *label.files):
        digest.update(sha256_of(path).encode())
    named = replace(image, name="image"), replace(label, name="label")
    return Case(digest.hexdigest()[:24], *named)


def _ids(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ids given, else the images' file names; folder and hash tell those of one name apart."""
    paths = [Path(pair["image"]) for pair in pairs]
    names = told_apart(
        [name_of(path) for path in paths], [f"_{path.parent.name}" for path in paths]
    )
    names = told_apart(names, ["_" + short_hash(str(sorted(pair.items()))) for pair in pairs])
    return [str(pair.get("id", name)) for pair, name in zip(pairs, names, strict=True)]


def _stored(name: str, record: Mapping[str, Any], folder: Path) -> Item:
    keys = ("shape", "spacing_mm", "native_spacing_mm", "scan_sha256", *HASHES, "objects")
    return {
        "image": str(folder / VOLUMES / f"{name}{SUFFIX}"),
        "label": str(folder / LABELS / f"{name}{SUFFIX}"),
        **{key: record[key] for key in keys},
        "label_values": label_values(record),
    }
