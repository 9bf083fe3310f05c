"""Figure 4: structures by name, nodules by a run that takes no part."""

import pytest

from medssl.study.tables.structures import fig4

from ..made_up import STEP, made_up, table


def hard_first(run):
    """The run of the groups has patients 0 to 4 below 0.4."""
    return 0.351 if run.seed == 100 else 0.5 + 0.1 * (run.start == "mg")


def test_nodules_are_told_apart_by_the_run_that_takes_no_part():
    found = table(fig4(made_up("fig4", "hard_easy", level=hard_first)))
    hard = found.loc["mg", "ncs hard nodules dice, 5 of 12"]
    easy = found.loc["mg", "ncs easy nodules dice, 7 of 12"]
    assert (hard["patients"], easy["patients"]) == (5, 7)
    assert hard["mean"] == pytest.approx(0.6 + STEP * 2, abs=1e-4)
    assert easy["mean"] == pytest.approx(0.6 + STEP * 8, abs=1e-4)
    assert hard["difference"] == pytest.approx(0.1, abs=1e-4)


def test_liver_and_tumour_have_columns_of_their_own():
    store = made_up("fig4", level=hard_first)
    tumour = (store.cases["label"] == "tumour") & store.cases["key"].str.startswith("msd-mg")
    store.cases.loc[tumour, "value"] -= 0.3
    found = table(fig4(store))
    assert found.loc["mg", "msd liver dice"]["difference"] == pytest.approx(0.1, abs=1e-4)
    assert found.loc["mg", "msd tumour dice"]["difference"] == pytest.approx(-0.2)


def test_without_the_groups_run_or_without_a_hard_nodule_that_is_said():
    words = table(fig4(made_up("fig4", "hard_easy", without=lambda run: run.seed == 100)))
    assert set(words.filter(like="hard", axis=0)["verdict"]) == {"not run"}
    easy = table(fig4(made_up("fig4", "hard_easy", level=lambda run: 0.9)))["verdict"]
    said = "not feasible: groups: none of 12 cases is hard (dice below 0.4 is hard)"
    assert easy.loc["mg", "ncs hard nodules dice"] == said  # without a command's option
