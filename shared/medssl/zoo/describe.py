"""What a released bundle's metadata say of its network: the values of the run that trained it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..classes import called, read_classes
from ..engines import Trained
from ..sources.intensity import says_mr
from ..store.contract import ANY_IMAGE, HU, ScanContract

_SIDE = 16  # voxels, enough for four levels
_UNKNOWN = "n/a"  # how MONAI's metadata says it


@torch.no_grad()
def describe(
    path: Path, network: nn.Module, trained: Trained, inference: Mapping[str, Any]
) -> dict[str, Any]:
    """Let ``metadata.json`` say what goes in and comes out of this very network.

    Args:
        path: of the release's metadata; written.
        network: of inference.
        trained: what the run knows.
        inference: the bundle's own ``inference.json``, with what the run changed.

    Returns:
        The metadata.
    """
    metadata: dict[str, Any] = json.loads(path.read_text("utf-8"))
    network_data, known = metadata["network_data_format"], trained.known
    image, pred = network_data["inputs"]["image"], network_data["outputs"]["pred"]
    image["num_channels"] = known.get("in_channels", image["num_channels"])
    pred["num_channels"] = network(torch.zeros(1, image["num_channels"], *[_SIDE] * 3)).shape[1]
    own = inference.get("trained", {}).get("default", {})
    if size := {**own, **known}.get("window_size") or known.get("crop_size"):
        shape = _shape(image["spatial_shape"], size)
        if pred["spatial_shape"] == image["spatial_shape"]:
            pred["spatial_shape"] = shape
        image["spatial_shape"] = shape
    classes = known.get("classes")
    changed = classes != own.get("classes") or _has_other_names(pred, known)
    if classes is not None and changed:
        if isinstance(classes[0], str | int):
            _name_outputs(metadata, pred, classes)
        else:
            _name_classes(metadata, pred, classes, known["class_names"])
    if contract := trained.contract:
        metadata["scan"] = {**contract.as_dict(), "window": known.get("window")}
        _name_scans(metadata, contract, known.get("window") or own.get("window"))
    path.write_text(json.dumps(metadata, indent=4) + "\n", "utf-8")
    return metadata


def _shape(described: Sequence[int | str], size: Sequence[int]) -> list[int | str]:
    """The shape with the run's sides; where either leaves a side open, it stays open."""
    return [
        new if new and isinstance(old, int) else "8*n"
        for old, new in zip(described, size, strict=True)
    ]


def _name_scans(
    metadata: dict[str, Any], contract: ScanContract, window: Sequence[float] | None
) -> None:
    """The scans that the weights saw, by the names of their channels and the rule for values."""
    image, pred = (
        metadata["network_data_format"][side][key]
        for side, key in (("inputs", "image"), ("outputs", "pred"))
    )
    names, in_hu = contract.channels, contract.intensity == HU
    ct = in_hu or {name.upper() for name in names} == {"CT"}
    kind = "CT" if ct else "MR" if says_mr(names) else ANY_IMAGE
    restored = pred["format"] == image["format"]
    image["format"] = "hounsfield" if in_hu else "magnitude"
    image["modality"] = _UNKNOWN if kind == ANY_IMAGE else kind
    if restored:
        pred["format"] = image["format"]
    if names != ("CT",):
        image["channel_def"] = {str(number): name for number, name in enumerate(names)}
    if window:
        count = "single channel" if len(names) == 1 else f"{len(names)} channels of"
        called = "" if names == (kind,) else f" ({', '.join(names)})"
        own_scale = f"thousandths of each scan's own scale ({contract.intensity})"
        metadata["image_classes"] = (
            f"{count} {kind}{called}, {'Hounsfield units' if in_hu else own_scale} "
            f"clipped to {list(window)} and scaled to [0, 1]"
        )


def _has_other_names(pred: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether the run knows other names of the bundle's own classes than the bundle."""
    own = [name for name in pred.get("channel_def", {}).values() if name != "background"]
    return called(own, known.get("class_names") or (), known.get("classes") or ()) != own


def _name_outputs(
    metadata: dict[str, Any], pred: dict[str, Any], classes: Sequence[object]
) -> None:
    """Classes of whole images, as a user's table calls them."""
    pred["channel_def"] = {str(number): str(name) for number, name in enumerate(classes)}
    metadata["label_classes"] = ", ".join(map(str, classes))


def _name_classes(
    metadata: dict[str, Any],
    pred: dict[str, Any],
    classes: Sequence[Sequence[int]],
    names: Sequence[str],
) -> None:
    """Other classes than the bundle's own, as the labels of their data set are called."""
    scheme = read_classes(classes)
    channels = names if scheme.out_channels == len(names) else ["background", *names]
    pred["channel_def"] = {str(number): name for number, name in enumerate(channels)}
    held = zip(scheme.groups, names, strict=True)
    learnt = ", ".join(f"{' or '.join(map(str, values))} is {name}" for values, name in held)
    metadata["label_classes"] = f"label map: {learnt}"
    count = "one channel" if len(channels) == 1 else f"{len(channels)} channels"
    nested = "each voxel has the value of its smallest region: " if scheme.nested else ""
    written = ", ".join(
        f"{value} is {name}" for value, name in zip(scheme.values, names, strict=True)
    )
    metadata["pred_classes"] = f"{count} of logits; after post-processing {nested}{written}"
