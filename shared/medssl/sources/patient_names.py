"""Patients by the names of their scans, and by what a user says of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import UserError
from .globs import translate
from .pairing import Case, check_patients, read_patients
from .patient_doubts import CHANNEL, find_doubts

EACH = "each"
WAY_OUT = (
    "say so with --patients: a CSV table with the columns id,patient, a pattern whose first * is "
    f"the patient (such as '*_*' or '*/**'), or {EACH}, where every scan is a patient of its own"
)
_MOST_CHANNELS = 10
_SUBJECT = re.compile(r"(?:^|[/_])(sub-[a-z0-9]+)(?=[/_.#]|$)", re.IGNORECASE)
_SESSION = re.compile(r"(?:^|[/_])ses-[a-z0-9]+(?=[/_.#]|$)", re.IGNORECASE)


def assign_patients(
    cases: Sequence[Case], patients: str | Path | None, later: bool = False
) -> list[Case]:
    """The cases with their patients, as far as these are known before the scans are read.

    Args:
        cases: of a folder.
        patients: a CSV table id,patient; a glob pattern of the scans whose first ``*`` is the
            patient; ``each``; None: names of files decide, and those of DICOM where no header does.
        later: let names decide only when the scans are read, since some may turn out to be none.

    Raises:
        UserError: a table that does not fit, a pattern that leaves scans out, or names that leave a
            doubt.
    """
    if patients == EACH:
        return [replace(case, patient=case.id, patient_from="name") for case in cases]
    if patients is not None and "*" in str(patients):
        return [_matched(case, str(patients)) for case in cases]
    if patients is None and later:
        return [replace(case, patient_from="name") for case in cases]
    said = {} if patients is None else read_patients(Path(patients))
    check_patients(said, cases)
    whole = [case for case in cases if not case.fault]
    open_cases = {c.id: c.image.stem for c in whole if c.id not in said and not c.image.series}
    named = name_patients(open_cases, doubts=patients is None)
    return [
        replace(case, patient=said[case.id])
        if case.id in said
        else replace(case, patient=named.get(case.id), patient_from="name")
        for case in cases
    ]


def name_patients(stem_of: Mapping[str, str], doubts: bool = True) -> dict[str, str]:
    """Patient of each scan that is known by its name alone.

    BIDS subjects (``sub-01``), the sessions of one name (``P1_ses-2``, ``P1/ses-2``) and the
    channels of nnU-Net (``case_1_0000``, ``case_1_0001``) are one patient; every other scan is its
    own, unless the names leave a doubt, see :func:`find_doubts`.

    Args:
        stem_of: case id to path of the scan, relative and without suffix.
        doubts: refuse names that leave a doubt.

    Returns:
        Case id to patient; the id itself where the name says nothing.

    Raises:
        UserError: scans that may be one patient or several.
    """
    known = {name: _subject(stem) for name, stem in stem_of.items()}
    rest = {name: stem for name, stem in stem_of.items() if not known[name]}
    channels = _channels(rest.values())
    if doubts:
        groups = find_doubts({channels.get(stem, stem) for stem in rest.values()})
        if groups:
            more = f" (and {len(groups) - 1} more such groups)" if len(groups) > 1 else ""
            raise UserError(
                f"patients: {_some(groups[0])}{more} may be scans of one patient or of several; "
                f"{WAY_OUT}; what is no scan is left out with --images, channels of a case are "
                "joined by --images 't1=*/t1.nii,t2=*/t2.nii'"
            )
    own = {name: _case_of(name, stem) if stem in channels else name for name, stem in rest.items()}
    return {name: known[name] or own[name] for name in stem_of}


def _case_of(name: str, stem: str) -> str:
    """Id of a channel's case: its own without the number, where that ends in it."""
    return (name if name.endswith(stem[-5:]) else stem)[:-5]


def _matched(case: Case, pattern: str) -> Case:
    if case.fault:
        return case
    rule = translate(pattern, first=True)
    found = rule.fullmatch(case.image.name) or rule.fullmatch(case.image.stem)
    if not found or not found["id"]:
        raise UserError(
            f"patients: {pattern!r} does not say whose {case.image.name} is; choose a pattern that "
            "fits all scans, or give a CSV table with the columns id,patient"
        )
    return replace(case, patient=found["id"], patient_from="name")


def _subject(stem: str) -> str | None:
    """The BIDS subject, or what is left of a name without its session."""
    if subject := _SUBJECT.search(stem):
        return subject[1]
    if session := _SESSION.search(stem):
        return stem[: session.start()].strip("/_") or stem[session.end() :].strip("/_") or None
    return None


def _channels(stems: Iterable[str]) -> dict[str, str]:
    """Stems that nnU-Net would call the channels of a case, and the case."""
    matches = {stem: match for stem in stems if (match := CHANNEL.fullmatch(stem))}
    numbers: dict[str, set[int]] = {}
    for match in matches.values():
        numbers.setdefault(match[1], set()).add(int(match[2]))
    sets = {tuple(sorted(one)) for one in numbers.values()}
    count = max((len(one) for one in sets), default=0)
    counted = sets == {tuple(range(count))} and 1 < count <= _MOST_CHANNELS
    # A single name that holds no number, such as case_0000 and case_0001, may count patients.
    if not counted or (len(numbers) == 1 and not next(iter(numbers))[-1].isdigit()):
        return {}
    return {stem: match[1] for stem, match in matches.items()}


def _some(names: Sequence[str]) -> str:
    shown = list(names[:3])
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
