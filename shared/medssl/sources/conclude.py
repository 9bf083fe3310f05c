"""The end of a preparation: patients, splits, what there is to tell, and the lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..store.case_table import CaseRow, copy_table
from ..store.lock import refuse_gone
from ..store.manifest import LabelNames, describe_datalist, write_lists
from ..store.splits import split_patients
from .asked import Asked
from .case_folds import case_folds, fold_warnings, left_out_of_folds
from .cases import Outcome
from .class_table import class_warnings, classes_of_patients
from .earlier_lists import describe_changes
from .label_warnings import label_warnings
from .leftovers import Earlier, describe_leftovers, find_leftovers
from .pairing import Case
from .patients import describe_headers, describe_twins, find_patients, find_twins
from .same_source import IMAGES
from .summary import next_commands, size_warnings, split_warnings, summarise

TASK = "volume_segmentation"


@dataclass(frozen=True)
class DataSet:
    """What is prepared, and how.

    Attributes:
        source: folder that the cases come from, for messages.
        cases: by id.
        output: folder to write.
        asked: voxel size, splits and the like.
        label_names: of the values of the label maps.
        task: bundle that its labelled scans are for.
        kind: of the source, as ``medssl prepare`` calls it.
        rows: of a table of classes.
    """

    source: Path
    cases: Mapping[str, Case]
    output: Path
    asked: Asked
    label_names: LabelNames = field(default_factory=dict)
    task: str = TASK
    kind: str = IMAGES
    rows: Sequence[CaseRow] = ()


def conclude(data: DataSet, outcomes: Sequence[Outcome], earlier: Earlier) -> Path:
    """Write ``manifest.json``, ``datalist.json`` and folds; remove volumes that are in none.

    Args:
        data: what was prepared.
        outcomes: of all its cases, sorted by id; some have a record.
        earlier: what was in the folder before.

    Returns:
        The path of ``datalist.json``.

    Raises:
        UserError: the folder was removed meanwhile, and with it some of the volumes.
    """
    refuse_gone(data.output)
    asked, output, settings = data.asked, data.output, data.asked.settings
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    broken = [outcome for outcome in outcomes if outcome.record is None]
    skipped = [{"source": outcome.source, "reason": outcome.reason} for outcome in broken]
    described = _describe(data.cases, records, asked, data.rows)
    drawn = [record for record in described if data.cases[record["id"]].split is None]
    folds = case_folds(drawn, asked.folds, asked.published, asked.fractions, asked.seed, data.rows)
    leftovers = find_leftovers(output, described, earlier)
    common = (settings.contract, data.label_names, asked.licence)
    listing = describe_datalist(output, described, *common)
    told = [
        *earlier.lines,
        *describe_leftovers(leftovers),
        *describe_changes(output, listing, folds, asked.table),
        *_warnings(data, records, described, drawn, folds),
    ]
    classified = {row.case for row in data.rows}
    following = next_commands(output, described, data.task, asked.fold_count, classified)
    parameters = {"fractions": list(asked.fractions), "seed": asked.seed, "folds": asked.fold_count}
    summary = summarise(described, skipped, told, following, data.rows)
    datalist = write_lists(
        output, described, settings.as_lists() | parameters, *common, summary, folds, data.kind
    )
    if asked.table is not None:
        copy_table(asked.table, output)
    refuse_gone(output)
    for name in leftovers:  # now that no list names them
        (output / name).unlink()
    return datalist


def _describe(
    cases: Mapping[str, Case],
    records: Sequence[dict[str, Any]],
    asked: Asked,
    rows: Sequence[CaseRow],
) -> list[dict[str, Any]]:
    """The records with patient, who says so, split and facts.

    Each split is to have patients with label maps, and each of a table's classes.
    """
    patients = find_patients(cases, records)
    open_patients = [patients[name].name for name in patients if cases[name].split is None]
    whose = {cases[name].whole: who.name for name, who in patients.items()}
    classes = classes_of_patients(rows, whose)
    labelled = {patients[record["id"]].name for record in records if "label_source" in record}
    drawn = split_patients(open_patients, asked.fractions, asked.seed, labelled, classes)
    described = []
    for record in records:
        name, case = record["id"], cases[record["id"]]
        entry = {key: record[key] for key in record if key != "header_patient"}
        entry["patient"] = patients[name].name
        entry["patient_from"] = patients[name].known_from
        series = {"series_uid": case.image.series} if case.image.series else {}
        if facts := {**series, **case.facts}:
            entry["facts"] = facts
        entry["split"] = drawn[patients[name].name] if case.split is None else case.split
        described.append(entry)
    return described


def _warnings(
    data: DataSet,
    records: Sequence[dict[str, Any]],
    described: Sequence[dict[str, Any]],
    drawn: Sequence[dict[str, Any]],
    folds: Sequence[Mapping[str, str]],
) -> list[str]:
    """What a user should know before training, one line each."""
    cases, asked = data.cases, data.asked
    split_of = {record["id"]: record["split"] for record in described}
    published = any(case.split is not None for case in cases.values())
    return [
        *describe_headers(cases, records),
        *describe_twins(find_twins(described), split_of),
        *split_warnings(described, None if published else asked.fractions, asked.fold_count),
        *size_warnings(described),
        *left_out_of_folds(drawn, asked.published),
        *fold_warnings(drawn, folds, asked.fractions),
        *label_warnings(described, data.label_names),
        *class_warnings(asked.table, data.rows, described),
    ]
