"""Overlap, mIoU and surface distances by hand, with every kind of emptiness."""

import numpy as np
import pytest
import torch
from ignite.engine import Engine
from monai.metrics import DiceMetric, MeanIoU

from medssl.errors import UserError
from medssl.metrics import OverlapHandler, SurfaceDistanceHandler, ThresholdIoUHandler
from medssl.metrics.segmentation import overlap, surface_distance, threshold_iou

EMPTY, FULL = torch.zeros(1, 1, 4, 4, 4), torch.ones(1, 1, 4, 4, 4)


def half():
    volume = EMPTY.clone()
    volume[..., :2] = 1
    return volume


@pytest.mark.parametrize(
    ("pred", "label", "dice", "iou"),
    [
        (half(), half(), 1.0, 1.0),
        (half(), FULL, 2 / 3, 1 / 2),
        (half(), half().flip(-1), 0.0, 0.0),
        (EMPTY, half(), 0.0, 0.0),
        (half(), EMPTY, 0.0, 0.0),
        (EMPTY, EMPTY, np.nan, np.nan),
    ],
)
def test_overlap_by_hand(pred, label, dice, iou):
    for kind, expected in (("dice", dice), ("iou", iou)):
        found = overlap(kind, pred, label, (1,))
        assert found.shape == (1, 1)
        assert found.item() == pytest.approx(expected, nan_ok=True)


def test_overlap_equals_monais_where_nothing_is_empty():
    pred, label = (torch.randint(0, 3, (5, 1, 6, 6, 6)) for _ in range(2))
    onehot = [torch.cat([part == n for n in range(3)], 1).float() for part in (pred, label)]
    dice = DiceMetric(include_background=False)(*onehot)
    iou = MeanIoU(include_background=False)(*onehot)
    assert torch.allclose(overlap("dice", pred, label, (1, 2)), dice.double(), atol=1e-6)
    assert torch.allclose(overlap("iou", pred, label, (1, 2)), iou.double(), atol=1e-6)


def literal_miou(probability, label, background):
    total = 0.0
    for threshold in [0.5 + 0.05 * step for step in range(10)]:
        inside, truth = probability > threshold, label > 0
        figures = [(inside & truth).sum() / (inside | truth).sum()]
        if background:
            figures.append((~inside & ~truth).sum() / (~inside | ~truth).sum())
        total += sum(figures) / len(figures)
    return total / 10


@pytest.mark.parametrize("background", [True, False])
def test_miou_against_a_loop(background):
    probability = torch.rand(4, 1, 5, 5, 5, generator=torch.Generator().manual_seed(0))
    label = (probability + 0.3 * torch.rand(4, 1, 5, 5, 5) > 0.7).float()
    found = threshold_iou(probability, label, background)
    for row in range(4):
        expected = literal_miou(probability[row].numpy(), label[row].numpy(), background)
        assert found[row].item() == pytest.approx(expected, abs=1e-6)
    assert threshold_iou(FULL, FULL, False).item() == 1.0
    assert threshold_iou(EMPTY, half(), False).item() == 0.0
    assert threshold_iou(EMPTY, half(), True).item() == pytest.approx(0.25)
    assert threshold_iou(EMPTY, EMPTY, background).isnan().all()


@pytest.mark.parametrize("certainty", [0.52, 0.72, 1.0])
def test_marks_where_there_is_nothing_count_however_uncertain(certainty):
    """Half the cube is marked: overlap 0, background 1/2, at the thresholds that it reaches."""
    assert threshold_iou(certainty * half(), EMPTY, False).item() == 0.0
    assert threshold_iou(certainty * half(), EMPTY, True).item() == pytest.approx(0.25)


def test_surface_distances_in_mm_by_hand():
    """Two planes five voxels apart along z: at 2 mm each surface is 10 mm from the other."""
    pred, label = (torch.zeros(1, 1, 12, 12, 12) for _ in range(2))
    pred[..., 2], label[..., 7] = 1, 1
    for kind in ("assd", "hd95"):
        assert surface_distance(kind, pred, label, (1,), (1, 1, 2)).item() == pytest.approx(10.0)
        turned = [part.transpose(2, 4) for part in (pred, label)]
        assert surface_distance(kind, *turned, (1,), (1, 1, 2)).item() == pytest.approx(5.0)
        assert surface_distance(kind, label, label, (1,), (1, 1, 2)).item() == 0.0
        for pair in ((EMPTY, half()), (half(), EMPTY), (EMPTY, EMPTY)):
            assert surface_distance(kind, *pair, (1,), (1, 1, 1)).isnan().all()


def test_handlers_average_what_has_a_figure_and_keep_the_details():
    cases = [(half(), FULL), (EMPTY, EMPTY), (half(), half()), (EMPTY, FULL)]
    engine = Engine(lambda _, batch: batch["pair"])
    OverlapHandler("dice", lambda pair: pair).attach(engine, "dice")
    SurfaceDistanceHandler("assd", lambda pair: pair).attach(engine, "assd")
    ThresholdIoUHandler(lambda pair: pair).attach(engine, "miou")
    engine.run([{"pair": pair, "spacing_mm": torch.ones(1, 3)} for pair in cases])
    assert engine.state.metrics["dice"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    details = engine.state.metric_details["dice"]
    assert details.flatten().isnan().tolist() == [False, True, False, False]
    assert engine.state.metric_details["assd"].isnan().sum() == 2
    assert engine.state.metrics["miou"] > 0


def test_unknown_kinds_are_named():
    with pytest.raises(UserError, match="dice or iou"):
        OverlapHandler("jaccard", lambda pair: pair)
    with pytest.raises(UserError, match="assd or hd95"):
        SurfaceDistanceHandler("hd", lambda pair: pair)


@pytest.mark.parametrize("decollated", [False, True])
def test_distances_are_in_the_mm_of_each_case(decollated):
    """Scans that keep their own voxel size, as ``--spacing native`` prepares them."""
    pred, label = torch.zeros(2, 1, 1, 8, 8, 8)
    pred[..., 1], label[..., 6] = 1, 1
    sizes = ((1.0, 1.0, 1.0), (1.0, 1.0, 3.0))
    engine = Engine(lambda _, batch: (pred, label))
    SurfaceDistanceHandler("assd", lambda pair: pair).attach(engine, "assd")
    batches = [{"spacing_mm": torch.tensor([size], dtype=torch.float64)} for size in sizes]
    if decollated:
        batches = [[{"spacing_mm": batch["spacing_mm"][0]}] for batch in batches]
    engine.run(batches)
    assert engine.state.metric_details["assd"].flatten().tolist() == pytest.approx([5.0, 15.0])
    with pytest.raises(UserError, match="a batch of voxel sizes"):
        engine.run([{"spacing_mm": torch.tensor(sizes)}])


def test_a_region_is_compared_by_all_of_its_parts():
    generator = torch.Generator().manual_seed(6)
    pred, label = torch.randint(0, 4, (2, 3, 1, 6, 5, 4), generator=generator).float()
    members = ((1, 2, 3), (2, 3), 3)
    found = overlap("dice", pred, label, members)
    apart = surface_distance("assd", pred, label, members, (1, 1, 2))
    for column, region in enumerate(((1, 2, 3), (2, 3), (3,))):
        alike = [sum(part == number for number in region).float() for part in (pred, label)]
        torch.testing.assert_close(found[:, [column]], overlap("dice", *alike, (1,)))
        expected = surface_distance("assd", *alike, (1,), (1, 1, 2))
        torch.testing.assert_close(apart[:, [column]], expected)
