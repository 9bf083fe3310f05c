"""``dataset.json`` as nnU-Net (both versions) and the Medical Segmentation Decathlon write it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..classes import read_classes
from ..errors import UserError
from .intensity import Modality, check_modality

NAME = "dataset.json"


@dataclass(frozen=True)
class Described:
    """What a ``dataset.json`` says.

    Attributes:
        path: of the file.
        channels: names of the channels, in order.
        label_names: of the values of the label maps; where some are regions of several values,
            each is a region as well, with its values as key.
        training: pairs of image and label, as the Decathlon lists them; empty where it does not.
        licence: of the scans; empty where it is not stated.
    """

    path: Path
    channels: tuple[str, ...]
    label_names: dict[int | tuple[int, ...], str]
    training: tuple[tuple[str, str], ...]
    licence: str


def read_dataset_json(folder: Path) -> Described:
    """Read the file of a data set's folder.

    Args:
        folder: with ``dataset.json`` in it.

    Raises:
        UserError: there is none, or it does not name channels and labels.
    """
    path = folder / NAME
    if not path.is_file():
        raise UserError(f"{folder}: no {NAME}; give the data set's own folder")
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
        channels = content.get("channel_names", content.get("modality"))
        named = {int(number): str(name) for number, name in dict(channels).items()}
        labels = _label_names(content["labels"])
        pairs = [_pair(entry) for entry in content.get("training", ())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path}: expected channel_names (or modality) and labels, {_wrong(error)}; write it "
            "as nnU-Net or the Decathlon do"
        ) from error
    _refuse_odd(path, content["labels"], list(named.values()))
    if sorted(named) != list(range(len(named))) or not named:
        raise UserError(f"{path}: channels {sorted(named)}, expected to be counted from 0")
    order = tuple(named[number] for number in range(len(named)))
    licence = str(content.get("licence") or content.get("license") or "")
    return Described(path, order, labels, tuple(pairs), licence)


def _refuse_odd(path: Path, labels: Mapping[str, Any], channels: Sequence[str]) -> None:
    """Refuse what would be taken for something else.

    Raises:
        UserError: nnU-Net's label ``ignore``, values of two names, or channels of one.
    """
    if groups := _groups(labels):
        _refuse_odd_groups(path, groups)
    if len(set(channels)) < len(channels):
        raise UserError(f"{path}: channels {list(channels)}, expected a name of its own for each")


def _refuse_odd_groups(path: Path, groups: Mapping[str, tuple[int, ...]]) -> None:
    if "ignore" in groups:
        raise UserError(
            f"{path}: label ignore {list(groups['ignore'])} marks what nobody has judged, which "
            "would be learnt as a class here; set these voxels to background, or leave such scans "
            "out"
        )
    of_group: dict[tuple[int, ...], str] = {}
    for name, group in groups.items():
        if (other := of_group.setdefault(group, name)) != name:
            raise UserError(
                f"{path}: labels {other} and {name} are both {list(group)}; give each its own"
            )
    if any(len(group) > 1 for group in groups.values()):
        try:
            read_classes([group for group in groups.values() if group != (0,)])
        except UserError as error:
            raise UserError(f"{path}: {error}") from error


def modality_of(channels: tuple[str, ...], intensity: str | None = None) -> Modality:
    """What channels are by their names, as nnU-Net does it: ``CT`` is in HU, others are not.

    One rule holds for all: CT beside PET is brought to a scale of its own as well.

    Args:
        channels: their names, which the data list keeps.
        intensity: rule for the values instead of the modality's.

    Raises:
        UserError: no such rule, or HU for what has none.
    """
    kind = "ct" if {name.upper() for name in channels} == {"CT"} else "other"
    return replace(check_modality(kind, intensity), channels=channels)


def _wrong(error: Exception) -> str:
    """What is wrong, in short: a file that is no text is not quoted."""
    if isinstance(error, UnicodeDecodeError):
        return "got no text in UTF-8"
    return f"no {error}" if isinstance(error, KeyError) else f"got {error}"


def _label_names(labels: Mapping[str, Any]) -> dict[int | tuple[int, ...], str]:
    """Value, or values of a region, to name; nnU-Net turned the Decathlon's order round."""
    if not (groups := _groups(labels)):
        return {int(value): str(name) for value, name in labels.items()}
    found: dict[int | tuple[int, ...], str] = {
        group[0]: name for name, group in groups.items() if len(group) == 1
    }
    if not any(isinstance(value, list | tuple) for value in labels.values()):
        return found
    return found | {group: name for name, group in groups.items() if group != (0,)}


def _groups(labels: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name to values, as nnU-Net's second version has them; empty in the Decathlon's order."""
    if all(str(key).isdigit() for key in labels):
        return {}
    listed = {
        str(name): value if isinstance(value, list | tuple) else [value]
        for name, value in labels.items()
    }
    return {name: tuple(sorted(map(int, values))) for name, values in listed.items()}


def _pair(entry: Any) -> tuple[str, str]:
    if isinstance(entry, str):  # a list of scans without labels
        return entry.removeprefix("./"), ""
    image, label = (str(entry.get(key) or "").removeprefix("./") for key in ("image", "label"))
    if not image:
        raise ValueError(f"{entry} under training, which has no image")
    return image, label
