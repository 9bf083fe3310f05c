"""Patients differ as they should, and the large vessels hang together."""

from __future__ import annotations

import numpy as np
import pytest

from medssl.phantom.anatomy import ATRIUM, HILA, draw_anatomy, great_vessels


def test_contrast_lights_up_blood_and_liver_together_in_two_of_five() -> None:
    rng = np.random.default_rng(0)
    patients = [draw_anatomy(rng) for _ in range(1500)]
    lit = [one.blood_hu > 100 for one in patients]
    assert np.mean(lit) == pytest.approx(0.4, abs=0.05)
    assert [one.liver_hu > 80 for one in patients] == lit
    assert np.mean([one.breast_mm > 0 for one in patients]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([one.table for one in patients]) == pytest.approx(0.85, abs=0.04)
    assert all(10 <= one.dome_mm[0] - one.dome_mm[1] <= 18 for one in patients)


def test_the_lung_arteries_run_from_the_trunk_to_the_hila() -> None:
    paths = {name: path for name, (path, _) in great_vessels().items()}
    for side, hilum in zip(("right", "left"), HILA, strict=True):
        artery = paths[f"{side} pulmonary artery"]
        assert (artery[0] == paths["pulmonary trunk"][-1]).all()
        assert (artery[-1] == hilum).all()
    assert HILA[1][0] < paths["pulmonary trunk"][-1][0] < HILA[0][0]  # x runs to the right


def test_every_other_vessel_begins_inside_a_thicker_one() -> None:
    """A branch starts no farther from some stem than that stem is thick."""
    vessels = great_vessels()
    stems = {
        "right brachiocephalic": "superior vena cava",
        "left brachiocephalic": "superior vena cava",
        "brachiocephalic trunk": "aorta",
        "left carotid": "aorta",
        "left subclavian": "aorta",
    }
    for name, stem in stems.items():
        (branch, thin), (path, thick) = vessels[name], vessels[stem]
        share = np.linspace(0, 1, 200)[:, None, None]
        axis = (path[:-1] + share * (path[1:] - path[:-1])).reshape(-1, 3)
        assert np.linalg.norm(axis - branch[0], axis=1).min() < thick
        assert thin < thick
    atrium, radius = vessels["left atrium"]
    assert np.linalg.norm(atrium.mean(0) - ATRIUM) < radius
