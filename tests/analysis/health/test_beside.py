"""Figures are matched with the answers that need no learning, whatever the family."""

import pytest

from medssl.analysis.health.beside import beside, hardest, named

RESTORED = {"mse": 0.01, "mse_constant": 0.03, "mse_own_mean": 0.025, "mse_copy": 0.02}
PARTNERS = {"retrieval_top1": 0.2, "retrieval_chance": 0.1, "retrieval_histogram": 0.4}


def test_each_figure_stands_with_its_own_answers():
    metrics = {**RESTORED, "corrupted_mse_smooth": 0.5, **PARTNERS, "nt_xent_alike": 4.0}
    rows = {row.figure: row for row in beside({**metrics, "p_chance": 0.5, "skill": 0.5})}
    assert set(rows) == {"mse", "corrupted_mse", "retrieval_top1", "nt_xent"}
    assert rows["mse"].answers == {"constant": 0.03, "own_mean": 0.025, "copy": 0.02}
    assert (rows["mse"].ours, rows["nt_xent"].ours) == (0.01, None)
    assert (
        str(rows["retrieval_top1"]) == "retrieval_top1 0.2; guessing 0.1, grey-value histograms 0.4"
    )


def test_the_hardest_answer_is_the_lowest_error_or_the_highest_share():
    (error,) = hardest({**RESTORED, **PARTNERS})
    assert error.best == ("copying the input", 0.02)
    (share,) = hardest({**RESTORED, **PARTNERS}, "retrieval_skill")
    assert share.best == ("grey-value histograms", 0.4)
    assert hardest(PARTNERS) == [share]
    assert hardest({"accuracy": 0.5}) == []
    (quality,) = beside({"corrupted_mse_copy": 0.2, "corrupted_mse_smooth": 0.1})
    assert quality.best == ("blurring the input", 0.1)
    (quality,) = beside({"psnr_copy": 20.0, "psnr_smooth": 10.0})
    assert quality.best == ("copying the input", 20.0)


def test_both_parts_of_a_puzzle_are_named_and_masks_are_not():
    metrics = {f"accuracy_{part}_trivial": 0.5 for part in ("order", "rotation", "mask")}
    assert named(hardest(metrics)) == "the most frequent answer (order 0.5, rotation 0.5)"
    jigsaw = {"accuracy_order_trivial": 0.02}
    assert named(hardest(jigsaw)) == "the most frequent answer (0.02)"


@pytest.mark.parametrize("name", ["mse", "accuracy", "spread", "skill_low", "p_chance"])
def test_what_has_no_answer_is_no_row(name):
    assert beside({name: 0.5}) == []
