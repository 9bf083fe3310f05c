"""Figure 7, Table 6 and Figure 11: what is measured on what trainings left."""

import pytest

from medssl.study.tables.features import fig7, fig11, table6

from ..made_up import made_up, table


def test_statistics_of_the_target_are_compared_with_those_of_the_same_run():
    def level(run):
        return (0.7 if run.start == "mg" else 0.5) + 0.05 * (run.kind == "tbs")

    store = made_up("fig7", level=level, figures=lambda run: {"distance": 2.0 + run.seed})
    found = table(fig7(store))
    for start in ("mg", "scratch"):
        row = found.loc[start, "ncs dice, of the target alone"]
        assert row["difference"] == pytest.approx(0.05)
        assert row["verdict"] == "gain"
    assert set(found.xs("lcs dice, statistics as trained", level="column")["verdict"]) == {""}
    assert found.loc["mg", "lcs distance"]["mean"] == 3
    assert found.loc["mg", "lcs distance"]["sd"] == 1


def test_similarity_is_that_of_each_level():
    figures = {f"level {number}": 1 - number / 10 for number in (1, 2, 3, 4)}
    found = table(table6(made_up("table6", figures=lambda run: figures)))
    assert len(found) == 13 * 2 * 4
    assert found.loc["mg-noskip", "ncc level 4"]["mean"] == pytest.approx(0.6)
    assert found.loc["rot48", "ncs level 1"]["mean"] == pytest.approx(0.9)


def test_maps_are_described_by_their_share_in_the_middle():
    def share(run):
        return {"middle_share": 0.1 * (1 + run.seed)} if run.kind == "gradcam" else {}

    found = table(fig11(made_up("fig11", figures=share)))
    assert found.loc["byol", "ncc share in the middle"]["mean"] == pytest.approx(0.2)
    keys = found.loc["byol", "ncc share in the middle"]["keys"].split()
    assert all(key.startswith("gradcam-") for key in keys)
