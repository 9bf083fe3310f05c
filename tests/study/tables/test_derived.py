"""Figure 9: averages over tasks, and ranks."""

import pytest

from medssl.study.tables import MADE, read_paper
from medssl.study.tables.derived import FIGURE9, fig9

from ..made_up import AVERAGE, PATIENTS, made_up, table
from ..studies import STUDY

PAPER = read_paper(STUDY / "paper_numbers.csv")


def test_tasks_are_averaged_seed_by_seed():
    tasks = {"ncs": 0.4, "lcs": 0.8, "ncc": 0.5}
    store = made_up("table3", level=lambda run: tasks[run.name] + 0.1 * (run.start == "mg"))
    found = table(fig9(store))
    assert found.loc["scratch", "segmentation"]["mean"] == pytest.approx(0.6 + AVERAGE)
    assert found.loc["scratch", "classification"]["mean"] == pytest.approx(0.5)
    assert found.loc["mg", "segmentation"]["difference"] == pytest.approx(0.1)
    organ = (7 / 12 + 0.5 + AVERAGE) / 2
    assert found.loc["mg", "same organ"]["mean"] == pytest.approx(organ)
    assert found.loc["mg", "other organ"]["mean"] == pytest.approx(0.9 + AVERAGE)
    assert "p" not in found
    runs = [store.plan.runs[key] for key in found.loc["mg", "segmentation"]["keys"].split()]
    expected = [(task, "mg", seed) for task in ("ncs", "lcs") for seed in (0, 1, 2)]
    assert [(run.name, run.start, run.seed) for run in runs] == expected
    assert found.loc["mg", "segmentation"]["seeds"] == 3


def test_the_best_in_all_tasks_has_rank_one_and_ties_share_theirs():
    found = table(fig9(made_up("table3"))).xs("mean rank in 3 tasks, 1 the best", level="column")
    assert found.loc["mg", "mean"] == 1
    assert found.loc["simclr", "mean"] == 11
    assert found.loc["rot", "mean"] == (2 + 10) / 2


def test_a_rank_says_which_runs_and_patients_it_rests_on():
    store = made_up("table3", without=lambda run: (run.name, run.seed) == ("lcs", 2))
    found = table(fig9(store)).xs("mean rank in 3 tasks, 1 the best", level="column").loc["mg"]
    assert (found["seeds"], found["patients"]) == (2, PATIENTS)  # the same ones in all tasks
    runs = [store.plan.runs[key] for key in found["keys"].split()]
    assert sorted((run.name, run.seed) for run in runs) == [
        *(("lcs", seed) for seed in (0, 1)),
        *((task, seed) for task in ("ncc", "ncs") for seed in (0, 1, 2)),
    ]
    assert {run.start for run in runs} == {"mg"}


def test_a_task_that_is_missing_leaves_the_others():
    store = made_up("table3", without=lambda run: run.name == "lcs")
    words = table(fig9(store))["verdict"].unstack()
    assert (words["segmentation"] == "not run").all()
    assert (words["mean rank in 3 tasks, 1 the best"] == "not run").all()
    assert set(words["same organ"]) == {"", "baseline"}


def test_the_papers_averages_are_those_of_its_table():
    printed = PAPER[PAPER.experiment == "table3"].set_index(["row", "column"])["value"]
    own = PAPER[PAPER.experiment == "fig9"]
    assert len(own) == 11 * len(FIGURE9)
    for row in own.itertuples():
        parts = [printed[row.row, f"{task} {metric}"] for task, metric in FIGURE9[row.column]]
        assert row.value == pytest.approx(sum(parts) / len(parts), abs=6e-4)
    assert MADE["fig9"].experiments == ("table3",)
