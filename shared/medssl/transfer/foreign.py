"""Networks in checkpoints that other code wrote.

Known key maps, by the name a report calls them:

- ``medssl``: this library's own names.
- ``models_genesis``: blocks ``down_tr64 ... down_tr512``, ``up_tr256 ... up_tr64`` and ``out_tr``,
  with layers ``ops.0.conv1``, ``ops.0.bn1``, ``up_conv`` and ``final_conv``, usually as
  ``module.*`` under "state_dict". The official Models Genesis file, and the paper's autoencoder,
  Models Genesis and segmentation networks.
- ``study_classifier``: the same blocks under ``encoder.``; the paper's rotation, relative patch
  location, jigsaw and Rubik's cube networks.
- ``study_byol``: "state_dict" holds the moving-average target, "online_state_dict" the online
  network.
- ``study_pcrl``: encoder and decoder as two state dicts, each with ``module.*``.

Known are the names of blocks and layers, BYOL's two keys and the prefix of PCRL. Inferred is that
PCRL's and the contrastive methods' encoders call their blocks alike; under which keys PCRL keeps
its two halves does not matter here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ..errors import UserError
from ..networks.parts import PARTS
from ..weights import Weights

OWN, BLOCKS, CLASSIFIER = "medssl", "models_genesis", "study_classifier"
BYOL, PCRL = "study_byol", "study_pcrl"
BYOL_KEYS = {"online": "online_state_dict", "target": "state_dict"}

_DOWN = {"64": 0, "128": 1, "256": 2, "512": 3}
_UP = {"256": 0, "128": 1, "64": 2}
_PREFIX = r"^(?P<prefix>(?:.*\.)?)"
_UNIT = re.compile(_PREFIX + r"(down|up)_tr(\d+)\.ops\.([01])\.(conv1|bn1)\.(\w+)$")
_UP_CONV = re.compile(_PREFIX + r"up_tr(\d+)\.up_conv\.(\w+)$")
_OUT = re.compile(_PREFIX + r"out_tr\.final_conv\.(\w+)$")
_LAYER = {"conv1": "conv", "bn1": "norm"}


def _rename(name: str) -> tuple[str, str] | None:
    """Prefix and our name of a foreign entry; None for any other."""
    if match := _UNIT.match(name):
        prefix, side, width, unit, layer, leaf = match.groups()
        places = _DOWN if side == "down" else _UP
        if width not in places:
            return None
        block = "encoder.blocks.{}" if side == "down" else "decoder.stages.{}.convs"
        return prefix, f"{block.format(places[width])}.unit{int(unit) + 1}.{_LAYER[layer]}.{leaf}"
    if (match := _UP_CONV.match(name)) and match[2] in _UP:
        return match[1], f"decoder.stages.{_UP[match[2]]}.up.{match[3]}"
    if match := _OUT.match(name):
        return match[1], f"head.{match[2]}"
    return None


def translate(weights: Mapping[str, Tensor]) -> tuple[Weights, str]:
    """Give foreign weights our names and say which key map did it.

    Weights without any foreign name come back unchanged, as "medssl"; entries that belong to
    neither encoder, decoder nor output layer are left out.

    Raises:
        UserError: two entries would get the same name, as in a file with two encoders.
    """
    renamed: Weights = {}
    prefixes: dict[str, str] = {}
    for name, value in weights.items():
        if (found := _rename(name.removeprefix("module."))) is None:
            continue
        prefix, ours = found
        if ours in renamed:
            raise UserError(
                f"two networks in one state dict, under '{prefixes[ours]}' and '{prefix}'; "
                "save the one you want alone with torch.save"
            )
        renamed[ours], prefixes[ours] = value, prefix
    if not renamed:
        return dict(weights), OWN
    return renamed, CLASSIFIER if set(prefixes.values()) == {"encoder."} else BLOCKS


def _groups(content: Mapping[Any, Any], key: str = "") -> Iterator[tuple[str, Weights]]:
    """Every group of named tensors with its dotted key, "" at the top."""
    tensors = {
        str(name).removeprefix("module."): value
        for name, value in content.items()
        if isinstance(value, Tensor)
    }
    if tensors:
        yield key, tensors
    for name, value in content.items():
        if isinstance(name, str) and isinstance(value, Mapping):
            yield from _groups(value, f"{key}.{name}" if key else name)


def find_networks(content: Any, source: str | Path) -> dict[str, tuple[Weights, str]]:
    """Find the networks in a loaded checkpoint, nested ones too.

    Args:
        content: what the file holds.
        source: its path, for messages.

    Returns:
        By dotted key ("" at the top): weights under our names, and their key map. Tensors that are
        no encoder or decoder come back too when there is nothing else.

    Raises:
        UserError: no tensors at all, or two networks in one state dict.
    """
    groups = dict(_groups(content)) if isinstance(content, Mapping) else {}
    if not groups:
        raise UserError(f"{source}: holds no weights; expected a state dict")
    try:
        networks = {key: translate(weights) for key, weights in groups.items()}
    except UserError as error:
        raise UserError(f"{source}: {error}") from error
    wanted = tuple(f"{part}." for part in PARTS)
    useful = {
        key: (weights, naming)
        for key, (weights, naming) in networks.items()
        if any(name.startswith(wanted) for name in weights)
    }
    return useful or networks


def holds_target(networks: Mapping[str, object]) -> bool:
    """Whether these are an online and a moving-average network as BYOL's published code saves."""
    return set(BYOL_KEYS.values()) <= set(networks)


def choose(
    networks: Mapping[str, tuple[Weights, str]], source: str | Path, branch: str
) -> tuple[Weights, str]:
    """Choose or put together the one network to transfer.

    Args:
        networks: from :func:`find_networks`.
        source: path, for messages.
        branch: "online" or "target", where the file holds both.

    Raises:
        UserError: several networks and no telling which is meant.
    """
    if holds_target(networks):
        return networks[BYOL_KEYS[branch]][0], BYOL
    joined: Weights = {}
    for weights, _ in networks.values():
        if joined.keys() & weights.keys():
            raise UserError(
                f"{source}: holds several networks, under {sorted(networks)}; save the one you "
                "want alone with torch.save"
            )
        joined |= weights
    namings = {naming for _, naming in networks.values()}
    if len(networks) == 1 or namings == {OWN}:
        return joined, namings.pop()
    return joined, PCRL
