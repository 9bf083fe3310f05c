"""Classes spread over splits, as far as whole patients allow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

Classes = Mapping[str, Collection[str]]  # of each patient
_LABELLED = ""  # what no class of a table is called


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


def deal(
    order: Sequence[str], classes: Classes, labelled: Collection[str], shares: Sequence[float]
) -> dict[str, int]:
    """Deal patients by their classes and by whether they have label maps, see :func:`stratify`.

    Each place gets one with label maps as far as there are enough, even where a class pays for it.

    Args:
        order, classes, shares: as there.
        labelled: those of the patients who have label maps.

    Returns:
        Patient to the number of a place.
    """
    marked = {patient for patient in order if patient in labelled}
    signs = {name: {*classes[name], *([_LABELLED] if name in marked else [])} for name in order}
    found = stratify(order, signs, shares)
    needed = [place for place, share in enumerate(shares) if share][: len(marked)]
    for place in needed:
        held = Counter(found[name] for name in marked)
        if not held[place]:
            spare = [
                n for n in order if n in marked and (found[n] not in needed or held[found[n]] > 1)
            ]
            _move_one(spare, place, found, signs)
    return found


def _move_one(
    spare: Sequence[str], place: int, found: dict[str, int], signs: Mapping[str, set[str]]
) -> None:
    """Bring one of ``spare`` to a place, in exchange for one of the same classes or for nobody."""
    twins = {
        one: other
        for one in spare
        for other in found
        if found[other] == place and signs[other] == signs[one] - {_LABELLED}
    }

    def lost(name: str) -> int:
        left = (signs[n] for n in found if found[n] == found[name] and n != name)
        return len(signs[name].difference(*left))

    chosen = min(spare, key=lambda name: (name not in twins, lost(name)))
    if chosen in twins:
        found[twins[chosen]] = found[chosen]
    found[chosen] = place


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
