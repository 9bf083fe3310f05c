"""Axes of one sharpness: what is measured, and that the depth axis is no longer told by it."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from medssl.errors import UserError
from medssl.sources.readers import Scan
from medssl.sources.resampling import prepare_image
from medssl.transforms import SharpnessEqualiser, sharpness, squared_widths

VOLUMES, SIDE, MARGIN = 30, 32, 8
CUT = SIDE + 2 * MARGIN
NO_EXTRA = torch.zeros(1, 3)


def scan(native_mm, smoothing, seed):
    """Noise on its native grid, prepared at 1 mm, windowed; a cube of ``CUT`` voxels."""
    rng = np.random.default_rng(seed)
    shape = [int(np.ceil(CUT / mm)) + 4 for mm in native_mm]
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), smoothing, mode="wrap")
    values = np.float32(250 * noise / noise.std())
    volume, _ = prepare_image(Scan(values, np.diag([*native_mm, 1.0])), (1.0, 1.0, 1.0))
    start = [int(rng.integers(0, side - CUT + 1)) for side in volume.array.shape]
    cube = volume.array[tuple(slice(first, first + CUT) for first in start)]
    return torch.from_numpy(cube.astype(np.float32) / 2000 + 0.5).clamp(0, 1)


def scans(native_mm, smoothing, count=VOLUMES):
    """``(count, 1, CUT, CUT, CUT)`` and their pitch ``(count, 3)``."""
    volumes = torch.stack([scan(native_mm, smoothing, seed) for seed in range(count)])
    return volumes[:, None], torch.tensor(native_mm).expand(count, 3)


def inside(images):
    return images[..., MARGIN:-MARGIN, MARGIN:-MARGIN, MARGIN:-MARGIN]


def found(images, axis=2):
    """In how many volumes the least mean second difference lies along ``axis``."""
    bends = [images.diff(n=2, dim=dim).abs().mean((1, 2, 3, 4)) for dim in (2, 3, 4)]
    return int((torch.stack(bends, 1).argmin(1) == axis).sum())


@pytest.mark.parametrize("native_mm", [(0.7, 0.7, 2.5), (0.7, 0.7, 1.25), (1.0, 1.0, 1.0)])
@pytest.mark.parametrize("smoothing", [0.0, 0.7, 1.4])
def test_the_depth_axis_is_found_no_oftener_than_by_chance(native_mm, smoothing):
    """10 of 30 by chance, 14 at most; before it is found in all whose slices are thick."""
    images, pitch = scans(native_mm, smoothing)
    if native_mm[2] > 1:
        assert found(inside(images)) == VOLUMES
    equal = SharpnessEqualiser(MARGIN)(images, pitch, torch.arange(VOLUMES))
    assert equal.shape == inside(images).shape
    assert 4 <= found(equal) <= 14


def test_another_axis_may_be_the_blurriest():
    images, pitch = scans((2.5, 0.7, 0.7), 0.7)
    assert found(inside(images), axis=0) == VOLUMES
    equal = SharpnessEqualiser(MARGIN)(images, pitch, torch.arange(VOLUMES))
    assert 4 <= found(equal, axis=0) <= 14


def slice_energies(images, axis):
    """Mean square of each slice across an axis, over all volumes: ``(SIDE,)``."""
    return (images - images.mean()).square().movedim(axis + 2, 0).flatten(1).mean(1)


def test_neither_faces_nor_slices_tell_the_axis(monkeypatch):
    """Noise has one strength everywhere: no frame at the faces, no beat of 2.5 voxels along z."""
    images, pitch = scans((0.7, 0.7, 2.5), 0.0)
    start = torch.zeros(VOLUMES, 3)
    equal = SharpnessEqualiser(MARGIN).apply(images, pitch, start)
    for axis in range(3):
        energies = slice_energies(equal, axis)
        faces = (energies[0] + energies[-1]) / 2
        assert faces / energies.mean() == pytest.approx(1, abs=0.12)
    framed = SharpnessEqualiser().apply(inside(images), pitch, start)
    assert slice_energies(framed, 0)[0] > 1.3 * slice_energies(framed, 0).mean()
    beats = [beat(inside(images), axis, 5) for axis in range(3)]
    assert beats[2] > 3 * max(beats[:2])
    x, y, z = (beat(equal, axis, 5) for axis in range(3))
    assert 0.8 < z / ((x + y) / 2) < 1.2
    monkeypatch.setattr(sharpness, "LATTICE", 0.4)
    halved = SharpnessEqualiser(MARGIN).apply(images, pitch, start)
    x, y, z = (beat(halved, axis, 5) for axis in range(3))
    assert z / ((x + y) / 2) > 1.5


def beat(images, axis, period):
    """Share of the change of a slice's bends that repeats every ``period`` voxels, mean."""
    bends = images.diff(n=2, dim=axis + 2).square().movedim(axis + 2, 1).flatten(2).mean(2)
    side = bends.shape[1] // period * period
    wave = torch.fft.rfft(bends[:, :side] / bends.mean(1, keepdim=True)).abs() / side
    return float(wave[:, [side // period, 2 * side // period]].amax(1).mean())


def test_widths_are_those_of_the_filter():
    rng = np.random.default_rng(0)
    sigmas = ((1.0, 1.5, 2.0), (2.0, 2.0, 1.2))
    noise = [ndimage.gaussian_filter(rng.standard_normal((64, 64, 64)), s) for s in sigmas]
    images = 10 * torch.tensor(np.stack(noise))[:, None].float()
    variance = torch.tensor(sigmas).double().square()
    one, two = (torch.exp(-(distance**2) / (4 * variance)) for distance in (1, 2))
    expected = 1.5 * (2 - 2 * one) / (6 - 8 * one + 2 * two)  # of whole voxels' differences
    assert torch.allclose(expected, variance, rtol=0.35)
    assert torch.allclose(squared_widths(images), expected, rtol=0.08)
    blank = torch.cat([images, torch.full_like(images, -9.0)], dim=1)  # air has no vote
    assert torch.allclose(squared_widths(blank), squared_widths(images))
    framed = torch.nn.functional.pad(images[:, :, 8:-8, 8:-8, 8:-8], [8] * 6, value=9.0)
    assert torch.equal(squared_widths(framed), squared_widths(images))  # an eighth at each face


def test_cubes_of_noise_stay_and_nothing_becomes_no_number():
    """Native cubes carry no lattice, so only what is measured and drawn is filtered."""
    images, pitch = scans((1.0, 1.0, 1.0), 1.0, 2)
    start = NO_EXTRA.expand(2, 3)
    for native in (pitch, 2.5 * pitch):
        equal = SharpnessEqualiser(MARGIN).apply(images, native, start)
        assert torch.allclose(equal, inside(images), atol=0.02)
    blank = torch.full_like(images, 0.25)
    assert torch.allclose(SharpnessEqualiser(MARGIN).apply(blank, pitch, start), inside(blank))


def test_a_sample_depends_on_nothing_but_itself_and_its_channels_are_treated_alike():
    images, pitch = scans((0.7, 0.7, 2.5), 1.0, 4)
    equaliser, seeds = SharpnessEqualiser(2), torch.arange(4)
    together = equaliser(images, pitch, seeds)
    assert torch.allclose(together[2:3], equaliser(images[2:3], pitch[2:3], seeds[2:3]), atol=1e-6)
    assert not torch.allclose(together, equaliser(images, pitch, seeds + 9), atol=1e-4)
    pair = torch.cat([images, images], dim=1)
    twice = equaliser(pair, pitch, seeds)
    assert torch.allclose(twice[:, 0], twice[:, 1])
    assert torch.allclose(twice[:, :1], together, atol=1e-5)


def test_bad_margins():
    with pytest.raises(UserError, match="margin: -1"):
        SharpnessEqualiser(-1)
    with pytest.raises(UserError, match=r"margin: 4 leaves nothing of crops \[8, 8, 8\]"):
        SharpnessEqualiser(4).apply(torch.zeros(1, 1, 8, 8, 8), torch.ones(1, 3), NO_EXTRA)


@pytest.mark.gpu
def test_the_gpu_computes_alike():
    images, pitch = scans((0.7, 0.7, 2.5), 1.0, 2)
    cpu, gpu = (
        SharpnessEqualiser(2)(images.to(device), pitch, torch.arange(2)).cpu()
        for device in ("cpu", "cuda")
    )
    assert torch.allclose(cpu, gpu, atol=1e-4)
