"""Table 4, Figure 6 and appendix Table 3: each row beside the whole hand-over of its method."""

import pytest

from medssl.study.tables.parts import appendix_table3, fig6, table4

from ..made_up import AVERAGE, made_up, table


def level(run):
    parts = {"encoder": 0.1, "decoder": 0.2}.get(str(run.keys.get("transfer_parts", [""])[0]), 0.3)
    return parts + (0.05 if "noskip" in run.start else 0.0)


def figures(run):
    return {"mse": 0.02 if "noskip" in run.start else 0.01} if run.kind == "pretrain" else {}


STORE = made_up("table3", "table4", "fig6", level=level, figures=figures)


def test_parts_are_compared_with_the_whole_hand_over_of_their_method():
    found = table(table4(STORE))
    for column in ("ncs dice", "lcs dice"):
        assert found.loc["mg", column]["mean"] == pytest.approx(0.3 + AVERAGE)
        gaps = {
            row: found.loc[row, column]["difference"]
            for row in ("mg encoder", "mg decoder", "mg-noskip", "pcrl encoder")
        }
        assert list(gaps.values()) == pytest.approx([-0.2, -0.1, 0.05, -0.2])
        assert found.loc["pcrl decoder", column]["baseline"] == "pcrl"
        assert found.loc["pcrl", column]["verdict"] == "baseline"
    # One family of six comparisons.
    p = found.loc["mg encoder", "ncs dice"]
    assert p["p_adjusted"] == pytest.approx(6 * p["p"])


def test_classification_takes_encoders_alone():
    rows = [row["row"] for row in table4(STORE) if row["column"] == "ncc auc"]
    assert rows == ["mg", "pcrl", "mg-noskip", "pcrl-noskip"]


def test_the_pretext_error_is_that_of_the_pretraining():
    found = table(table4(STORE))
    noskip = found.loc["mg-noskip", "pretext mse"]
    assert (noskip["mean"], noskip["difference"]) == pytest.approx((0.02, 0.01))
    assert noskip["seeds"] == 1  # of one pretraining for all fine-tunings
    shown = table(fig6(STORE))
    assert shown["mean"].droplevel("column").to_dict() == {"mg": 0.01, "mg-noskip": 0.02}


def test_both_encoders_of_byol_stand_beside_each_other():
    target = 0.2

    def level(run):
        return 0.5 + target * (run.keys.get("transfer_from") == "target")

    store = made_up("appendix_table3", level=level)
    found = table(appendix_table3(store))
    assert found.loc["target", "ncs dice"]["difference"] == pytest.approx(target)
    assert found.loc["target", "lcs dice"]["verdict"] == "gain"
    assert found.loc["online", "ncc auc"]["verdict"] == "baseline"


def test_pretrainings_with_and_without_skips_are_probed_too():
    probed = {
        f"{net}, {how}": 0.6 for net in ("pretrained", "untrained") for how in ("linear", "kNN")
    }
    store = made_up("table4", "frozen", figures=lambda run: probed if run.kind == "probe" else {})
    found = table(table4(store)).xs("ncs linear probe auc", level="column")
    assert set(found.index) == {"mg", "pcrl", "mg-noskip", "pcrl-noskip"}
    assert set(found["mean"]) == {0.6}
