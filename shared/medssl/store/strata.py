"""Classes spread over splits, as far as whole patients allow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

Classes = Mapping[str, Collection[str]]  # of each patient


def stratify(order: Sequence[str], classes: Classes, shares: Sequence[float]) -> dict[str, int]:
    """Deal patients to places so that each place has its share of each class.

    Iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011): the rarest class comes first, and
    each of its patients goes where most of that class are still wanted. A class of as many
    patients as there are places with a share is wanted in each; of fewer, in the first places.

    Args:
        order: the patients; of two that are alike the first one is dealt first.
        classes: those that each patient has, one or more.
        shares: of the places, which add up to 1.

    Returns:
        Patient to the number of a place.
    """
    counts = Counter(name for patient in order for name in set(classes[patient]))
    wanted = {name: _quota(count, shares) for name, count in counts.items()}
    room = _quota(len(order), shares)
    places = [place for place, share in enumerate(shares) if share]
    found: dict[str, int] = {}
    while left := [patient for patient in order if patient not in found]:
        held = Counter(name for patient in left for name in set(classes[patient]))
        rarest = min(held, key=lambda name: (held[name], name))
        for patient in left:
            if rarest in classes[patient]:
                place = max(places, key=lambda n: (wanted[rarest][n], room[n], -n))
                found[patient] = place
                room[place] -= 1
                for name in set(classes[patient]):
                    wanted[name][place] -= 1
    return found


def strata(patients: Collection[str], classes: Classes) -> list[set[str]]:
    """The patients who have the same classes, and last those who have none."""
    signs = {patient: tuple(sorted(set(classes.get(patient, ())))) for patient in patients}
    kinds = sorted(set(signs.values()) - {()})
    return [{patient for patient in patients if signs[patient] == kind} for kind in [*kinds, ()]]


def _quota(count: int, shares: Sequence[float]) -> list[float]:
    """How many of ``count`` each place should have: its share, but one at least where they do."""
    places = [place for place, share in enumerate(shares) if share]
    needed = places[:count]
    if count <= len(places):
        return [float(place in needed) for place in range(len(shares))]
    quota = [max(share * count, float(bool(share))) for share in shares]
    largest = max(places, key=lambda place: quota[place])
    quota[largest] -= sum(quota) - count
    return quota
