"""Ranks: described for few tasks, tested from twelve on."""

import numpy as np
import pytest
from scipy.stats import studentized_range

from medssl.analysis.evidence import MeanArm, figure_of_ranks, rank_starts, seed_means
from medssl.errors import UserError

from .studies import study

EFFECTS = {"scratch": 0.0, "mg": 0.2, "ae": -0.2}


def test_few_tasks_are_ranked_without_a_test():
    found = rank_starts({f"t{k}": study(k, EFFECTS) for k in range(4)})
    assert {name: rank.mean for name, rank in found.ranks.items()} == {
        "mg": 1,
        "scratch": 2,
        "ae": 3,
    }
    assert (found.blocks, found.p, found.pairs) == (4, None, {})
    arm = study(0, EFFECTS)["mg"]
    size = (len(arm.seeds), len(arm.patients))
    assert found.sizes == {f"t{k}": size for k in range(4)}
    assert f"t0: {size[0]} runs of each start, {size[1]} patients; t1" in found.rests_on
    (axis,) = figure_of_ranks(found).axes
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["ae", "scratch", "mg"]
    assert found.rests_on in axis.get_xlabel()


def test_ties_share_their_ranks_and_an_interval_holds_the_doubt():
    same = MeanArm.of({0: [("a", "x", 0.5), ("b", "y", 0.6)]})
    found = rank_starts({"t": {"scratch": same, "mg": same}})
    assert [rank.mean for rank in found.ranks.values()] == [1.5, 1.5]
    close = rank_starts({"t": study(1, {"scratch": 0.0, "mg": 0.001})})
    assert (close.ranks["mg"].low, close.ranks["mg"].high) == (1, 2)


def test_twelve_blocks_are_tested_after_friedman_and_nemenyi():
    blocks = {f"t{k}": study(k, {"scratch": 0.0, "mg": 0.03, "ae": -0.01}) for k in range(12)}
    found = rank_starts(blocks)
    scores = np.array(
        [[seed_means(arm).mean() for arm in arms.values()] for arms in blocks.values()]
    )
    ranks = np.array([[1 + (row > value).sum() for value in row] for row in scores]).mean(0)
    n, k = scores.shape
    chi2 = 12 * n / (k * (k + 1)) * ((ranks - (k + 1) / 2) ** 2).sum()
    assert found.p == pytest.approx(np.exp(-chi2 / 2))  # chi-square of two degrees of freedom
    q = abs(ranks[1] - ranks[2]) / np.sqrt(k * (k + 1) / (6 * n)) * 2**0.5
    assert found.pairs["mg"]["ae"] == pytest.approx(studentized_range.sf(q, k, np.inf), abs=1e-3)
    (axis,) = figure_of_ranks(found).axes
    assert any("mg" in text.get_text() for text in axis.texts)


def test_the_same_starts_are_needed_in_each_task():
    with pytest.raises(UserError, match="b: starts scratch, ae"):
        rank_starts(
            {"a": study(0, {"scratch": 0, "mg": 0}), "b": study(0, {"scratch": 0, "ae": 0})}
        )
    with pytest.raises(UserError, match="two or more starts"):
        rank_starts({})
