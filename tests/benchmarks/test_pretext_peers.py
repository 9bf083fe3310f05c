"""Samples of others get a ratio where they are of one distribution, and else the reason."""

import numpy as np
import pytest

import pretext_peers
from pretext_peers import Compared, measure_one


def identity(images, _seeds):
    return images


def test_equal_others_missing_ones_and_different_ones(monkeypatch):
    monkeypatch.setattr(pretext_peers, "SHAPE", (12, 10, 8))
    peers = {"same": lambda image: image, "gone": None, "dark": lambda image: image / 2}
    same, gone, dark = measure_one(Compared("none", 1, identity, peers), rounds=1)
    assert same["p"] == 1
    assert "failed" not in same
    assert gone["failed"].startswith("not installed")
    assert dark["failed"].startswith("another distribution: ")
    assert {"ours_ms", "theirs_ms"} <= dark.keys() & same.keys()
    assert same["ratio"].median == pytest.approx(same["theirs_ms"] / same["ours_ms"])
    assert "ratio" not in dark


def test_monai_mirrors_each_axis_or_not():
    image = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    flips = pretext_peers.monai_flips()  # one: all draw alike after MONAI was told a seed
    seen = {flips(image).tobytes() for _ in range(200)}
    assert len(seen) == 8
