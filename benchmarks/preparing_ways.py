"""Ways to resample a made-up chest CT, however it lies, its label map, and a prediction back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

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
TURNED, TILTED = (20.0, 10.0), 15.0  # degrees about x, then z; of the gantry

Grid = tuple[tuple[int, ...], NDArray[np.float64]]
Placed = tuple[NDArray[Any], NDArray[np.float64]]  # voxels, and their affine to mm
Resampling = Callable[[], Placed]


class Work(NamedTuple):
    """What is resampled, ways to do it, and MONAI's in double precision, which is not timed."""

    own: Grid
    ways: dict[str, Resampling]
    exact: Resampling


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


def turned() -> NDArray[np.float64]:
    """The scan's affine where its axes are oblique to the patient's."""
    (x_sine, z_sine), (x_cosine, z_cosine) = (f(np.deg2rad(TURNED)) for f in (np.sin, np.cos))
    about_x = np.array([[1, 0, 0], [0, x_cosine, -x_sine], [0, x_sine, x_cosine]])
    about_z = np.array([[z_cosine, -z_sine, 0], [z_sine, z_cosine, 0], [0, 0, 1]])
    affine = AFFINE.copy()
    affine[:3, :3] = about_z @ about_x @ AFFINE[:3, :3]
    return affine


def tilted() -> NDArray[np.float64]:
    """The scan's affine where each slice is shifted against the one before: not rectangular."""
    affine = AFFINE.copy()
    affine[1, 2] = AFFINE[2, 2] * np.tan(np.deg2rad(TILTED))
    return affine


def by_monai(
    values: NDArray[Any], affine: NDArray[Any], grid: Grid, mode: str, kind: type = np.float32
) -> Placed:
    """MONAI's transform, computed in a precision."""
    image = MetaTensor(torch.from_numpy(values.astype(np.float32, order="C"))[None], affine=affine)
    resample = SpatialResample(mode=mode, padding_mode="border", dtype=kind)
    found = resample(image, torch.from_numpy(grid[1]), grid[0])
    return found[0].numpy(), found.affine.numpy()


def by_sitk(values: NDArray[Any], affine: NDArray[Any], grid: Grid) -> Placed:
    """SimpleITK's linear interpolation, one thread; beyond the last voxel's centre -1000 HU."""
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    image = SimpleITK.GetImageFromArray(values.T)
    own, wanted = map(_sitk_grid, (affine, grid[1]))
    image.SetOrigin(own[0])
    image.SetSpacing(own[1])
    image.SetDirection(own[2])
    options = (SimpleITK.Transform(), SimpleITK.sitkLinear, *wanted, -1000.0, SimpleITK.sitkInt16)
    found = SimpleITK.Resample(image, grid[0], *options)
    there = np.eye(4)
    there[:3, :3] = np.reshape(found.GetDirection(), (3, 3)) * found.GetSpacing()
    there[:3, 3] = found.GetOrigin()
    return SimpleITK.GetArrayFromImage(found).T, there


def _sitk_grid(affine: NDArray[Any]) -> tuple[list[float], list[float], list[float]]:
    """Origin, spacing and direction."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    direction = affine[:3, :3] / spacing
    return affine[:3, 3].tolist(), spacing.tolist(), direction.ravel().tolist()


def by_torchio(values: NDArray[Any], affine: NDArray[Any], grid: Grid) -> Placed:
    """TorchIO's transform on a grid like ours."""
    import torchio

    image = torchio.ScalarImage(tensor=np.ascontiguousarray(values)[None], affine=affine)
    found = torchio.Resample((grid[0], grid[1]))(image)
    return found.data[0].numpy(), np.asarray(found.affine)


def scan_work(hu: NDArray[np.int16], affine: NDArray[np.float64]) -> Work:
    """A scan to 1 mm, on the grid that medssl gives it."""
    scan = Scan(hu, affine)
    there = prepare_image(scan, MM)[0]
    grid: Grid = there.array.shape, there.affine
    ways: dict[str, Resampling] = {
        "medssl": lambda: _placed(prepare_image(scan, MM)[0]),
        NOT_BLURRED: lambda: _placed(prepare_image(scan, MM, antialias=False)[0]),
        "MONAI": partial(by_monai, hu, affine, grid, "bilinear"),
    }
    if peer("SimpleITK"):
        ways["SimpleITK"] = partial(by_sitk, hu, affine, grid)
    if peer("torchio"):
        ways["TorchIO"] = partial(by_torchio, hu, affine, grid)
    exact = partial(by_monai, hu, affine, grid, "bilinear", np.float64)
    return Work((hu.shape, affine), ways, exact)


def label_work(hu: NDArray[np.int16], label: NDArray[np.uint8]) -> Work:
    """Its label map. MONAI's in double precision, so that ties are settled alike."""
    image, drawn = Scan(hu, AFFINE), Scan(label, AFFINE)
    there = prepare_label(drawn, image, MM)
    grid: Grid = there.array.shape, there.affine
    exact = partial(by_monai, label, AFFINE, grid, "nearest", np.float64)
    ways = {"medssl": lambda: _placed(prepare_label(drawn, image, MM)), "MONAI": exact}
    return Work((label.shape, AFFINE), ways, exact)


def back_work(hu: NDArray[np.int16]) -> Work:
    """A prediction of one channel back to the scan's grid."""
    there = prepare_image(Scan(hu, AFFINE), MM)[0]
    own: Grid = (hu.shape, AFFINE)
    found = torch.rand((1, *there.array.shape), generator=torch.Generator().manual_seed(0))
    pred = MetaTensor(found, affine=torch.from_numpy(there.affine))
    back = partial(by_monai, found[0].numpy(), there.affine, own, "bilinear")
    ways = {
        "medssl": lambda: (channels_on(own, pred, antialias=False)[0].numpy(), AFFINE),
        "MONAI": back,
    }
    return Work((there.array.shape, there.affine), ways, partial(back, np.float64))


def works(hu: NDArray[np.int16], label: NDArray[np.uint8]) -> dict[str, Callable[[], Work]]:
    """What is compared with what, each made when it is asked for."""
    return {
        "a scan": partial(scan_work, hu, AFFINE),
        "an oblique scan": partial(scan_work, hu, turned()),
        "a scan of a tilted gantry": partial(scan_work, hu, tilted()),
        "a label map": partial(label_work, hu, label),
        "a prediction, back": partial(back_work, hu),
    }


def _placed(volume: Volume) -> Placed:
    return volume.array, volume.affine
