"""Splitting patients, always the same way and never one patient over two splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..errors import UserError
from ..random import fold
from .strata import Classes, deal

SPLITS = ("training", "validation", "test")


def patient_hash(patient: str, seed: int, purpose: str) -> float:
    """A number in [0, 1) that belongs to the patient, whoever else is there."""
    return fold(seed, patient, purpose) / 2**63


def check_fractions(fractions: Sequence[float]) -> tuple[float, float, float]:
    """Return the shares of training, validation and test.

    Raises:
        UserError: not three shares that add up to 1, or no training share.
    """
    try:
        shares = tuple(float(share) for share in fractions)
    except (TypeError, ValueError):
        shares = ()
    usable = len(shares) == 3 and min(shares) >= 0 and abs(sum(shares) - 1) < 1e-6
    if not usable or shares[0] == 0:
        raise UserError(
            f"fractions: {fractions!r}, expected three shares (training, validation, test) that "
            "add up to 1, the first above 0, such as (0.7,0.1,0.2)"
        )
    return shares[0], shares[1], shares[2]


def split_patients(
    patients: Iterable[str],
    fractions: tuple[float, float, float],
    seed: int,
    labelled: Iterable[str] = (),
    classes: Classes | None = None,
) -> dict[str, str]:
    """Assign every patient to a split.

    Each patient has a hash in [0, 1) and goes where it falls among the shares, so patients who are
    added later move nobody. The one exception: a split that must not be empty but is, takes the
    patient with the nearest hash from the fullest split. With three patients or more every split
    with a share gets one; with fewer, training comes first, then validation. The same holds for the
    patients with labels among themselves.

    Patients with classes are dealt instead, so that every split has its share of each class and of
    those with labels; among them one who is added later may move others.

    Args:
        patients: who is there; order and repetition do not matter.
        fractions: shares of training, validation and test.
        seed: another seed, another split.
        labelled: those of the patients who have label maps, with classes or without.
        classes: of those of the patients who have some in a table.

    Returns:
        Patient to split name.
    """
    hashes = {patient: patient_hash(patient, seed, "split") for patient in sorted(set(patients))}
    ends = (fractions[0], fractions[0] + fractions[1], 1.0)
    chosen = {patient: _place(value, fractions, ends) for patient, value in hashes.items()}
    known = sorted((name for name in classes or {} if name in hashes), key=lambda n: hashes[n])
    marked = set(labelled)
    dealt = deal(known, classes or {}, marked, fractions)
    chosen |= dealt
    free = {name: hashes[name] for name in hashes if name not in dealt}
    taken = {name: place for name, place in dealt.items() if name in marked}
    _fill({name: free[name] for name in free if name in marked}, chosen, fractions, taken)
    taken = dealt | {name: chosen[name] for name in hashes if name in marked}
    _fill({name: free[name] for name in free if name not in marked}, chosen, fractions, taken)
    return {patient: SPLITS[place] for patient, place in chosen.items()}


def _fill(
    hashes: Mapping[str, float],
    chosen: dict[str, int],
    fractions: tuple[float, float, float],
    others: Mapping[str, int],
) -> None:
    """Let the patients of ``hashes`` move so that, with ``others``, no split is empty in vain."""
    ends = (fractions[0], fractions[0] + fractions[1], 1.0)
    needed = [place for place in range(3) if fractions[place]][: len(hashes) + len(others)]
    for place in needed:
        held = [*others.values()]
        mine = [chosen[name] for name in hashes]
        if place in held or place in mine or not mine:
            continue
        spare = [mine.count(n) - (n in needed and n not in held) for n in range(3)]
        donor = max(range(3), key=lambda n: spare[n])
        low, high = ends[place] - fractions[place], ends[place]
        givers = [name for name in hashes if chosen[name] == donor]
        nearest = min(givers, key=lambda name: max(low - hashes[name], hashes[name] - high))
        chosen[nearest] = place


def _place(value: float, fractions: Sequence[float], ends: Sequence[float]) -> int:
    shares = [place for place in range(3) if fractions[place]]
    return next((place for place in shares if value < ends[place]), shares[-1])
