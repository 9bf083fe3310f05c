"""From cases to a prepared folder: what every ``medssl prepare`` of scans has in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..bars import progress_bar
from ..errors import UserError
from ..files import remove_stale
from ..store.lock import refuse_gone
from ..store.manifest import DATALIST, LabelNames
from ..store.volume_file import LABELS, VOLUMES
from .asked import Asked
from .cases import Outcome, fault_of, prepare_cases
from .channel_grids import keep_whole_cases
from .class_table import read_class_table
from .conclude import TASK, DataSet, conclude
from .leftovers import survey
from .name_pattern import pattern_of
from .pairing import Case
from .plausible import SEVERAL_VOLUMES
from .same_source import IMAGES, claimed
from .shard_parts import begin_part, forget_parts, marks_of, read_parts, write_part
from .shards import Shard, share_of

_SHOWN = 5


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

    A second call redoes only what changed; one that was killed goes on. A shard prepares its share
    and writes no list.

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
        UserError: bad arguments, unusable scans without ``skip_broken``, an output folder that
            holds something else or is being prepared by another process, or shards to merge that
            are not there.
    """
    with claimed(output, kind, asked):
        rows = read_class_table(asked.table, cases)
        case_of = _by_id(source, cases)
        data = DataSet(source, case_of, output, asked, label_names or {}, task, kind, rows)
        if asked.shard is not None and asked.is_part:
            _prepare_share(data, asked.shard)
            return output / DATALIST
        merging = asked.shard is not None
        earlier = survey(output, source, cases, () if merging else case_of)
        remove_stale(output, output / VOLUMES, output / LABELS)
        _check_faults(data)
        if asked.shard is None:
            forget_parts(output)  # of volumes that are about to be others
            outcomes = _run(data, cases)
        else:
            outcomes = read_parts(output, asked, kind, asked.shard, cases)
        outcomes = keep_whole_cases(case_of, sorted(outcomes, key=lambda each: each.case))
        _check_outcomes(data, outcomes)
        return conclude(data, outcomes, earlier)


def _prepare_share(data: DataSet, shard: Shard) -> None:
    """Prepare the cases of a shard, whatever the others do meanwhile, and note what came of it.

    Raises:
        UserError: some are unusable, without ``skip_broken``.
    """
    cases = list(data.cases.values())
    mine = share_of(cases, shard)
    survey(data.output, data.source, cases, {case.id for case in mine})
    begin_part(data.output, data.asked, data.kind, shard, mine)
    _check_faults(data)
    # Before they are read: one that is replaced meanwhile is looked at again by the merge.
    marks = marks_of(mine)
    outcomes = _run(data, mine)
    refuse_gone(data.output)
    write_part(data.output, data.asked, data.kind, shard, data.cases, marks, outcomes)
    outcomes = keep_whole_cases(data.cases, sorted(outcomes, key=lambda each: each.case))
    if not data.asked.skip_broken:
        _check_outcomes(data, outcomes)
    usable = sum(outcome.record is not None for outcome in outcomes)
    print(
        f"shard {shard}: {usable} of its {len(mine)} scans are prepared in {data.output}; when all "
        f"shards are, run the same command with --shard {Shard(None, shard.count)}"
    )


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


def _run(data: DataSet, cases: Sequence[Case]) -> list[Outcome]:
    outcomes = prepare_cases(cases, data.output, data.asked.settings, data.asked.workers)
    done = []
    for outcome in progress_bar(outcomes, total=len(cases), desc="prepare", unit="scan"):
        refuse_gone(data.output)  # rather now than after the hours that the others take
        done.append(outcome)
    return done


def _check_faults(data: DataSet) -> None:
    """Refuse what is known to be unusable before hours go into the others.

    Raises:
        UserError: the same as after them.
    """
    if not data.asked.skip_broken:
        cases = data.cases.values()
        _check_outcomes(data, [fault_of(case) for case in cases if case.fault])


def _check_outcomes(data: DataSet, outcomes: Sequence[Outcome]) -> None:
    """Refuse unusable scans, unless they may be left out and others remain.

    Raises:
        UserError: the line on them. Of a case with several channels those are named that are at
            fault.
    """
    broken = {outcome.case: outcome for outcome in outcomes if outcome.record is None}
    usable = [case.image.name for case in data.cases.values() if case.id not in broken]
    if not broken or (data.asked.skip_broken and usable):
        return
    at_fault = [outcome for outcome in broken.values() if not outcome.follows]
    mend = _mend(data, usable, at_fault)
    listed = "; ".join(f"{outcome.source}: {outcome.reason}" for outcome in at_fault[:_SHOWN])
    more = f"; and {len(at_fault) - _SHOWN} more" if len(at_fault) > _SHOWN else ""
    raise UserError(f"{data.source}: {len(at_fault)} unusable scan(s): {listed}{more}; {mend}")


def _mend(data: DataSet, usable: Sequence[str], at_fault: Sequence[Outcome]) -> str:
    """What to do about unusable scans; where one glob pattern names scans, with a better one."""
    mend = "remove them or add --skip-broken" if usable else "no scan is left"
    if data.kind != IMAGES or len(data.asked.modality.channels) > 1:
        return mend
    if usable and (pattern := pattern_of(usable, [outcome.source for outcome in at_fault])):
        mend = f"name the scans alone with --images '{pattern}', {mend}"
    if any(SEVERAL_VOLUMES in outcome.reason for outcome in at_fault):
        mend = f"where they are the channels of a case, name these with --channels t1,t2; {mend}"
    return mend
