"""Windows and points: what runs, what is background, and MONAI's own values where all run."""

from functools import partial

import pytest
import torch
from monai.data import MetaTensor
from monai.inferers import SlidingWindowInferer

from medssl.bars import progress_bar
from medssl.crops import WindowRule
from medssl.engines import AutocastSlidingWindowInferer, PointInferer
from medssl.engines.sliding_window import OUTSIDE
from medssl.errors import UserError
from medssl.networks import UNet3D

SIDES = (20, 16, 12)
BODY = WindowRule("body", (-1000, 1000))
OPTIONS = {"roi_size": (8, 8, 8), "overlap": 0.5, "sw_batch_size": 3, "mode": "gaussian"}


class Conv(torch.nn.Conv3d):
    """A network of few voxels' sight that counts its windows and remembers their batches."""

    def __init__(self, outputs: int = 1, inputs: int = 1) -> None:
        super().__init__(inputs, outputs, 3, padding=1)
        self.ran: list[int] = []

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        self.ran.append(len(windows))
        return super().forward(windows)


def corner(sides=SIDES, channels=1):
    """Air with something in one corner."""
    image = torch.zeros(1, channels, *sides)
    image[:, -1, :4, :4, :4] = 0.2 + torch.rand(4, 4, 4)
    return image


@pytest.mark.parametrize("mode", ["gaussian", "constant"])
@pytest.mark.parametrize("sides", [SIDES, (5, 20, 8), (4, 4, 4)])
@pytest.mark.parametrize("kind", [torch.Tensor, MetaTensor])
def test_where_all_windows_run_the_values_are_monai_s_bit_for_bit(mode, sides, kind):
    image, network, options = (
        kind(torch.rand(2, 1, *sides) + 0.1),
        Conv(),
        {**OPTIONS, "mode": mode},
    )
    expected = SlidingWindowInferer(**options)(image, network)
    for rule in (BODY, WindowRule("any", (0, 1)), None):
        found = AutocastSlidingWindowInferer(rule=rule, **options)(image, network)
        assert type(found) is type(expected)
        assert torch.equal(found, expected)
    if "any":
        empty = AutocastSlidingWindowInferer(rule=WindowRule("any", (0, 1)), **options)
        assert torch.equal(
            empty(0 * image, network), SlidingWindowInferer(**options)(0 * image, network)
        )


@pytest.mark.parametrize(
    ("classes", "background"),
    [
        ([[1]], [OUTSIDE]),
        ([[1], [2]], [0, OUTSIDE, OUTSIDE]),
        ([[1, 2], [2]], [OUTSIDE, OUTSIDE]),
    ],
)
def test_left_out_windows_count_for_nothing_and_leave_background(classes, background):
    """One window runs, alone in its batch; its output stands though others lie over it."""
    image, network = corner(channels=2), Conv(len(background), 2)
    found = AutocastSlidingWindowInferer(rule=BODY, classes=classes, **OPTIONS)(image, network)
    assert network.ran == [1]
    expected = torch.tensor(background, dtype=torch.float32)[None, :, None, None, None]
    expected = expected.repeat(1, 1, *SIDES)
    expected[..., :8, :8, :8] = network(image[..., :8, :8, :8])
    torch.testing.assert_close(found, expected)


def test_voxels_whose_windows_all_run_have_the_value_they_have_without_a_rule():
    image, network = corner((24, 24, 24)), Conv()
    image[..., :12, :12, :12] = 0.5
    found = AutocastSlidingWindowInferer(rule=BODY, **OPTIONS)(image, network)
    # Along each axis the windows at 0, 4 and 8 run, those at 12 and 16 do not.
    assert sum(network.ran) == 27
    expected = SlidingWindowInferer(**OPTIONS)(image, network)
    torch.testing.assert_close(found[..., :12, :12, :12], expected[..., :12, :12, :12])
    assert not torch.isclose(found[..., 12:16, :8, :8], expected[..., 12:16, :8, :8]).all()
    assert (found[..., 16:] == OUTSIDE).all()


def test_an_empty_scan_is_background_and_never_meets_the_network():
    network = Conv(2)
    inferer = AutocastSlidingWindowInferer(rule=BODY, classes=[[2, 3], [3]], **OPTIONS)
    found = inferer(MetaTensor(torch.zeros(2, 1, *SIDES)), network)
    assert isinstance(found, MetaTensor)
    assert found.shape == (2, 2, *SIDES)
    assert (found == OUTSIDE).all()
    assert not network.ran


def test_scans_of_a_batch_are_judged_each_for_itself():
    image, network = torch.cat([corner(), 0 * corner(), corner()]), Conv()
    found = AutocastSlidingWindowInferer(rule=BODY, **OPTIONS)(image, network)
    assert sum(network.ran) == 2
    assert (found[1] == OUTSIDE).all()
    torch.testing.assert_close(
        found[0], AutocastSlidingWindowInferer(rule=BODY, **OPTIONS)(image[:1], network)[0]
    )


def test_a_bar_counts_the_windows_that_run(capsys, monkeypatch):
    shown = partial(progress_bar, disable=False)
    monkeypatch.setattr("medssl.engines.window_plan.progress_bar", shown)
    monkeypatch.setattr("medssl.engines.window_plan._QUIET_S", 0)
    AutocastSlidingWindowInferer(rule=BODY, **OPTIONS)(corner(), Conv())
    assert "| 0/1 [" in capsys.readouterr().err


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
    expected = torch.full((24, 20, 16), OUTSIDE)
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
