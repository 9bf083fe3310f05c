"""What a run knows of its scans and its network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..classes import read_classes
from ..errors import UserError
from ..networks.unet import STRIDE
from ..store.contract import SCAN
from ..store.labelled_cases import ROWS, class_counts
from .known_keys import NETWORK, SOURCE, settings
from .running import current_values


def contract_of(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How the scans of a run are to be understood; empty where they do not say so.

    Raises:
        UserError: they are not all alike.
    """
    found = {json.dumps(item[SCAN]): dict(item[SCAN]) for item in items if SCAN in item}
    if len(found) > 1:
        raise UserError(
            f"data: scans of {len(found)} kinds ({', '.join(found)}); prepare all of them alike"
        )
    return next(iter(found.values()), {})


def refuse_blind_validation(items: Sequence[Mapping[str, Any]]) -> None:
    """Refuse validation scans of which none shows any of the task's classes, or all the same.

    Args:
        items: of the validation data list, with ``label_values`` where they have labels, and
            ``rows`` where a table gives them classes.

    Raises:
        UserError: their figures could not tell good weights from bad ones.
    """
    if any(ROWS in item for item in items):
        _refuse_one_class(items)
        return
    classes = current_values(("classes",)).get("classes")
    held = {int(value) for item in items for value in item.get("label_values", ())}
    if not classes or not any("label_values" in item for item in items):
        return
    if not held.intersection(value for values in classes for value in values):
        raise UserError(
            f"validation: none of its {len(items)} scan(s) shows a class of {classes} (they hold "
            f"{sorted(held) or 'no label'}), so no weights can be chosen by it; add labelled scans "
            "that do, or draw the splits anew (--fractions, --seed or --folds of `medssl prepare`)"
        )


def _refuse_one_class(items: Sequence[Mapping[str, Any]]) -> None:
    found = sorted(class_counts(items))
    if len(found) == 1:
        raise UserError(
            f"validation: its {len(items)} case(s) are all {found[0]}, so no weights can be chosen "
            "by them; add cases of another class, or draw the splits anew (--fractions, --seed or "
            "--folds of `medssl prepare`)"
        )


def _outputs(classes: Sequence[Any]) -> int:
    """How many outputs a network needs: one for each class that has a name of its own.

    Of classes of a label map it is what :class:`~medssl.classes.Classes` says.
    """
    named = any(isinstance(each, str | int) for each in classes)
    return len(classes) if named else read_classes(classes).out_channels


def refuse_other_outputs(outputs: int | None, classes: Sequence[Any] | None) -> None:
    """Refuse a network whose outputs are not what the task's classes need.

    Regions within each other are such a case in bundles that know classes apart alone: a softmax
    over them, and their numbers read as those of classes, would be wrong in silence.

    Args:
        outputs: channels of the network; None where the bundle has no such key.
        classes: label values of each class, or names; None is one class.

    Raises:
        UserError: naming both.
    """
    classes = [[1]] if classes is None else classes
    needed = _outputs(classes)
    if outputs not in (None, needed):
        raise UserError(
            f"out_channels: {outputs}, classes {classes} need {needed} (of a label map one for a "
            "class alone and for each of regions within each other, else background and each "
            "class); leave --out_channels out; volume_segmentation takes regions"
        )


def network_keys(contract: Mapping[str, Any]) -> dict[str, Any]:
    """What must be known to build the network of the bundle being run and to feed it.

    Args:
        contract: of its scans, see :func:`contract_of`.

    Raises:
        UserError: ``in_channels`` is not the number of the scans' channels, ``out_channels`` not
            what the classes need, or ``base_channels`` not that of the weights handed over.
    """
    channels = list(contract.get("channels", ()))
    counted = {"in_channels": len(channels)} if channels else {}
    keys = {"stride": STRIDE, **counted, **current_values(settings(NETWORK))}
    if channels and keys["in_channels"] != len(channels):
        raise UserError(
            f"in_channels: {keys['in_channels']}, the scans have {len(channels)} "
            f"({', '.join(channels)}); leave --in_channels out, or prepare scans that have more"
        )
    refuse_other_outputs(keys.get("out_channels"), current_values(("classes",)).get("classes"))
    known = getattr(current_values((SOURCE,)).get(SOURCE), "known", {})
    width = known.get("base_channels")
    if width is not None and keys["base_channels"] != width:
        raise UserError(
            f"base_channels: {keys['base_channels']}, the pretrained weights have {width}; leave "
            "--base_channels out, it is taken over, or choose other weights"
        )
    return keys
