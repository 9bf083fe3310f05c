"""Running the checks, and the table of what they found."""

from __future__ import annotations

import contextlib
import io
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ...bars import progress_bar
from ...errors import UserError, one_line
from . import commands, files, network, properties
from .subject import Subject, opened

Check = Callable[[Subject], str]
CHECKS: dict[str, Check] = {
    "files": files.check_files,
    "name": files.check_name,
    "version": files.check_version,
    "metadata": files.check_metadata,
    "keys": files.check_keys,
    "paths": files.check_paths,
    "sizes": files.check_sizes,
    "release": files.check_release,
    "shapes": network.check_shapes,
    "weights": network.check_weights,
    "torchscript": network.check_torchscript,
    "hand-over": network.check_hand_over,
    "properties": properties.check_properties,
    "commands": commands.check_commands,
}
QUICK = tuple(name for name in CHECKS if name != "commands")


class Result(NamedTuple):
    """What one check of one bundle found; ``note`` is the reason where it failed."""

    bundle: str
    check: str
    passed: bool
    note: str
    seconds: float


def run_checks(
    source: str | Path,
    phantoms: Path,
    names: Sequence[str] = tuple(CHECKS),
    used: frozenset[str] = frozenset(),
) -> list[Result]:
    """Run checks on a bundle's folder or a released zip.

    Checks of the code run what is in the bundle: verify only what you would run.

    Args:
        source: folder or zip.
        phantoms: folder for the synthetic scans, shared by the bundles that are verified.
        names: of the checks, see :data:`CHECKS`.
        used: names with versions that are released already, such as ``pretrain_simclr_v0.1.0``.

    Returns:
        One result for each check; what cannot even be opened has one, named "archive".
    """
    label = Path(source).resolve().name
    checks: dict[str, Check] = {**CHECKS, "version": partial(files.check_version, used=used)}
    results = []
    try:
        with opened(source, phantoms) as subject, _quiet():
            for name in progress_bar(names, desc=label, unit="check", leave=False):
                results.append(_run(label, name, checks[name], subject))
                if name == "files" and not results[-1].passed:
                    break  # whatever follows would only say so again
    except UserError as error:
        results.append(Result(label, "archive", False, one_line(error), 0.0))
    return results


def _run(label: str, name: str, check: Check, subject: Subject) -> Result:
    start = time.perf_counter()
    try:
        passed, note = True, check(subject)
    except Exception as error:  # a check must not end the others, whatever the bundle raises
        passed, note = False, one_line(error)
    return Result(label, name, passed, note, time.perf_counter() - start)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what MONAI prints, warns and logs on the way: failures come back as exceptions."""
    logging.disable(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def table(results: Sequence[Result]) -> str:
    """Text table: a row for each check of one bundle, or a row for each of several bundles."""
    bundles = list(dict.fromkeys(result.bundle for result in results))
    if len(bundles) == 1:
        cells: list[tuple[str, ...]] = [("check", "result", "time", "note")]
        for result in results:
            cells.append((result.check, _mark(result), f"{result.seconds:.1f} s", result.note))
        return _align(cells)
    checks = list(dict.fromkeys(result.check for result in results))
    found = {(result.bundle, result.check): result for result in results}
    cells = [("bundle", *checks)]
    for name in bundles:
        given = (found.get((name, check)) for check in checks)
        cells.append((name, *(_mark(result) if result else "-" for result in given)))
    lines = [_align(cells)]
    lines += [
        f"FAIL  {result.bundle}, {result.check}: {result.note}"
        for result in results
        if not result.passed
    ]
    return "\n".join(lines)


def _mark(result: Result) -> str:
    return "ok" if result.passed else "FAIL"


def _align(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
