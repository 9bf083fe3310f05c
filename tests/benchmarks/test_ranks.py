"""Steps of two ranks are counted together; a failure is a line."""

import subprocess
from functools import partial
from pathlib import Path

import pytest

import ranks
from medssl.sources import prepare_images
from ranks import bench_ranks

from ..helpers import on_two_ranks
from ..scans import save_nifti, small_ct
from .rank_steps import samples

SMALL = {"base_channels": 2, "batch_size": 2, "num_workers": 0, "crop_size": [16, 16, 16]}


@pytest.fixture
def data(tmp_path):
    for number in range(4):
        save_nifti(tmp_path / "in" / f"{number}.nii.gz", small_ct((24, 24, 20), number))
    prepare_images(tmp_path / "in", tmp_path / "out", workers=1, patients="each")
    return tmp_path / "out"


def test_two_ranks_step_together(data, tmp_path):
    assert (
        min(
            on_two_ranks(partial(samples, data=data, given={**SMALL, "crop_rule": "any"}), tmp_path)
        )
        > 0
    )


def test_ranks_are_compared_with_one(monkeypatch):
    monkeypatch.setattr(ranks, "_run_ranks", lambda *asked: {1: 4.0, 2: 6.0}[asked[3]])
    one, two = bench_ranks(Path("data"), "cpu", 2, [1, 2])
    assert one["times_one"] == 1
    assert two["samples_a_second"] == 6
    assert two["times_one"] == 1.5


@pytest.mark.slow
def test_torchrun_starts_the_ranks(data):
    one, two = bench_ranks(data, "cpu", 2, [1, 2], **SMALL, crop_rule="any")
    assert two["times_one"] == pytest.approx(two["samples_a_second"] / one["samples_a_second"])


def test_the_rank_that_fails_is_named(monkeypatch):
    said = "torchrun starts\n[rank0]: medssl.errors.UserError: crop_size: too large\nmore\n"
    ended = subprocess.CompletedProcess([], 1, "", said)
    monkeypatch.setattr(ranks.subprocess, "run", lambda *_, **__: ended)
    (row,) = bench_ranks(Path("data"), "cpu", 1, [1])
    assert row["failed"] == "[rank0]: medssl.errors.UserError: crop_size: too large"


@pytest.mark.slow
def test_what_fails_under_torchrun_is_named(data):
    (row,) = bench_ranks(data, "cpu", 1, [1], **{**SMALL, "crop_size": [64, 64, 64]})
    assert "crop_size" in row["failed"]
    assert "samples_a_second" not in row
