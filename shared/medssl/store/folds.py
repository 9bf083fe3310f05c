"""Leave-some-out folds: every patient is tested once."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from ..errors import UserError
from .splits import SPLITS, patient_hash
from .strata import Classes, deal


def check_folds(folds: object) -> int:
    """Return the number of folds.

    Raises:
        UserError: no whole number of 2 or more.
    """
    if isinstance(folds, bool) or not isinstance(folds, int) or folds < 2:
        raise UserError(f"folds: {folds!r}, expected a number of folds, 2 or more")
    return folds


def check_own_folds(folds: object, split: str) -> int | None:
    """Return the number of folds of a published data set, or None for none.

    Args:
        folds: what was asked for.
        split: ``patients`` is drawn here; any other has been fixed by somebody else.

    Raises:
        UserError: no number of folds, or folds beside a fixed split.
    """
    if folds is None:
        return None
    if split != "patients":
        raise UserError(
            f"folds: --split {split} says who is tested, so there is nothing to take turns in; add "
            "--split patients, or leave --folds out"
        )
    return check_folds(folds)


def fold_patients(
    patients: Iterable[str],
    folds: int,
    fractions: tuple[float, float, float],
    seed: int,
    labelled: Iterable[str] = (),
    classes: Classes | None = None,
) -> list[dict[str, str]]:
    """Assign every patient to a split, once for each fold; each is tested in exactly one.

    The patients of classes are dealt to the folds first, those with labels next, then others, so
    that the folds differ by at most one of each as far as whole patients allow it. Of the rest of a
    fold, validation takes its share, at least one patient (with labels, and of each class, where
    there are two or more of them), and training what remains.

    Args:
        patients: who is there; order and repetition do not matter.
        folds: how many, see :func:`check_folds`.
        fractions: shares of training, validation and test, of which the first two count.
        seed: another seed, other folds.
        labelled: those of the patients who have label maps, with classes or without.
        classes: of those of the patients who have some in a table.

    Returns:
        For each fold patient to split name.

    Raises:
        UserError: fewer patients than folds, or than training, validation and test need.
    """
    everybody, marked = set(patients), set(labelled)
    rest_of_largest = len(everybody) - math.ceil(len(everybody) / folds)
    if len(everybody) < folds or rest_of_largest < (2 if fractions[1] else 1):
        raise UserError(
            f"folds: {len(everybody)} patient(s) are too few for {folds} folds with training, "
            "validation and test; add scans, or choose another number of folds"
        )
    known = everybody.intersection(classes or {})
    shares = [1 / folds] * folds
    places = deal(_order(known, seed, "fold"), classes or {}, marked, shares)
    for group in (everybody & marked - known, everybody - marked - known):
        for name in _order(group, seed, "fold"):
            with_labels = Counter(place for one, place in places.items() if one in marked)
            total = Counter(places.values())
            counts = (with_labels, total) if name in marked else (total,)
            places[name] = min(range(folds), key=lambda n: [*(count[n] for count in counts), n])
    tested = [{name for name in places if places[name] == fold} for fold in range(folds)]
    return [
        assign_fold(number, here, everybody, fractions, seed, marked, classes)
        for number, here in enumerate(tested)
    ]


def assign_fold(
    number: int,
    tested: Iterable[str],
    patients: Iterable[str],
    fractions: tuple[float, float, float],
    seed: int,
    labelled: Iterable[str] = (),
    classes: Classes | None = None,
) -> dict[str, str]:
    """Splits of a fold whose test patients are given.

    Args:
        number: of the fold, from 0 on; each draws its validation anew.
        tested: its test patients.
        patients: all that are in it.
        fractions, seed, labelled, classes: see :func:`fold_patients`.

    Returns:
        Patient to split name.
    """
    everybody, here, marked = set(patients), set(tested), set(labelled)
    known = everybody.intersection(classes or {})
    groups = (known, everybody & marked - known, everybody - marked - known)
    rest = [_order(group - here, seed, f"fold {number} validation") for group in groups]
    share = fractions[1] / (fractions[0] + fractions[1])
    places = deal(rest[0], classes or {}, marked, (1 - share, share))
    validation = [name for name, place in places.items() if place]
    validation += _validation(
        rest[1:], share, [place for n, place in places.items() if n in marked], bool(validation)
    )
    splits = dict.fromkeys(sorted(everybody), SPLITS[0]) | dict.fromkeys(here, SPLITS[2])
    return splits | dict.fromkeys(validation, SPLITS[1])


def _validation(
    rest: Sequence[Sequence[str]], share: float, dealt: Sequence[int], filled: bool
) -> list[str]:
    """Who validates of the patients without classes, with and without labels, not tested.

    Args:
        rest: the two groups.
        share: of validation.
        dealt: 1 for each labelled patient with classes who validates, 0 for who trains.
        filled: whether anybody with classes validates.
    """
    if not share:
        return []
    counts = [min(round(share * len(group)), max(0, len(group) - 1)) for group in rest]
    if rest[0] and 1 not in dealt and len(rest[0]) + len(dealt) > 1:
        counts[0] = max(1, counts[0])
    elif not sum(counts) and not filled:
        counts[1] = 1
    return [name for group, n in zip(rest, counts, strict=True) for name in group[:n]]


def _order(patients: Iterable[str], seed: int, purpose: str) -> list[str]:
    return sorted(patients, key=lambda name: (patient_hash(name, seed, purpose), name))
