"""Whether two runs, two prepared folders or two trees of files are the same to the last bit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from medssl.engines import read_metrics, read_trace
from medssl.engines.evaluation import METRICS, WEIGHTS
from medssl.engines.whole_trace import trace_so_far
from medssl.files import sha256_of
from medssl.weights import load_torch

from .fault import SILENT, FailedError

_VOLATILE = ("events.out", "stopped.json")


def same_run(whole: Path, other: Path) -> None:
    """Compare losses, metrics, weights, checkpoint and the names of all files of two runs.

    Raises:
        FailedError: they differ.
    """
    trace = "trace.jsonl"
    for read in (read_trace, read_metrics):
        if read(whole / trace) != read(other / trace):
            raise FailedError(SILENT, f"{read.__name__}: other figures")
    ours, theirs = (_names(folder) for folder in (whole, other))
    if ours != theirs:
        raise FailedError(SILENT, f"other files: {sorted(ours ^ theirs)}")
    for name in sorted(ours):
        if name.endswith(".pt") and not _equal(*(_content(f / name) for f in (whole, other))):
            raise FailedError(SILENT, f"{name}: other content")
    hashes = [json.loads((f / "run.json").read_text())["hash"] for f in (whole, other)]
    if hashes[0] != hashes[1]:
        raise FailedError(SILENT, "run.json: another run")


def _content(path: Path) -> Any:
    """What PyTorch has written; of its trace, which has seconds in it, whether it is that there."""
    found = load_torch(path)
    if "trace" in found:
        found["trace"] = found["trace"] == trace_so_far(path.with_name("trace.jsonl"))
    return found


def _names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.startswith(_VOLATILE)}


def _equal(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, torch.Tensor):
        return isinstance(theirs, torch.Tensor) and torch.equal(ours, theirs)
    if isinstance(ours, Mapping):
        return ours.keys() == theirs.keys() and all(_equal(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list | tuple):
        return len(ours) == len(theirs) and all(map(_equal, ours, theirs))
    return bool(ours == theirs)


def same_files(whole: Path, other: Path, *passed_over: str, parts: str = "") -> None:
    """Compare the bytes of all files of two folders.

    Args:
        whole: a folder.
        other: the other one.
        passed_over: names of files whose bytes may differ; they have to be there.
        parts: pattern of files of the other one, of which some may be missing; no others count.

    Raises:
        FailedError: they differ.
    """
    ours, theirs = (_hashes(f, parts or "**/*", passed_over) for f in (whole, other))
    if parts:
        ours = {name: ours.get(name, "") for name in theirs}
    if ours != theirs:
        names = sorted(n for n in {*ours, *theirs} if ours.get(n) != theirs.get(n))
        raise FailedError(SILENT, f"other files: {', '.join(names)[:300]}")


def _hashes(folder: Path, pattern: str, passed_over: tuple[str, ...]) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): "" if path.name in passed_over else _digest(path)
        for path in folder.glob(pattern)
        if path.is_file() and not (pattern != "**/*" and path.name.startswith("."))
    }


def _digest(path: Path) -> str:
    """Of a file's bytes; figures say where their weights lie, which is another way from there."""
    if path.name != METRICS:
        return sha256_of(path)
    found = json.loads(path.read_text(encoding="utf-8"))
    if WEIGHTS in found:
        found[WEIGHTS]["file"] = Path(found[WEIGHTS]["file"]).name
    return json.dumps(found)
