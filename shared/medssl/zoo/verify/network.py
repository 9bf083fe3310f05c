"""Checks on the network and its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from monai.bundle import ckpt_export, verify_net_in_out
from torch import Tensor, nn

from ...engines.model_file import MODEL
from ...errors import UserError
from ...networks import UNet3D
from ...transfer import transfer
from ...weights import load_exactly, load_torch, save_torch
from ..weights import SCRIPTED, inference_network
from .subject import Subject

SIDE = 32  # voxels at most, and where the metadata leave a side open
TRUNK_SIDE = 16


def _network(subject: Subject) -> nn.Module:
    """The inference network, with the bundle's weights if it has any, else with seeded ones."""
    place = {"bundle_root": str(subject.folder)}
    network = inference_network(subject.folder / "configs" / "inference.json", place)
    path = subject.folder / "models" / MODEL
    if path.is_file():
        load_exactly(network, load_torch(path), path)
    return network


def _weights(subject: Subject, network: nn.Module) -> Path:
    """The bundle's model.pt, or the seeded weights written to the scratch folder."""
    path = subject.folder / "models" / MODEL
    if not path.is_file():
        path = subject.scratch / MODEL
        save_torch(path, network.state_dict())
    return path


def _image(subject: Subject) -> Tensor:
    """A random input with the channels and, up to a limit, the shape that the metadata name."""
    image = subject.metadata["network_data_format"]["inputs"]["image"]
    sides = [min(side, SIDE) if isinstance(side, int) else SIDE for side in image["spatial_shape"]]
    return torch.rand(1, image["num_channels"], *sides, generator=torch.Generator().manual_seed(0))


def check_shapes(subject: Subject) -> str:
    """Input and output of the network are those of the metadata."""
    configs = subject.folder / "configs"
    try:
        verify_net_in_out(
            "network_def",
            meta_file=str(configs / "metadata.json"),
            config_file=str(configs / "inference.json"),
            device="cpu",
            bundle_root=str(subject.folder),
        )
    except ValueError as error:
        raise UserError(
            f"configs/metadata.json: {error} Of weights of another width in models/, `medssl pack` "
            "writes what fits into the release"
        ) from error
    data = subject.metadata["network_data_format"]
    image, pred = data["inputs"]["image"], data["outputs"]["pred"]
    return f"{image['num_channels']} to {pred['num_channels']} channels"


def check_weights(subject: Subject) -> str:
    """``model.pt`` fits the network entry by entry and holds finite numbers."""
    network = _network(subject)
    broken = [
        name
        for name, value in network.state_dict().items()
        if value.is_floating_point() and not value.isfinite().all()
    ]
    if broken:
        raise UserError(f"models/{MODEL}: not finite: {', '.join(broken[:5])}")
    count = f"{sum(value.numel() for value in network.parameters()):,} parameters"
    return count if (subject.folder / "models" / MODEL).is_file() else f"{count}, no {MODEL} yet"


@torch.no_grad()
def check_torchscript(subject: Subject) -> str:
    """The exported module, and the one in the bundle, give what the network gives."""
    network, image = _network(subject), _image(subject)
    configs, exported = subject.folder / "configs", subject.scratch / "exported.ts"
    ckpt_export(
        "network_def",
        filepath=str(exported),
        ckpt_file=str(_weights(subject, network)),
        meta_file=str(configs / "metadata.json"),
        config_file=str(configs / "inference.json"),
        bundle_root=str(subject.folder),
    )
    shipped = subject.folder / "models" / SCRIPTED
    modules = [exported, *([shipped] if shipped.is_file() else [])]
    expected = network(image)
    for path in modules:
        if not torch.allclose(torch.jit.load(path).eval()(image), expected, atol=1e-5):
            raise UserError(f"{path.name}: another output than the network's")
    return " and ".join(path.name for path in modules)


@torch.no_grad()
def check_hand_over(subject: Subject) -> str:
    """The U-Net that takes the weights over computes the same features, bit for bit."""
    source: Any = _network(subject)
    first = source.encoder.blocks[0].unit1.conv.weight  # (base channels, image channels, ...)
    target = UNet3D(in_channels=first.shape[1], base_channels=first.shape[0]).eval()
    report = transfer(_weights(subject, source), target)
    seed = torch.Generator().manual_seed(0)
    image = torch.rand(1, first.shape[1], *[TRUNK_SIDE] * 3, generator=seed)
    theirs, ours = source.encoder(image), target.encoder(image)
    if not all(torch.equal(one, other) for one, other in zip(theirs, ours, strict=True)):
        raise UserError("the encoder computes other features after the hand-over")
    parts = [part.part for part in report.parts if not part.reason]
    if "decoder" in parts and not torch.equal(source.decoder(theirs), target.decoder(ours)):
        raise UserError("the decoder computes another map after the hand-over")
    return f"{' and '.join(parts)}, {len(report.loaded)} entries"
