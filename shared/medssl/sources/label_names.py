"""Names of the values of label maps, as ``dataset.json`` or a user gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..classes import read_classes
from ..errors import UserError
from ..store.listing import plain_name

Names = dict[int | tuple[int, ...], str]
_IGNORE = "ignore"
EXPECTED = "expected name=value,name=value such as liver=1,spleen=2; a region of several whole=1+2"


def label_names(labels: Mapping[str, Any]) -> Names:
    """Value, or values of a region, to name.

    Args:
        labels: name to value, or to the values of a region, as nnU-Net's second version has them;
            or value to name in the Decathlon's order.

    Returns:
        Where some are regions of several values, each is a region as well, with its values as key.

    Raises:
        ValueError, TypeError: values that are no numbers.
    """
    if not (groups := _groups(labels)):
        return {int(value): str(name) for value, name in labels.items()}
    found: Names = {group[0]: name for name, group in groups.items() if len(group) == 1}
    if not any(isinstance(value, list | tuple) for value in labels.values()):
        return found
    return found | {group: name for name, group in groups.items() if group != (0,)}


def refuse_odd(where: object, labels: Mapping[str, Any]) -> None:
    """Refuse names of values that would be taken for something else.

    Args:
        where: they come from, for messages.
        labels: as of :func:`label_names`.

    Raises:
        UserError: nnU-Net's label ``ignore``, values of two names, or regions that share values
            without one holding the other.
    """
    groups = _groups(labels)
    in_order = [] if groups else [value for value, name in labels.items() if name == _IGNORE]
    if ignored := list(groups.get(_IGNORE, in_order)):
        told = ", ".join(map(str, ignored))
        raise UserError(
            f"{where}: label ignore [{told}] marks what nobody has judged, which "
            "would be learnt as a class here; set these voxels to background, or leave such scans "
            "out"
        )
    of_group: dict[tuple[int, ...], str] = {}
    for name, group in groups.items():
        if (other := of_group.setdefault(group, name)) != name:
            raise UserError(
                f"{where}: labels {other} and {name} are both {list(group)}; give each its own"
            )
    if any(len(group) > 1 for group in groups.values()):
        try:
            read_classes([group for group in groups.values() if group != (0,)])
        except UserError as error:
            raise UserError(f"{where}: {error}") from error


def read_class_names(text: str, labels: str | None) -> Names:
    """Names of values, as ``--class_names`` gives them.

    Args:
        text: ``liver=1,spleen=2``; regions are ``whole=1+2,core=2``.
        labels: pattern of the label maps that hold the values.

    Raises:
        UserError: no label maps, no such text, a name given twice, or another name than
            ``background`` for the value 0; and see :func:`refuse_odd`.
    """
    if labels is None:
        raise UserError("class_names: these scans have no label maps to name; add --labels PATTERN")
    found: dict[str, int | list[int]] = {}
    pieces: dict[str, str] = {}
    for piece in map(str.strip, text.split(",")):
        name, _, said = (part.strip() for part in piece.partition("="))
        values = said.split("+")
        if not name or name.isdigit() or not all(value.strip().isdecimal() for value in values):
            raise UserError(f"class_names: {piece!r}, {EXPECTED}")
        if "0" in (str(int(value)) for value in values) and name.lower() != "background":
            raise UserError(
                f"class_names: {piece!r}: 0 is background and no class; leave it out, or, if the "
                "maps hold this class as 0, correct their values"
            )
        if (plain := plain_name(name).casefold()) in pieces:
            raise UserError(
                f"class_names: {pieces[plain]} and {piece} are of one name; give each its own, or "
                "join the values of one class as in whole=1+2"
            )
        pieces[plain] = piece
        numbers = [int(value) for value in values]
        found[name] = numbers if len(numbers) > 1 else numbers[0]
    refuse_odd("class_names", found)
    return label_names(found)


def _groups(labels: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name to values, as nnU-Net's second version has them; empty in the Decathlon's order."""
    if all(str(key).isdigit() for key in labels):
        return {}
    listed: dict[str, Sequence[Any]] = {
        str(name): value if isinstance(value, list | tuple) else [value]
        for name, value in labels.items()
    }
    return {name: tuple(sorted(map(int, values))) for name, values in listed.items()}
