"""What a preparation tells at its end: who is where, what was left out, what comes next."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from ..store.case_table import CaseRow
from ..store.joined import CHANNEL, case_of
from ..store.splits import SPLITS
from .class_table import class_counts

PRETRAINING, CLASSIFICATION = "pretrain_models_genesis", "volume_classification"
OPEN = "volume_segmentation"
WIDTH = 80
_COLUMNS = ("scans", "patients", "labelled", "classified")
_FEW = 10  # patients, below which one test split says little
_SHOWN = 5
_ALIKE = 1.2  # voxel sizes that differ by this factor, as axes of one protocol do
_ROOT = Path(__file__).resolve().parents[2]

Record = Mapping[str, Any]


def summarise(
    records: Sequence[Record],
    skipped: Sequence[Mapping[str, str]],
    warnings: Sequence[str],
    commands: Mapping[str, Sequence[str]],
    rows: Sequence[CaseRow] = (),
) -> dict[str, Any]:
    """The facts of a preparation, as ``manifest.json`` keeps them under ``summary``.

    Args:
        records: of the prepared scans, with ``patient``, ``patient_from`` and ``split``.
        skipped: source and reason of each scan left out.
        warnings: one line each.
        commands: what to run next, see :func:`next_commands`.
        rows: of a table of classes.

    Returns:
        Scans, patients and labelled scans in all and for each split, of a table also the cases that
        have a class and how many rows each ``classes`` has in each split; the voxel sizes in mm
        (lowest and highest along x, y, z), who names how many patients, what was left out, and the
        rest.
    """
    classified = {row.case for row in rows}
    named = {record["patient"]: record["patient_from"] for record in records}
    splits = [*SPLITS, *sorted({record["split"] for record in records} - {*SPLITS})]
    sizes = [record["spacing_mm"] for record in records]
    return {
        **_count(records, classified),
        "splits": {
            split: _count([record for record in records if record["split"] == split], classified)
            for split in splits
        },
        **({"classes": class_counts(rows, records)} if rows else {}),
        "spacing_mm": [[edge(axis) for axis in zip(*sizes, strict=True)] for edge in (min, max)],
        "patients_from": dict(sorted(Counter(named.values()).items())),
        "left_out": list(skipped),
        "warnings": list(warnings),
        "next": {what: list(words) for what, words in commands.items()},
    }


def split_warnings(
    records: Sequence[Record], fractions: Sequence[float] | None, folds: int | None
) -> list[str]:
    """Lines on splits that are empty or without labels, few patients, and missing labels.

    Args:
        records: of the prepared scans, with ``patient`` and ``split``.
        fractions: shares that were asked for; None where the publisher gives the splits.
        folds: how many there are; None for none.
    """
    lines = []
    labelled = [record for record in records if "label_source" in record]
    # Of several channels the first one has the label.
    cases = [record for record in records if not record.get("facts", {}).get(CHANNEL)]
    without = [record["id"] for record in cases if "label_source" not in record]
    if labelled and without:
        lines.append(f"labels: {len(without)} of {len(cases)} scans have none: {_some(without)}")
    patients = len({record["patient"] for record in records})
    for place, split in enumerate(SPLITS):
        here = [record for record in records if record["split"] == split]
        if not here:
            lines.append(f"no scan in {split}: {_why_empty(place, fractions, patients)}")
        elif labelled and not any("label_source" in record for record in here):
            lines.append(
                f"no labelled scan in {split}: label scans of more patients, or give it a larger "
                "share with --fractions"
            )
    if patients < _FEW and fractions is not None and folds is None:
        lines.append(
            f"only {patients} patient(s): one test split says little; --folds K (such as "
            f"{max(2, min(5, patients))}) also writes leave-some-out folds"
        )
    return lines


def size_warnings(records: Sequence[Record]) -> list[str]:
    """A line where voxel sizes differ so much that equal crops show unequal pieces of a body.

    Args:
        records: of the prepared scans, with ``spacing_mm``.
    """
    axes = zip(*(record["spacing_mm"] for record in records), strict=True)
    edges = [(min(axis), max(axis)) for axis in axes]
    if not any(high > _ALIKE * low for low, high in edges):
        return []
    sizes = " x ".join(f"{low:.3g} to {high:.3g}" for low, high in edges)
    middle = ",".join(f"{median(r['spacing_mm'][k] for r in records):.3g}" for k in range(3))
    return [
        f"voxel sizes differ, {sizes} mm: crops of as many voxels show more of one scan than of "
        f"another, and a network takes them for alike; --spacing {middle} brings all to one"
    ]


def next_commands(
    output: Path,
    records: Sequence[Record],
    task: str,
    folds: int | None,
    classified: Collection[str] = (),
) -> dict[str, list[str]]:
    """Commands for the prepared folder, in pieces of one line each.

    Args:
        output: the folder.
        records: of its scans.
        task: bundle for the labelled scans.
        folds: how many there are; None for none.
        classified: cases that have a class.

    Returns:
        ``pretrain`` where scans without labels are in training, ``plan`` and ``fine-tune`` where
        labelled are, ``classify`` where such are that have a class.
    """
    training = [record for record in records if record["split"] == SPLITS[0]]
    labelled = [record for record in training if "label_source" in record]
    commands = {}
    if len(labelled) < len(training):
        commands["pretrain"] = _command(PRETRAINING, output)
    chosen = [] if folds is None else [f"--fold 0  # to {folds - 1}, each in its --output_dir"]
    if labelled and task == OPEN:
        of_fold = "" if folds is None else f" --fold 0  # to {folds - 1}"
        commands["plan"] = [f"medssl plan {shlex.quote(str(output))}{of_fold}"]
    if labelled:
        commands["fine-tune"] = [*_command(task, output), *chosen]
    if any(case_of(record) in classified for record in training):
        commands["classify"] = [*_command(CLASSIFICATION, output), *chosen]
    return commands


def describe_summary(output: Path, summary: Mapping[str, Any]) -> str:
    """The summary as a table of plain text, 80 columns wide where paths allow it."""
    rows = [(split, counts) for split, counts in summary["splits"].items()] + [("all", summary)]
    columns = [name for name in _COLUMNS if name in summary]
    lines = [f"prepared: {output}", "", " " * 12 + "".join(f"{name:>11}" for name in columns)]
    lines += [f"{split:12}" + "".join(f"{c[name]:11}" for name in columns) for split, c in rows]
    lines += _class_lines(summary.get("classes", {}))
    who = ", ".join(f"{name} {count}" for name, count in summary["patients_from"].items())
    lines += ["", f"voxel size  {_size(*summary['spacing_mm'])}", f"patients    known from: {who}"]
    reasons = [f"{scan['source']}: {scan['reason']}" for scan in summary["left_out"]]
    lines.append(f"left out    {len(reasons)} scan(s)")
    lines += _bullets(reasons)
    lines += [f"warnings    {len(summary['warnings'])}", *_bullets(summary["warnings"])]
    for what, words in summary["next"].items():
        lines += ["", f"next: {what}", "  " + " \\\n      ".join(words)]
    return "\n".join(lines)


def _count(records: Sequence[Record], classified: set[str]) -> dict[str, int]:
    cases = {case_of(record) for record in records}
    return {
        "scans": len(records),
        "patients": len({record["patient"] for record in records}),
        "labelled": sum("label_source" in record for record in records),
        **({"classified": len(cases & classified)} if classified else {}),
    }


def _class_lines(classes: Mapping[str, Mapping[str, int]]) -> list[str]:
    """How many rows of a table each class has, one line for all."""
    told = [
        f"{name} {' + '.join(str(there.get(split, 0)) for split in SPLITS)}"
        for name, there in classes.items()
    ]
    line = f"classes     {', '.join(told)} (rows, as {' + '.join(SPLITS)})"
    return ["", *textwrap.wrap(line, WIDTH, subsequent_indent=" " * 12)] if told else []


def _why_empty(place: int, fractions: Sequence[float] | None, patients: int) -> str:
    if fractions is None:
        return "none of its published cases is here; add --split patients to draw the splits"
    if not fractions[place]:
        return "its share in --fractions is 0, so training or evaluate must do without"
    return f"{patients} patient(s) are too few; add scans, or test in turn with --folds 2"


def _command(bundle: str, output: Path) -> list[str]:
    own = (_ROOT / "configs" / "train.json").is_file()  # a released bundle, run in its folder
    root = "." if own else f"bundles/{bundle}"
    return [
        "python -m monai.bundle run",
        f"--bundle_root {root}",
        f"--config_file {'configs/train.json' if own else f'{root}/configs/train.json'}",
        f"--dataset_dir {shlex.quote(str(output))}",
    ]


def _size(low: Sequence[float], high: Sequence[float]) -> str:
    sides = [f"{a:g}" if a == b else f"{a:g}-{b:g}" for a, b in zip(low, high, strict=True)]
    return " x ".join(sides) + " mm"


def _bullets(lines: Iterable[str]) -> list[str]:
    filled = (
        textwrap.wrap(line, WIDTH, initial_indent="  - ", subsequent_indent="    ")
        for line in lines
    )
    return [piece for pieces in filled for piece in pieces]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
