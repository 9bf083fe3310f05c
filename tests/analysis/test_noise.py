"""What the noise is: alike along all axes, in both splits, resampled from its native voxels."""

import numpy as np
import pytest

from medssl.analysis.noise import prepare_noise, smoothed_noise
from medssl.store import load_datalist, open_volume


@pytest.mark.parametrize("smoothing", [0.0, 1.5])
def test_noise_is_alike_along_all_axes(smoothing):
    noise = smoothed_noise((80, 80, 80), smoothing, np.random.default_rng(0)).astype(float)
    assert noise.mean() == pytest.approx(0, abs=8)
    assert noise.std() == pytest.approx(250, abs=1)
    for distance in (1, 2, 4):
        theory = np.exp(-(distance**2) / (4 * smoothing**2)) if smoothing else 0.0
        for axis in range(3):
            correlation = (noise * np.roll(noise, distance, axis)).mean() / noise.var()
            assert correlation == pytest.approx(theory, abs=0.03)


def test_both_splits_have_every_smoothing_and_no_patient_in_common(tmp_path):
    data = prepare_noise(tmp_path, (20, 22, 24), (0.5, 2.0))
    splits = {name: load_datalist(data, name) for name in ("training", "validation")}
    assert [len(items) for items in splits.values()] == [8, 4]
    patients = [{item["patient"] for item in items} for items in splits.values()]
    assert not patients[0] & patients[1]
    for items in splits.values():
        roughness = []
        for item in items:
            volume = open_volume(item["image"]).read_all().astype(float)
            assert volume.shape == (20, 22, 24)
            roughness.append(np.diff(volume, axis=0).std() / volume.std())
        smooth = np.array(roughness) < 0.5
        assert smooth.sum() == len(items) / 2


def test_noise_is_resampled_from_its_native_voxels(tmp_path):
    data = prepare_noise(tmp_path, (20, 20, 20), (0.0,), (0.7, 0.7, 2.5))
    for item in load_datalist(data, "training"):
        assert item["native_spacing_mm"] == pytest.approx([0.7, 0.7, 2.5])
        assert item["spacing_mm"] == pytest.approx([1, 1, 1])
        volume = open_volume(item["image"]).read_all().astype(float)
        assert min(volume.shape) >= 20
        bends = [np.abs(np.diff(volume, 2, axis)).mean() for axis in range(3)]
        assert bends[2] < 0.7 * min(bends[:2])
