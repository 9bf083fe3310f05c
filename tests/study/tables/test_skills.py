"""Skills beside gains, and their ranks."""

import pytest

from medssl.study.tables.skills import GAIN, SKILL, skill_points, skills

from ..made_up import by_distance, made_up, table

STARTS = ("rot", "rpl", "jig", "rkb", "rkbp", "ae", "mg", "pcrl", "simclr", "byol")


def store(without=lambda run: False):
    return made_up(
        "labels",
        level=lambda run: 0.3 + 0.01 * (STARTS.index(run.start) if run.start in STARTS else 0),
        figures=lambda run: (
            {"skill": 0.9 - 0.05 * STARTS.index(run.start)} if run.kind == "pretrain" else {}
        ),
        without=without,
    )


def test_skill_and_gain_of_each_method():
    found = table(skills(store()))
    assert found.loc["mg", SKILL]["mean"] == pytest.approx(0.6)
    assert found.loc["mg", f"ncs {GAIN}"]["mean"] == pytest.approx(0.06)
    assert "scratch" not in found.index


def test_ranks_are_those_of_methods_that_have_both():
    points = {p["row"]: (p["x"], p["y"]) for p in skill_points(store())}
    assert points["rot"] == (1, 10)
    titles = {p["column"] for p in skill_points(store())}
    assert titles == {f"rank of ncs {GAIN}, 1 the best"}  # not the gain itself
    assert points["byol"] == (10, 1)
    fewer = skill_points(store(lambda run: run.start == "rot"))
    assert {p["row"] for p in fewer} == set(STARTS) - {"rot"}
    assert next(p for p in fewer if p["row"] == "rpl")["x"] == 1


def test_ranks_of_gains_follow_what_is_better():
    far = by_distance(store(), "ncs")
    title = f"ncs {GAIN}, lower is better"
    assert table(skills(far)).loc["mg", title]["mean"] == pytest.approx(-0.06)
    found, usual = (
        {p["row"]: (p["x"], p["y"]) for p in skill_points(each)} for each in (far, store())
    )
    assert found == usual
