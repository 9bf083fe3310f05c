"""``dataset.json`` as nnU-Net (both versions) and the Medical Segmentation Decathlon write it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import parse_json
from .intensity import Modality, check_modality
from .label_names import Names, label_names, refuse_odd

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
    label_names: Names
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
        content = parse_json(path.read_bytes().decode("utf-8-sig"))
        channels = content.get("channel_names", content.get("modality"))
        named = {int(number): str(name) for number, name in dict(channels).items()}
        labels = label_names(content["labels"])
        pairs = [_pair(entry) for entry in content.get("training", ())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path}: expected channel_names (or modality) and labels, {_wrong(error)}; write it "
            "as nnU-Net or the Decathlon do"
        ) from error
    refuse_odd(path, content["labels"])
    if len(set(named.values())) < len(named):
        raise UserError(
            f"{path}: channels {[*named.values()]}, expected a name of its own for each"
        )
    if sorted(named) != list(range(len(named))) or not named:
        raise UserError(f"{path}: channels {sorted(named)}, expected to be counted from 0")
    order = tuple(named[number] for number in range(len(named)))
    licence = str(content.get("licence") or content.get("license") or "")
    return Described(path, order, labels, tuple(pairs), licence)


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


def _pair(entry: Any) -> tuple[str, str]:
    if isinstance(entry, str):  # a list of scans without labels
        return entry.removeprefix("./"), ""
    image, label = (str(entry.get(key) or "").removeprefix("./") for key in ("image", "label"))
    if not image:
        raise ValueError(f"{entry} under training, which has no image")
    return image, label
