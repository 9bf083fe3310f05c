"""From cases to a prepared folder: what every ``medssl prepare`` of scans has in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..errors import UserError
from ..files import remove_stale
from ..store.case_table import CaseRow, copy_table
from ..store.joined import CASE
from ..store.manifest import NOT_STATED, LabelNames, describe_datalist, write_lists
from ..store.splits import split_patients
from ..store.volume_file import LABELS, VOLUMES
from .case_folds import case_folds, fold_warnings, left_out_of_folds
from .cases import Outcome, prepare_cases
from .channel_grids import keep_whole_cases
from .class_table import class_warnings, classes_of_patients, read_class_table
from .earlier_lists import describe_changes
from .intensity import MODALITIES, Modality
from .label_warnings import label_warnings
from .leftovers import describe_leftovers, find_leftovers, survey
from .name_pattern import pattern_of
from .nnunet_folds import PublishedFold
from .pairing import Case
from .patients import describe_headers, describe_twins, find_patients, find_twins
from .plausible import SEVERAL_VOLUMES
from .records import Settings
from .same_source import IMAGES, claimed
from .summary import next_commands, split_warnings, summarise

_SHOWN = 5
TASK = "volume_segmentation"


@dataclass(frozen=True)
class Asked:
    """What a user may choose for any data set.

    Attributes:
        spacing: voxel size x, y, z in mm; None keeps each scan's.
        hu_clip: lowest and highest stored value to keep; None: they are not clipped.
        workers: processes; None: one for each core, 8 at most.
        skip_broken: leave out unusable scans and list them in the manifest.
        fractions: shares of training, validation and test of the cases that have no split yet.
        seed: of that split.
        licence: of the scans; it goes into the data list and from there into what is trained.
        folds: number of leave-some-out folds, each a data list of its own; None for none.
        modality: what the scans are, and the rule for their values.
        published: folds to take over, where the publisher gives them.
        table: of the user's own classes, see :mod:`~.class_table`.

    Raises:
        UserError: ``workers`` or ``seed`` of another kind.
    """

    spacing: tuple[float, float, float] | None = (1.0, 1.0, 1.0)
    hu_clip: tuple[float, float] | None = None
    workers: int | None = None
    skip_broken: bool = False
    fractions: tuple[float, float, float] = (0.7, 0.1, 0.2)
    seed: int = 0
    licence: str = NOT_STATED
    folds: int | None = None
    modality: Modality = MODALITIES["ct"]
    published: tuple[PublishedFold, ...] = ()
    table: Path | None = None

    @property
    def fold_count(self) -> int | None:
        """How many folds there are, drawn or published; None for none."""
        return self.folds or len(self.published) or None

    def __post_init__(self) -> None:
        if self.workers is not None and (not isinstance(self.workers, int) or self.workers < 1):
            raise UserError(f"workers: {self.workers!r}, expected a number of processes, 1 or more")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise UserError(f"seed: {self.seed!r}, expected a whole number")


def prepare_data_set(
    source: Path,
    cases: Sequence[Case],
    output: Path,
    asked: Asked,
    label_names: LabelNames | None = None,
    task: str = TASK,
    kind: str = IMAGES,
) -> Path:
    """Prepare the cases below ``output`` and write ``manifest.json`` and ``datalist.json``.

    A second call redoes only what changed; one that was killed goes on.

    Args:
        source: folder that the cases come from, for messages.
        cases: what to prepare.
        output: folder to write.
        asked: voxel size, splits and the like.
        label_names: of the values of the label maps.
        task: bundle that its labelled scans are for.
        kind: of the source, as ``medssl prepare`` calls it.

    Returns:
        The path of ``datalist.json``.

    Raises:
        UserError: bad arguments, unusable scans without ``skip_broken``, or an output folder that
            holds something else or is being prepared by another process.
    """
    with claimed(output, kind):
        return _prepare(source, cases, output, asked, label_names or {}, task, kind)


def _prepare(
    source: Path,
    cases: Sequence[Case],
    output: Path,
    asked: Asked,
    label_names: LabelNames,
    task: str,
    kind: str,
) -> Path:
    earlier = survey(output, source, cases)
    remove_stale(output, output / VOLUMES, output / LABELS)
    values = asked.modality
    settings = Settings(
        asked.spacing, asked.hu_clip, values.intensity, values.channels, of_mr=values.of_mr
    )
    case_of = _by_id(source, cases)
    rows = read_class_table(asked.table, cases)
    by_pattern = kind == IMAGES and len(values.channels) == 1
    if not asked.skip_broken:
        _check_faults(source, cases, by_pattern)
    outcomes = keep_whole_cases(case_of, _run(cases, output, settings, asked.workers))
    broken = [outcome for outcome in outcomes if outcome.record is None]
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    if broken and not (asked.skip_broken and records):
        usable = [outcome.source for outcome in outcomes if outcome.record is not None]
        raise UserError(_complaint(source, broken, usable, by_pattern))
    parameters = {**settings.as_lists(), "fractions": list(asked.fractions), "seed": asked.seed}
    skipped = [{"source": outcome.source, "reason": outcome.reason} for outcome in broken]
    described = _describe(case_of, records, asked, rows)
    drawn = [record for record in described if case_of[record["id"]].split is None]
    folds = case_folds(drawn, asked.folds, asked.published, asked.fractions, asked.seed, rows)
    warnings = [
        *_warnings(case_of, records, described, asked),
        *left_out_of_folds(drawn, asked.published),
        *fold_warnings(drawn, folds, asked.fractions),
        *label_warnings(described, label_names),
        *class_warnings(asked.table, rows, described),
    ]
    classified = {row.case for row in rows}
    leftovers = find_leftovers(output, described, earlier)
    listing = describe_datalist(output, described, settings.contract, label_names, asked.licence)
    changes = describe_changes(output, listing, folds, asked.table)
    told = [*earlier.lines, *describe_leftovers(leftovers), *changes, *warnings]
    following = next_commands(output, described, task, asked.fold_count, classified)
    datalist = write_lists(
        output,
        described,
        {**parameters, "folds": asked.fold_count},
        settings.contract,
        label_names,
        asked.licence,
        summarise(described, skipped, told, following, rows),
        folds,
        kind,
    )
    if asked.table is not None:
        copy_table(asked.table, output)
    for name in leftovers:  # now that no list names them
        (output / name).unlink()
    return datalist


def _by_id(source: Path, cases: Sequence[Case]) -> dict[str, Case]:
    """The cases by their ids, which name the files that are written.

    Raises:
        UserError: two cases of one id, or of ids that differ only in letter case.
    """
    found: dict[str, Case] = {}
    for case in cases:
        other = found.setdefault(case.id.casefold(), case)
        if other is not case:
            names = f"{other.image.name} and {case.image.name}"
            raise UserError(f"{source}: {names} are both called {case.id}; rename or remove one")
    return {case.id: case for case in cases}


def _check_faults(source: Path, cases: Sequence[Case], by_pattern: bool) -> None:
    """Refuse what is known to be unusable before hours go into the others.

    Raises:
        UserError: the same as after them.
    """
    if broken := [Outcome(c.id, c.image.name, reason=c.fault) for c in cases if c.fault]:
        usable = [case.image.name for case in cases if not case.fault]
        raise UserError(_complaint(source, broken, usable, by_pattern))


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
    whose = {str(cases[n].facts.get(CASE, n)): who.name for n, who in patients.items()}
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
    cases: Mapping[str, Case],
    records: Sequence[dict[str, Any]],
    described: Sequence[dict[str, Any]],
    asked: Asked,
) -> list[str]:
    """What a user should know of the splits before training, one line each."""
    split_of = {record["id"]: record["split"] for record in described}
    published = any(case.split is not None for case in cases.values())
    return [
        *describe_headers(cases, records),
        *describe_twins(find_twins(described), split_of),
        *split_warnings(described, None if published else asked.fractions, asked.fold_count),
    ]


def _run(
    cases: Sequence[Case], output: Path, settings: Settings, workers: int | None
) -> list[Outcome]:
    outcomes = prepare_cases(cases, output, settings, workers)
    shown = tqdm(outcomes, total=len(cases), desc="prepare", unit="scan")
    return sorted(shown, key=lambda outcome: outcome.case)


def _complaint(
    source: Path, broken: Sequence[Outcome], usable: Sequence[str], by_pattern: bool
) -> str:
    """The line on unusable scans; ``by_pattern`` where one glob pattern names them.

    Of a case with several channels those are named that are at fault.
    """
    broken = [outcome for outcome in broken if not outcome.follows]
    listed = "; ".join(f"{outcome.source}: {outcome.reason}" for outcome in broken[:_SHOWN])
    more = f"; and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
    mend = "remove them or add --skip-broken" if usable else "no scan is left"
    if (
        by_pattern
        and usable
        and (pattern := pattern_of(usable, [outcome.source for outcome in broken]))
    ):
        mend = f"name the scans alone with --images '{pattern}', {mend}"
    if by_pattern and any(SEVERAL_VOLUMES in outcome.reason for outcome in broken):
        mend = f"where they are the channels of a case, name these with --channels t1,t2; {mend}"
    return f"{source}: {len(broken)} unusable scan(s): {listed}{more}; {mend}"
