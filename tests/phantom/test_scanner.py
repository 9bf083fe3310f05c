"""The scanner: keeps means, adds the noise of its kernel, and stays in range."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medssl.phantom.frame import Frame, draw_frame
from medssl.phantom.scanner import Kernel, draw_kernel, scan

SILENT = Kernel(blur_mm=0.6, sharpening=0.0, correlation_mm=0.75, noise_hu=0.0)


@pytest.fixture
def frame() -> Frame:
    return draw_frame(np.random.default_rng(0), (0.8, 0.8, 2.0), (40.0, 40.0, 24.0))


def edge(frame: Frame) -> np.ndarray:
    """Air on one side, tissue on the other."""
    hu = np.full(frame.shape, -850.0, np.float32)
    hu[frame.shape[0] // 2 :] = 50.0
    return hu


def test_what_is_uniform_stays_so_and_values_end_where_a_scanners_do(frame: Frame) -> None:
    rng = np.random.default_rng(0)
    for hu, expected in ((40.4, 40), (40.6, 41), (-3000.0, -1024), (5000.0, 3071)):
        found = scan(np.full(frame.shape, hu, np.float32), frame, SILENT, rng)
        assert found.dtype == np.int16
        assert set(np.unique(found)) == {expected}


def test_an_edge_is_blurred_and_a_sharp_kernel_overshoots(frame: Frame) -> None:
    rng = np.random.default_rng(0)
    soft = scan(edge(frame), frame, SILENT, rng)[:, 20, 6]
    sharp = scan(edge(frame), frame, replace(SILENT, sharpening=0.5), rng)[:, 20, 6]
    assert (np.diff(soft) >= 0).all()
    assert ((soft > -840) & (soft < 40)).sum() >= 2
    assert sharp.max() > 60
    assert sharp.min() < -860
    assert abs(float(soft.mean()) - edge(frame)[:, 20, 6].mean()) < 2


def test_noise_has_its_strength_is_strongest_in_the_middle_and_averages_out(frame: Frame) -> None:
    kernel = replace(SILENT, noise_hu=20.0)
    hu = np.full(frame.shape, 40.0, np.float32)
    noise = scan(hu, frame, kernel, np.random.default_rng(1)) - 40.0
    assert abs(noise.mean()) < 1.5
    x, y = (np.linspace(-1, 1, count) for count in frame.shape[:2])
    radius = np.hypot(x[:, None], y)
    middle, rim = noise[radius < 0.25].std(), noise[radius > 1].std()
    assert middle == pytest.approx(20 * 1.15, rel=0.15)
    assert rim == pytest.approx(20 * 0.7, rel=0.15)
    neighbours = np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1]
    apart = np.corrcoef(noise[:-5].ravel(), noise[5:].ravel())[0, 1]
    assert neighbours > 0.4 > 0.1 > abs(apart)


def test_one_kernel_in_three_is_sharp_and_noisy() -> None:
    rng = np.random.default_rng(0)
    kernels = [draw_kernel(rng) for _ in range(1500)]
    sharp = [one for one in kernels if one.sharpening]
    assert len(sharp) / len(kernels) == pytest.approx(0.34, abs=0.05)
    soft = [one for one in kernels if not one.sharpening]
    assert max(one.noise_hu for one in soft) < min(one.noise_hu for one in sharp)
    assert max(one.blur_mm for one in sharp) < min(one.blur_mm for one in soft)
