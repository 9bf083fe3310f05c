"""Figure 2 and Table 7: sensitivities, specificities and gains, counted by hand."""

from dataclasses import replace

import pytest

from medssl.study.tables.imbalance import fig2, table7

from ..made_up import PATIENTS, made_up, table


def level(run):
    plain = run.keys.get("resampling", "mean") == "none"
    return 3 / 12 + (0 if plain else 3 / 12) + (2 / 12 if run.start == "mg" else 0)


BLOCK = {"task": ["ncc"], "imbalance_ratio": [0.025, 0.15], "num_samples": [5000, 15000]}
PLAIN = {"start": ["scratch", "mg"], **BLOCK, "resampling": "none"}
FIG2 = made_up(fig2=PLAIN, level=level, seeds=(0, 1))


def test_sensitivity_and_specificity_are_the_shares_of_each_class():
    found = table(fig2(FIG2))
    assert len(found) == 2 * 2 * 2 * 2
    rare = found.loc["scratch", "sensitivity, r 0.025, N 5000"]
    frequent = found.loc["scratch", "specificity, r 0.025, N 5000"]
    assert (rare["mean"], frequent["mean"]) == pytest.approx((3 / 12, 9 / 12))
    mg = found.loc["mg", "sensitivity, r 0.15, N 15000"]
    assert mg["difference"] == pytest.approx(2 / 12)
    assert mg["patients"] == PATIENTS
    assert found.loc["mg", "specificity, r 0.15, N 15000"]["difference"] == pytest.approx(-2 / 12)


def test_resampling_and_pretraining_are_compared_with_plain_training():
    blocks = [{**PLAIN, "start": ["scratch"]}, {**PLAIN, "resampling": "mean"}]
    found = table(table7(made_up(table7=blocks, level=level, seeds=(0, 1))))
    at = "sensitivity, r 0.025, N 5000"
    assert found.loc["scratch", at]["verdict"] == "baseline"
    assert found.loc["scratch, mean resampling", at]["difference"] == pytest.approx(3 / 12)
    assert found.loc["mg, mean resampling", at]["difference"] == pytest.approx(5 / 12)
    # Nodules that are right stand above every other candidate, the rest below.
    auc = found.loc["mg, mean resampling", "auc, r 0.15, N 5000"]
    assert (auc["mean"], auc["difference"]) == pytest.approx((8 / 12, 5 / 12))


def test_more_positives_than_there_are_is_said():
    asked = {
        cell.key
        for cell in FIG2.plan.cells
        if (cell.factors["imbalance_ratio"], cell.factors["num_samples"]) == (0.15, 15000)
    }
    why = "needs 1957 positive candidates, there are 721"
    less = replace(
        FIG2, runs=FIG2.runs.drop(index=list(asked)), infeasible=dict.fromkeys(asked, why)
    )
    found = table(fig2(less))["verdict"].unstack()
    assert set(found["sensitivity, r 0.15, N 15000"]) == {f"not feasible: {why}"}
    assert set(found["sensitivity, r 0.15, N 5000"]) == {"baseline", "no evidence of gain"}
