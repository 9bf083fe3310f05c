"""Ways to resample a made-up chest CT, its label map, and a prediction back to its grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import SpatialResample
from numpy.typing import NDArray

from interleaved import peer
from medssl.sources.along_axes import channels_on
from medssl.sources.readers import Scan
from medssl.sources.resampling import Volume, prepare_image, prepare_label

SHAPE, AFFINE = (512, 512, 300), np.diag([0.7, 0.7, 1.25, 1.0])
MM = (1.0, 1.0, 1.0)
NOT_BLURRED = "medssl, not blurred"

Grid = tuple[tuple[int, ...], NDArray[np.float64]]
Placed = tuple[NDArray[Any], NDArray[np.float64]]  # voxels, and their affine to mm
Resampling = Callable[[], Placed]


def make_scan(shape: tuple[int, ...] = SHAPE) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """A body with two lungs, and the label map of one, in the order in which NIfTI keeps them."""
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, side) for side in shape), indexing="ij", sparse=True)
    hu = np.full(shape, -1000, np.float32)
    hu[(x / 0.8) ** 2 + (y / 0.6) ** 2 + 0 * z < 1] = 40
    lungs = [((x + at) / 0.25) ** 2 + (y / 0.4) ** 2 + (z / 0.8) ** 2 < 1 for at in (-0.35, 0.35)]
    hu[lungs[0] | lungs[1]] = -850
    hu += np.random.default_rng(0).normal(0, 20, shape).astype(np.float32)
    return np.asfortranarray(np.rint(hu).astype(np.int16)), np.asfortranarray(
        lungs[0] * np.uint8(1)
    )


def by_monai(values: NDArray[Any], affine: NDArray[Any], grid: Grid, mode: str) -> Placed:
    """MONAI's transform; labels in double precision, so that their ties are settled alike."""
    image = MetaTensor(torch.from_numpy(values.astype(np.float32, order="C"))[None], affine=affine)
    precision = np.float64 if mode == "nearest" else np.float32
    resample = SpatialResample(mode=mode, padding_mode="border", dtype=precision)
    found = resample(image, torch.from_numpy(grid[1]), grid[0])
    return found[0].numpy(), found.affine.numpy()


def by_sitk(values: NDArray[Any], grid: Grid) -> Placed:
    """SimpleITK's linear interpolation, one thread; beyond the last voxel's centre -1000 HU."""
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    image = SimpleITK.GetImageFromArray(values.T)
    image.SetSpacing(np.diag(AFFINE)[:3].tolist())
    options = (SimpleITK.Transform(), SimpleITK.sitkLinear, (0.0, 0.0, 0.0), MM)
    directions = (1, 0, 0, 0, 1, 0, 0, 0, 1)
    found = SimpleITK.Resample(image, grid[0], *options, directions, -1000.0, SimpleITK.sitkInt16)
    affine = np.diag([*found.GetSpacing(), 1.0])
    affine[:3, 3] = found.GetOrigin()
    return SimpleITK.GetArrayFromImage(found).T, affine


def by_torchio(values: NDArray[Any], grid: Grid) -> Placed:
    """TorchIO's transform on a grid like ours."""
    import torchio

    image = torchio.ScalarImage(tensor=np.ascontiguousarray(values)[None], affine=AFFINE)
    found = torchio.Resample((grid[0], grid[1]))(image)
    return found.data[0].numpy(), np.asarray(found.affine)


def resamplings(
    hu: NDArray[np.int16], label: NDArray[np.uint8]
) -> dict[str, dict[str, Resampling]]:
    """What is compared with what: for each kind of work, ways to do it."""
    image, drawn = Scan(hu, AFFINE), Scan(label, AFFINE)
    there = prepare_image(image, MM)[0]
    grid: Grid = there.array.shape, there.affine
    own: Grid = (hu.shape, AFFINE)
    found = torch.rand((1, *grid[0]), generator=torch.Generator().manual_seed(0))
    pred = MetaTensor(found, affine=torch.from_numpy(there.affine))
    image_ways: dict[str, Resampling] = {
        "medssl": lambda: _placed(prepare_image(image, MM)[0]),
        NOT_BLURRED: lambda: _placed(prepare_image(image, MM, antialias=False)[0]),
        "MONAI": lambda: by_monai(hu, AFFINE, grid, "bilinear"),
    }
    if peer("SimpleITK"):
        image_ways["SimpleITK"] = lambda: by_sitk(hu, grid)
    if peer("torchio"):
        image_ways["TorchIO"] = lambda: by_torchio(hu, grid)
    return {
        "a scan": image_ways,
        "a label map": {
            "medssl": lambda: _placed(prepare_label(drawn, image, MM)),
            "MONAI": lambda: by_monai(label, AFFINE, grid, "nearest"),
        },
        "a prediction, back": {
            "medssl": lambda: (channels_on(own, pred, antialias=False)[0].numpy(), own[1]),
            "MONAI": lambda: by_monai(found[0].numpy(), there.affine, own, "bilinear"),
        },
    }


def _placed(volume: Volume) -> Placed:
    return volume.array, volume.affine
