"""PSNR and SSIM beside trivial answers, against MONAI's own metrics."""

import math

import pytest
import torch
from monai.metrics import SSIMMetric

from medssl.metrics import RestorationQuality
from medssl.metrics.restoration import own_mean, smooth
from medssl.metrics.restoration_quality import ssim_map
from tests.helpers import figures_of


@pytest.fixture
def output():
    generator = torch.Generator().manual_seed(0)
    label = smooth(torch.rand(4, 2, 12, 11, 10, generator=generator))
    image = label.clone()
    image[:, :, :5] = torch.rand(4, 2, 5, 11, 10, generator=generator)
    return {"image": image, "label": label, "pred": label + 0.05 * torch.rand_like(label)}


def test_ssim_is_that_of_monai_and_psnr_that_of_the_error(output):
    found = figures_of(RestorationQuality(), [(output, list("aabb"))])
    answers = {
        "": output["pred"],
        "_own_mean": own_mean(output["label"]),
        "_copy": output["image"],
        "_smooth": smooth(output["image"]),
    }
    monai = SSIMMetric(spatial_dims=3, win_size=7)
    for name, answer in answers.items():
        pair = (part.flatten(0, 1)[:, None] for part in (answer, output["label"]))
        assert found[f"ssim{name}"] == pytest.approx(float(monai(*pair).mean()), abs=1e-5), name
        error = float((answer - output["label"]).square().mean())
        assert found[f"psnr{name}"] == pytest.approx(10 * math.log10(1 / error), abs=1e-3), name
    assert found["psnr_constant"] <= found["psnr_own_mean"] + 1e-6


def test_the_best_constant_is_found_for_ssim_too(output):
    label = output["label"]
    inside = (slice(None), slice(None), *(slice(3, -3),) * 3)
    changed = ((output["image"] - label).abs() > 1e-3)[inside]
    maps = [ssim_map(torch.full_like(label, k / 32), label) for k in range(33)]
    found = figures_of(RestorationQuality(), [(output, list("aabb"))])
    expected = max(float(each.mean()) for each in maps)
    assert found["ssim_constant"] == pytest.approx(expected, rel=1e-3)
    expected = max(float(each[changed].mean()) for each in maps)
    assert found["corrupted_ssim_constant"] == pytest.approx(expected, rel=1e-3)
    assert 0 < found["ssim_constant"] <= found["ssim_own_mean"]


def test_corrupted_voxels_stand_alone(output):
    found = figures_of(RestorationQuality(), [(output, list("aabb"))])
    assert found["corrupted_ssim_copy"] < found["ssim_copy"]
    assert found["corrupted_psnr_copy"] < found["psnr_copy"]
    clean = {**output, "image": output["label"]}
    assert not any(
        "corrupted" in name for name in figures_of(RestorationQuality(), [(clean, list("aabb"))])
    )


def test_batches_do_not_matter(output):
    halves = [
        ({name: part[i : i + 2] for name, part in output.items()}, list("ab")) for i in (0, 2)
    ]
    whole = figures_of(RestorationQuality(), [(output, list("abab"))])
    assert figures_of(RestorationQuality(), halves) == pytest.approx(whole, rel=1e-5)
