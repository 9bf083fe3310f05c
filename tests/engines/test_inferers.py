"""Autocast, windows and points around the network's forward pass."""

from contextlib import nullcontext

import pytest
import torch
from monai.data import MetaTensor

from medssl.engines import (
    AutocastInferer,
    AutocastSlidingWindowInferer,
    PointInferer,
)
from medssl.errors import UserError
from medssl.networks import UNet3D


def output_dtypes(inferer: AutocastInferer) -> tuple[torch.dtype, torch.dtype]:
    """Dtype inside the network (its last convolution) and of the prediction."""
    network, inside = UNet3D(base_channels=2), []
    network.head.register_forward_hook(lambda *call: inside.append(call[-1].dtype))
    prediction = inferer(torch.rand(2, 1, 24, 8, 8), network)
    return inside[0], prediction.dtype


@pytest.mark.parametrize(("amp", "dtype"), [("off", torch.float32), ("bf16", torch.bfloat16)])
def test_autocast_really_happens_on_the_cpu(amp, dtype):
    assert output_dtypes(AutocastInferer(amp)) == (dtype, torch.float32)


@pytest.mark.parametrize(("side", "refused"), [(8, True), (16, True), (24, False)])
def test_crops_that_bf16_on_a_cpu_learns_wrongly_from_are_refused(side, refused):
    network, image = UNet3D(base_channels=2), torch.rand(2, 1, side, 16, 16)
    infer = AutocastInferer("bf16")
    with pytest.raises(UserError, match="crop_size") if refused else nullcontext():
        infer(image, network)
    infer(image, network.eval())


def test_the_sliding_window_runs_under_autocast_too():
    network, inside = UNet3D(base_channels=2).eval(), []
    network.head.register_forward_hook(lambda *call: inside.append(call[-1].dtype))
    image = torch.rand(1, 1, 24, 16, 16)
    options = {"roi_size": (16, 16, 16), "overlap": 0.5}
    half = AutocastSlidingWindowInferer("bf16", **options)(image, network)
    full = AutocastSlidingWindowInferer("off", **options)(image, network)
    assert set(inside) == {torch.bfloat16, torch.float32}
    assert half.shape == full.shape == image.shape
    assert (half - full).abs().max() < 0.1 * full.abs().max()


def test_a_window_may_take_in_the_whole_plane():
    """So it slides along z alone, and a network that needs multiples of 8 gets them."""
    sides = set()

    def network(window):
        sides.add(tuple(window.shape[2:]))
        return window.sum(dim=(2, 3), keepdim=True) + 0 * window

    image = torch.rand(1, 1, 21, 16, 40)
    inferer = AutocastSlidingWindowInferer(roi_size=(0, 0, 8), overlap=0.5)
    assert torch.allclose(inferer(image, network), image.sum(dim=(2, 3), keepdim=True) + 0 * image)
    inferer(torch.rand(1, 1, 30, 16, 8), network)
    assert sides == {(24, 16, 8), (32, 16, 8)}


def test_windows_around_points_alone(tmp_path):
    """Each window is the network's own output there; the larger of two counts; else no."""
    affine = torch.tensor([[-1.0, 0, 0, 5], [0, -1.0, 0, 7], [0, 0, 2.0, -3], [0, 0, 0, 1]])
    image = MetaTensor(torch.rand(1, 24, 20, 16), affine=affine.double())
    image.meta.update(name="1.2.3", called="1.2.3")
    # Voxels (6, 8, 10), (8, 8, 10) and one near the corner, as LPS mm.
    rows = ["1.2.3,1,1,17", "1.2.3,3,1,17", "1.2.3,18,12,-3", "other,0,0,0"]
    table = tmp_path / "points.csv"
    table.write_text("\n".join(["seriesuid,coordX,coordY,coordZ", *rows]) + "\n")
    inferer = PointInferer(table, roi_size=(4, 4, 4))
    found = inferer(torch.stack([image]), lambda window: 2 * window - 1)
    expected = torch.full((24, 20, 16), PointInferer.OUTSIDE)
    for box in (
        (slice(4, 10), slice(6, 10), slice(8, 12)),
        (slice(20, 24), slice(16, 20), slice(4)),
    ):
        expected[box] = 2 * image[0][box].as_tensor() - 1
    assert torch.equal(found[0, 0], expected)
    image.meta.update(name="4", called="4")
    with pytest.raises(UserError, match=r"points: none of 4 in .*points\.csv"):
        inferer(torch.stack([image]), lambda window: window)


def test_windows_around_points_hold_every_channel(tmp_path):
    image = MetaTensor(torch.rand(3, 12, 12, 12), affine=torch.diag(torch.tensor([-1.0, -1, 1, 1])))
    image.meta.update(name="a", called="a", series="")
    (tmp_path / "points.csv").write_text("seriesuid,coordX,coordY,coordZ\na,6,6,6\n")
    inferer = PointInferer(tmp_path / "points.csv", roi_size=(4, 4, 4))
    found = inferer(torch.stack([image]), lambda window: window.sum(1, keepdim=True))
    box = (slice(4, 8),) * 3
    torch.testing.assert_close(found[0, 0][box], image.as_tensor()[:, *box].sum(0))


def test_channels_last_reaches_the_network():
    network, inputs = UNet3D(base_channels=2), []
    network.register_forward_pre_hook(lambda _, call: inputs.append(call[0]))
    AutocastInferer(channels_last=True)(torch.rand(2, 2, 8, 8, 8)[:, :1], network)
    assert inputs[0].is_contiguous(memory_format=torch.channels_last_3d)


@pytest.mark.parametrize("amp", ["half", "True"])
def test_unknown_precision_is_named(amp):
    with pytest.raises(UserError, match="amp: expected one of"):
        AutocastInferer(amp)


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_fp16_without_gpu_is_refused():
    with pytest.raises(UserError, match="needs a CUDA device"):
        AutocastInferer("fp16")
