"""The literal methods against medssl on small crops, and a check that can fail."""

import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(FOLDER))

import steps  # noqa: E402
from cases_crops import check_crops, first_inputs  # noqa: E402
from cases_scans import check_patches  # noqa: E402
from equivalence import NotEquivalentError, compare, texture  # noqa: E402
from literal import genesis, predictive, views  # noqa: E402
from medssl.crops import PatchGrid  # noqa: E402
from medssl.pretext import (  # noqa: E402
    AutoencoderPretext,
    ModelsGenesisPretext,
    PCRLPretext,
    RotationPretext,
    RubiksCubePlusPretext,
    SimCLRPretext,
)
from medssl.store.occupancy import tissue_and_matter  # noqa: E402
from medssl.transforms import local_shuffle, puzzle_orders  # noqa: E402

SMALL = (24, 20, 20)
SQUARE = (20, 20, 14)


def mine(transform):
    return partial(first_inputs, transform)


def test_models_genesis_and_autoencoder():
    image = texture(1, SMALL)
    check_crops(
        mine(ModelsGenesisPretext(windows=300)),
        lambda crop, rng: genesis.models_genesis(crop[0], rng, windows=300)[0][None],
        image,
    )
    check_crops(
        mine(AutoencoderPretext()), lambda crop, rng: genesis.flip(crop[0], rng)[None], image
    )


def test_views():
    image = texture(2, SQUARE)
    check_crops(mine(SimCLRPretext()), lambda crop, rng: views.contrastive_pair(*crop, rng), image)
    check_crops(mine(PCRLPretext()), lambda crop, rng: views.pcrl_sample(*crop, rng)[0], image)


def test_rotation_and_puzzle():
    def turned(crop, rng):
        return predictive.rotate(predictive.resize(crop[0], (16, 16, 16)), rng)[0][None]

    check_crops(mine(RotationPretext(cube_size=16)), turned, texture(1, (16, 16, 8)))
    table = np.asarray(puzzle_orders("maximin", 100))
    check_crops(
        mine(RubiksCubePlusPretext()),
        lambda cubes, rng: predictive.puzzle(list(cubes), table, True, True, rng)[0],
        texture(8, (12, 10, 8)),
    )


def test_patches_and_tissue(tmp_path):
    grid = PatchGrid((2, 2, 2), (12, 12, 6), (6, 6, 4))

    def cut(volume, rng):
        return np.stack(predictive.cut_cells(volume, 2, grid.patch_size, rng))

    check_patches(tmp_path, grid, cut)
    hu = np.random.default_rng(0).integers(-400, 100, (9, 8, 7)).astype(np.int16)
    assert predictive.tissue_score(hu, 6) == pytest.approx(tissue_and_matter(hu, 6)[0])


@pytest.mark.parametrize(
    "changed",
    [
        ModelsGenesisPretext(windows=300, painting_rate=0.5),
        ModelsGenesisPretext(windows=300, intensity_rate=0.6),
        ModelsGenesisPretext(windows=300, outer_rate=0.4),
    ],
)
def test_another_distribution_is_refused(changed):
    with pytest.raises(NotEquivalentError, match="differs"):
        check_crops(
            mine(changed),
            lambda crop, rng: genesis.models_genesis(crop[0], rng, windows=300)[0][None],
            texture(1, SMALL),
        )


def test_other_flips_are_refused():
    with pytest.raises(NotEquivalentError, match="differs"):
        check_crops(
            mine(AutoencoderPretext(flip_rate=0.2)),
            lambda crop, rng: genesis.flip(crop[0], rng)[None],
            texture(1, SMALL),
        )


def test_other_windows_are_refused():
    with pytest.raises(NotEquivalentError, match="differs"):
        check_crops(
            partial(local_shuffle, windows=280),
            lambda crop, rng: genesis.shuffle(crop[0], rng, windows=300)[None],
            texture(1, SMALL),
        )


def test_the_comparison_keeps_its_level():
    rng = np.random.default_rng(3)
    original = texture(1, (6, 6, 6))
    draw = [original + rng.normal(0, 0.1, original.shape) for _ in range(300)]
    assert compare(draw[:150], draw[150:], original) > 1e-3
    with pytest.raises(NotEquivalentError):
        compare(draw[:150], [image + 0.02 for image in draw[150:]], original)


def test_a_curve_runs_from_corner_to_corner():
    rng = np.random.default_rng(0)
    directions = set()
    for _ in range(20):
        x, y = genesis.bezier_curve(rng)
        assert (x[0], x[-1]) == (0, 1)
        directions.add((y[0], y[-1]))
    assert directions == {(0.0, 1.0), (1.0, 0.0)}


def test_seconds_are_of_each_call(monkeypatch):
    moment, waits = SimpleNamespace(now=8.0), iter((0.5, 4.0, 0.25))
    monkeypatch.setattr(steps, "time", SimpleNamespace(perf_counter=lambda: moment.now))

    def wait():
        moment.now += next(waits)

    assert steps.seconds_of(wait, 3, torch.device("cpu")) == [0.5, 4.0, 0.25]
