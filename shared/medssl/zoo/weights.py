"""The weight files of a released bundle: model.pt, model.ts and where they come from."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser
from torch import nn

from ..analysis.bundles import tell_of_code
from ..engines.model_file import MODEL, TARGET
from ..engines.provenance import (
    DERIVED,
    DERIVED_DATA,
    PROVENANCE,
    check_sha256,
    data_of,
    read_provenance,
)
from ..errors import UserError
from ..files import sha256_of, write_atomically, write_json
from ..weights import load_exactly, load_torch, save_torch

SCRIPTED = "model.ts"
UNTRAINED_SEED = 0
_LEFT_OUT = (".debug_pkl", ".data/serialization_id")
_CONSTANTS = re.compile(rb"(?:^  \w+ : Final\[.*\n)+", re.MULTILINE)


def inference_network(config: Path, overrides: dict[str, Any]) -> nn.Module:
    """The network of an ``inference.json``, initialised from a fixed seed, in evaluation mode.

    Code from elsewhere is told on standard error before it runs.
    """
    tell_of_code(config.parent)
    parser = ConfigParser()
    parser.read_config(str(config))
    parser.update(overrides)
    torch.manual_seed(UNTRAINED_SEED)
    network: nn.Module = parser.get_parsed_content("network_def").cpu().eval()
    return network


def write_weights(
    models: Path, target: Path, network: nn.Module, allow_untrained: bool, licence: str
) -> None:
    """Write ``model.pt``, ``model.ts``, ``provenance.json`` and, if there is one, ``target.pt``.

    Args:
        models: folder with the trained weights, if any.
        target: folder to write.
        network: inference network that the weights belong to; they are loaded into it.
        allow_untrained: where ``models`` has none, write the network's own and say so.
        licence: of the weights.

    Raises:
        UserError: no trained weights, or weights of another network.
    """
    target.mkdir(parents=True)
    source = models / MODEL
    if source.is_file():
        files = [source, *filter(Path.is_file, [models / TARGET])]
        for file in files:
            check_sha256(file)
            shutil.copyfile(file, target / file.name)
        load_exactly(network, load_torch(source), source)
        provenance = _trained(read_provenance(models) or {}, sha256_of(source))
    elif allow_untrained:
        save_torch(target / MODEL, network.state_dict())
        provenance = {"trained": False, "seed": UNTRAINED_SEED}
    else:
        raise UserError(
            f"{models}: no {MODEL} in it; train the bundle first, or add --allow-untrained to pack "
            "freshly initialised weights, which its README then says"
        )
    write_scripted(network, target / SCRIPTED)
    provenance["licence"] = licence
    provenance["sha256"] = {file.name: sha256_of(file) for file in sorted(target.iterdir())}
    write_json(target / PROVENANCE, provenance)


def _trained(known: dict[str, Any], sha256: str) -> dict[str, Any]:
    """The record of these weights alone: their scans, without other files made of the run's."""
    data = data_of(known, sha256)
    run = {} if not data else {"run": {**known.get("run", {}), "data": data}}
    kept = {key: value for key, value in known.items() if key not in (DERIVED, DERIVED_DATA)}
    return {"trained": True, **kept, **run}


def write_scripted(network: nn.Module, path: Path) -> None:
    """Write a network as TorchScript, in the same bytes each time.

    The names of the source files that it came from are left out.
    """
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(network), buffer)
    write_atomically(path, lambda temporary: _settle(buffer, temporary))


def _settle(scripted: io.BytesIO, path: Path) -> None:
    """Copy the archive but for its debugging records, which hold paths of this machine.

    TorchScript lists a class's constants in the order of a set, which is another in each process,
    and numbers the archive by that.
    """
    with zipfile.ZipFile(scripted) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            if not entry.filename.endswith(_LEFT_OUT):
                content = source.read(entry)
                if entry.filename.endswith(".py"):
                    content = _CONSTANTS.sub(_in_order, content)
                kept = zipfile.ZipInfo(entry.filename, entry.date_time)
                target.writestr(kept, content, entry.compress_type)


def _in_order(constants: re.Match[bytes]) -> bytes:
    return b"".join(sorted(constants[0].splitlines(keepends=True)))
