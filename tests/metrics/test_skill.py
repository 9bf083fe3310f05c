"""Skill and its interval over scans, by a family that is as simple as can be."""

import math

import numpy as np
import pytest
import torch
from ignite.exceptions import NotComputableError

from medssl.metrics.skill import SkillMetric, skill_of
from tests.helpers import figures_of


class Sums(SkillMetric):
    """Keeps each sample's error and that of a trivial answer."""

    def collect(self, output):
        return output

    def skill(self, totals):
        return skill_of(totals[:, 0], totals[:, 1])

    def figures(self, totals):
        return {"error": float(totals[0])}


def samples(scans, each, seed=0):
    """Errors of crops that resemble each other within a scan, and the scans' names."""
    rng = np.random.default_rng(seed)
    errors = np.repeat(rng.uniform((0.1, 0.6), (1.1, 1.6), (scans, 2)), each, axis=0)
    return torch.from_numpy(errors), [f"scan{i // each}" for i in range(scans * each)]


def test_skill_is_one_for_perfect_and_none_for_what_is_trivial():
    found = skill_of(np.array([0.0, 1, 2, 4]), np.array([2.0, 2, 2, 2]))
    assert found.tolist() == [1, 0.5, 0, -1]


def test_what_is_no_number_has_no_skill_beside_any_answer():
    assert np.isnan(skill_of(np.array([np.nan, np.nan]), np.array([1.0, 0.0]))).all()


@pytest.mark.filterwarnings("error")
def test_beside_a_perfect_trivial_answer_nobody_is_better():
    assert skill_of(np.array([0.0, 1e-15, 1e-3]), np.zeros(3)).tolist() == [0, 0, -1]


def test_totals_are_those_of_all_batches_under_the_name_given():
    errors, cases = samples(4, 3)
    parts = [(errors[i : i + 5], cases[i : i + 5]) for i in range(0, 12, 5)]
    found = figures_of(Sums("order"), parts)
    ends = ("", "_low", "_high", "_scans", "_scans_above")
    assert set(found) - {"beside"} == {*(f"order{end}" for end in ends), "error"}
    assert found["error"] == pytest.approx(float(errors[:, 0].sum()))
    assert found["order"] == pytest.approx(1 - float(errors[:, 0].sum() / errors[:, 1].sum()))


def test_the_interval_is_that_of_drawing_whole_scans():
    """Scans of one to nine crops; the more a scan has, the better they are restored."""
    rng, sizes = np.random.default_rng(1), np.arange(1, 10)
    scans = [np.array([1 / n, 1.0]) + 0.2 * rng.random((n, 2)) for n in sizes]
    names = [f"scan{n}" for n in sizes for _ in range(n)]
    errors = torch.from_numpy(np.concatenate(scans))
    found = figures_of(Sums(), [(errors, names)])
    skills = []
    for _ in range(3000):
        drawn = np.concatenate([scans[number] for number in rng.integers(0, 9, 9)])
        skills.append(1 - drawn[:, 0].sum() / drawn[:, 1].sum())
    low, high = np.percentile(skills, [2.5, 97.5])
    assert (found["skill_low"], found["skill_high"]) == pytest.approx((low, high), abs=0.02)
    alone = figures_of(Sums(), [(errors, [str(i) for i in range(len(names))])])
    assert alone["skill_high"] - alone["skill_low"] < 0.9 * (high - low)


def test_scans_with_skill_are_counted():
    """One scan's network is worse than the trivial answer, one as good, two better."""
    errors = torch.tensor([[1.0, 2], [1, 2], [3, 2], [1, 2], [2, 2], [1, 2]])
    found = figures_of(Sums(), [(errors, list("aabbcd"))])
    assert (found["skill_scans"], found["skill_scans_above"]) == (4, 2)


def computed(*batches):
    metric = Sums()
    metric.reset()
    for batch in batches:
        metric.update(batch)
    return metric.compute()


def test_one_scan_has_no_interval_and_no_sample_no_skill():
    errors, _ = samples(1, 5)
    assert math.isnan(figures_of(Sums(), [(errors, ["a"] * 5)])["skill_low"])
    with pytest.raises(NotComputableError, match="Sums: no held-out sample"):
        computed()


def test_a_rank_without_samples_finds_what_all_have(monkeypatch):
    """The other rank's samples come through torch's gather of objects."""
    errors, cases = samples(5, 2)
    expected, kept = computed((errors, cases)), (errors.double(), cases)
    monkeypatch.setattr("medssl.metrics.skill.idist.get_world_size", lambda: 2)

    def gather(parts, ours):
        parts[:] = [ours, kept]

    monkeypatch.setattr(torch.distributed, "all_gather_object", gather)
    assert computed() == expected
