"""Table 5: each size beside its method's own, and the scans that it was made from."""

import pytest

from medssl.study.tables.sizes import SCANS, table5

from ..made_up import made_up, table

SIZES = {"rot48": 0.4, "rot": 0.5, "rot128": 0.6, "rpl48": 0.5, "rpl": 0.5, "rpl96": 0.3}
STORE = made_up(
    "table5", level=lambda run: SIZES[run.start], figures=lambda run: {"accuracy": SIZES[run.start]}
)


def test_sizes_are_compared_within_their_method():
    found = table(table5(STORE))
    gaps = [found.loc[row, "ncs dice"]["difference"] for row in ("rot48", "rot128", "rpl96")]
    assert gaps == pytest.approx([-0.1, 0.1, -0.2])
    assert found.loc["rpl48", "lcs dice"]["baseline"] == "rpl"
    assert found.loc["rot", "lcs dice"]["verdict"] == "baseline"


def test_pretext_accuracy_and_scans_come_from_the_pretrainings():
    found = table(table5(STORE))
    assert found.loc["rot128", "pretext accuracy"]["difference"] == pytest.approx(0.1)
    assert set(found.xs(SCANS, level="column")["mean"]) == {40}
    assert set(found.xs(SCANS, level="column")["verdict"]) == {""}
