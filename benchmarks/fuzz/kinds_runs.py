"""What a training leaves: records, traces, weights, checkpoints."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
import torch

from medssl.analysis import diagnose
from medssl.analysis.convergence import compare_convergence, convergence_record
from medssl.engines import Trained
from medssl.engines.run_state import check_state
from medssl.networks import UNet3D
from medssl.transfer import audit, network_of, transfer
from medssl.weights import read_weights
from medssl.zoo import provenance_table, read_metadata

from .commands import TINY, run_bundle, words_of
from .content import digest
from .examples import BUNDLE, trained
from .kind import IN, Kind
from .of_bytes import damage_bytes
from .of_trees import damage_json, damage_lines

_MODELS = f"{BUNDLE}/models"
_RECORD = "records of runs have no checksum: what is plausible is taken as it is written"
_BARE = "a safetensors file without the provenance.json of its run has no checksum"


def _use_weights(case: Path) -> str:
    """What a hand-over, an audit, a card and an evaluation read of a trained bundle."""
    bundle, data = case / IN / BUNDLE, case / IN / "data"
    check_state(bundle)
    torch.manual_seed(0)
    network = UNet3D(base_channels=network_of(bundle).get("base_channels", 2))
    report = str(transfer(bundle, network).as_dict()).replace(str(case), "")
    known = Trained(bundle)
    said = provenance_table(read_metadata(bundle), known.provenance)
    found = [known[key] for key in ("spacing", "window", "crop_size", "base_channels", "skip")]
    contract = known.contract.as_dict() if known.contract else None
    seen = str(audit(bundle, data, "training")).replace(str(case), "")
    return digest(network.state_dict(), report, found, contract, seen, said)


def _diagnose(case: Path) -> str:
    bundle = case / IN / BUNDLE
    said = str(diagnose(bundle / "models", bundle=bundle)).replace(str(case), "")
    curves = convergence_record(compare_convergence([bundle / "models"], "mse"))
    return digest(said, str(curves).replace(str(case), ""))


def _go_on(case: Path) -> str:
    """Started again for one epoch more."""
    root, data = case / IN / BUNDLE, case / IN / "data"
    run_bundle(words_of(root / "configs/train.json", root, data, {**TINY, "max_epochs": 2}))
    return digest(read_weights(root / "models" / "model.pt"))


def _safetensors(folder: Path) -> None:
    torch.manual_seed(0)
    network = UNet3D(base_channels=2)
    safetensors.torch.save_file(network.state_dict(), str(folder / "weights.safetensors"))


def _read_safetensors(case: Path) -> str:
    torch.manual_seed(0)
    network = UNet3D(base_channels=2)
    report = transfer(case / IN / "weights.safetensors", network).as_dict()
    return digest(str(report).replace(str(case), ""), network.state_dict())


KINDS = (
    Kind(
        "provenance",
        trained,
        _use_weights,
        {f"{_MODELS}/provenance.json": damage_json},
        200,
        {"": _RECORD},
        named=False,
    ),
    Kind(
        "weights",
        trained,
        _use_weights,
        {f"{_MODELS}/model.pt": damage_bytes, f"{_MODELS}/checkpoint.pt": damage_bytes},
        200,
    ),
    Kind(
        "run record",
        trained,
        _diagnose,
        {f"{_MODELS}/run.json": damage_json, f"{_MODELS}/crops.json": damage_json},
        150,
        {"": _RECORD},
        named=False,
    ),
    Kind(
        "trace",
        trained,
        _diagnose,
        {f"{_MODELS}/trace.jsonl": damage_lines},
        150,
    ),
    Kind(
        "going on",
        trained,
        _go_on,
        {
            f"{_MODELS}/checkpoint.pt": damage_bytes,
            f"{_MODELS}/run.json": damage_json,
            f"{_MODELS}/trace.jsonl": damage_lines,
        },
        60,
        {"tree": _RECORD},
        named=False,
        kept=False,
    ),
    Kind(
        "safetensors",
        _safetensors,
        _read_safetensors,
        {"weights.safetensors": damage_bytes},
        100,
        {"": _BARE},
    ),
)
