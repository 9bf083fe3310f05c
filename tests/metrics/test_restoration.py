"""Restoration beside its trivial answers, against sums written out."""

import math

import pytest
import torch

from medssl.errors import UserError
from medssl.metrics import RestorationSkill
from medssl.metrics.restoration import smooth
from tests.helpers import figures_of

SHAPE = (6, 1, 8, 8, 8)
CASES = ["a", "a", "b", "b", "c", "c"]


def batches_of(pred, label, image, size=2):
    return [
        ({"pred": pred[i : i + size], "label": label[i : i + size], "image": image[i : i + size]},
         CASES[i : i + size])
        for i in range(0, len(pred), size)
    ]  # fmt: skip


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    label = (
        torch.rand(SHAPE, generator=generator)
        * torch.linspace(0.2, 1, 6)[:, None, None, None, None]
    )
    image = label.clone()
    image[:, :, :4] = torch.rand(SHAPE, generator=generator)[:, :, :4]
    return label, image


def test_every_error_equals_its_definition(images):
    label, image = images
    pred = torch.rand(SHAPE, generator=torch.Generator().manual_seed(1))
    found = figures_of(RestorationSkill(), batches_of(pred, label, image))
    own = torch.stack([torch.full_like(crop, float(crop.mean())) for crop in label])
    answers = {
        "mse": pred,
        "mse_constant": torch.full_like(label, float(label.mean())),
        "mse_own_mean": own,
        "mse_copy": image,
        "mse_smooth": smooth(image),
    }
    for name, answer in answers.items():
        expected = float((answer.double() - label.double()).square().mean())
        assert found[name] == pytest.approx(expected, rel=1e-4), name
    corrupted = (image - label).abs() > 1e-3
    expected = float((pred - label)[corrupted].square().mean())
    assert found["corrupted_mse"] == pytest.approx(expected, rel=1e-4)
    constant = float(label[corrupted].var(correction=0))
    assert found["corrupted_mse_constant"] == pytest.approx(constant, rel=1e-3)
    best = min(found[name] for name in answers if name != "mse")
    assert found["skill"] == pytest.approx(1 - found["mse"] / best, rel=1e-6)


def test_the_ends_of_the_scale(images):
    label, image = images
    assert figures_of(RestorationSkill(), batches_of(label, label, image))["skill"] == 1
    constant = torch.full_like(label, float(label.mean()))
    metric = RestorationSkill(answers=["constant"])
    found = figures_of(metric, batches_of(constant, label, image))
    assert found["skill"] == pytest.approx(0, abs=1e-6)
    assert figures_of(RestorationSkill(), batches_of(constant, label, image))["skill"] < 0


def test_of_constant_crops_the_constant_is_perfect_and_nothing_can_be_learnt():
    label = torch.full((4, 1, 4, 4, 4), 0.3)
    metric = RestorationSkill(answers=["constant"])
    found = figures_of(metric, batches_of(label + 0.01, label, label))
    assert (found["mse_constant"], found["skill"]) == (0, -1)
    lost = figures_of(metric, batches_of(label * float("nan"), label, label))
    assert math.isnan(lost["skill"])


def test_batches_do_not_matter_and_scans_carry_the_interval(images):
    label, image = images
    pred = label + 0.1 * torch.arange(6)[:, None, None, None, None] / 6
    small = figures_of(RestorationSkill(), batches_of(pred, label, image, 1))
    whole = figures_of(RestorationSkill(), batches_of(pred, label, image, 6))
    assert small == pytest.approx(whole, rel=1e-6)
    assert small["skill_low"] < small["skill"] < small["skill_high"]
    one = [(batch, ["a"] * len(cases)) for batch, cases in batches_of(pred, label, image)]
    assert math.isnan(figures_of(RestorationSkill(), one)["skill_low"])


def test_inputs_that_lie_elsewhere_are_brought_to_the_targets(images):
    label, image = images
    metric = RestorationSkill(inputs=lambda given: given.flip(2))
    found = figures_of(metric, batches_of(image, label, image.flip(2)))
    assert found["mse_copy"] == pytest.approx(found["mse"])


def test_answers_that_nobody_gives_are_refused():
    with pytest.raises(UserError, match="answers"):
        RestorationSkill(answers=["median"])
