"""Are tested scans among those that weights, or the weights they started from, have seen?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ignite.engine import Engine, Events

from ..engines.evaluated_data import note_data
from ..engines.provenance import read_provenance
from ..errors import UserError
from ..ranks import is_main
from ..store import load_datalist
from ..store.listing import read_datalist
from ..store.manifest import DATALIST, fold_name
from ..store.splits import SPLITS
from ..weights import weight_file
from .ancestry import Generation, ancestry
from .apply import FILES
from .audit_report import AuditReport, compare

Item = Mapping[str, Any]


def audit(
    source: str | Path,
    dataset_dir: str | Path,
    split: str = "test",
    transfer_from: str = "online",
    fold: int | None = None,
) -> AuditReport:
    """Compare what weights and their ancestors were trained on with a split of a task.

    Args:
        source: bundle folder, weight file or released zip.
        dataset_dir: the task's prepared folder.
        split: its split to compare.
        transfer_from: ``online`` or ``target``, as for the hand-over.
        fold: number of a leave-some-out fold, whose split to take; None: the one split.

    Raises:
        UserError: no weights there, the folder is not prepared, or a damaged ``provenance.json``.
    """
    file = FILES[transfer_from]
    weights = weight_file(source, file)
    if not weights.is_file() and read_provenance(source, file) is None:
        raise UserError(
            f"{weights}: no such file; name a bundle or run that was trained, or a weight file"
        )
    generations = _named(ancestry(source, file), source)
    return compare(generations, load_datalist(dataset_dir, split, fold=fold), _listed(dataset_dir))


def refuse_overlap(
    pretrained: str | None,
    dataset_dir: str | Path,
    allow_overlap: bool = False,
    fold: int | None = None,
) -> AuditReport | None:
    """The task bundles' step before the hand-over: stop if the test split is not untouched.

    Nothing happens without ``pretrained``, and where the scans come from elsewhere than a prepared
    folder, as in MONAI Label.

    Raises:
        UserError: test scans were trained on, and ``allow_overlap`` is not set.
    """
    if not pretrained or not any(item["split"] == "test" for item in _listed(dataset_dir, fold)):
        return None
    report = audit(pretrained, dataset_dir, fold=fold)
    mend = "prepare another split, pretrain without these scans, or set allow_overlap to go on"
    return _judge(report, allow_overlap, mend)


def refuse_seen(
    model: str | Path,
    evaluator: Engine,
    data: Sequence[Item],
    dataset_dir: str | Path,
    allow_overlap: bool = False,
) -> AuditReport | None:
    """The step before an evaluation: stop if the model or an ancestor has seen what is scored.

    The scans that chose the weights (validation) count as seen. With ``allow_overlap`` the
    evaluation goes on, and its metrics name the scans: ``overlap_count`` and ``overlap_scans``;
    ``overlap_unknown`` names weights of unknown origin.

    Args:
        model: the weights that are scored, with their ``provenance.json`` beside them: a file, or
            the folder of a run or bundle.
        evaluator: whose metrics are to say so.
        data: items that are scored.
        dataset_dir: prepared folder that they come from.
        allow_overlap: go on.

    Returns:
        The comparison; None where there are no weights.

    Raises:
        UserError: scans were trained on, and ``allow_overlap`` is not set.
    """
    if not Path(model).exists():
        return None  # the step that loads the weights says so
    report = compare(_named(ancestry(model), model), data, _listed(dataset_dir))
    mend = (
        "evaluate on another split, or set --allow_overlap true to go on and note it in the metrics"
    )
    _judge(report, allow_overlap, mend)
    notes = _notes(report)
    evaluator.add_event_handler(Events.STARTED, note_data, data)
    evaluator.add_event_handler(
        Events.EPOCH_COMPLETED, lambda engine: engine.state.metrics.update(notes)
    )
    return report


def _judge(report: AuditReport, allow_overlap: bool, mend: str) -> AuditReport:
    if report.overlaps and not allow_overlap:
        raise UserError(f"{'; '.join(report.lines(overlaps_only=True))}; {mend}")
    if is_main():
        print(report)
    return report


def _notes(report: AuditReport) -> dict[str, Any]:
    notes: dict[str, Any] = {}
    if report.overlaps:
        notes["overlap_count"] = len(report.overlaps)
        notes["overlap_scans"] = [f"{one.case}: {one.reason}" for one in report.overlaps]
    if unknown := [*report.unknown, *["not prepared"][: report.nameless]]:
        notes["overlap_unknown"] = unknown
    return notes


def _named(generations: Sequence[Generation], source: str | Path) -> list[Generation]:
    """The weights' own generation is called as the user calls it."""
    return [replace(generations[0], name=str(source)), *generations[1:]]


def _listed(dataset_dir: str | Path, fold: int | None = None) -> list[Item]:
    """The items of all splits; none where the folder is not prepared."""
    path = Path(dataset_dir) / (DATALIST if fold is None else fold_name(fold))
    if not path.is_file():
        return []
    listing = read_datalist(path)
    return [{**item, "split": split} for split in SPLITS for item in listing.get(split, [])]
