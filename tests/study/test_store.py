"""All results in two tables, and nothing that is not there."""

import json
import shutil

import pandas as pd
import pytest

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.study.store import collect

from .results import CASES, PATIENTS, dice, planned, rewrite, write_results


def frames_of(store):
    return (("runs", store.runs), ("cases", store.cases), ("curves", store.curves))


def test_each_finished_run_is_a_row_with_what_it_is_for(tmp_path):
    store = collect(write_results(tmp_path))
    assert set(store.runs.index) == set(planned().runs)
    used = {(row["name"], row.start, row.seed): row for _, row in store.runs.iterrows()}
    assert used["ncs", "mg", 0].experiments == "table3,fig8"
    assert used["ncs", "jig", 1].experiments == "table3"
    assert used["ncs", "jig", 1].path == f"runs/{used['ncs', 'jig', 1].key}"
    assert used["ncs", "jig", 1].metric_dice == 0.5
    assert json.loads(used["ncs", "jig", 1]["versions"]) == {"torch": "2"}
    assert "metric_absent_classes" not in store.runs.columns


def test_cases_keep_their_patients_as_they_are_written(tmp_path):
    store = collect(write_results(tmp_path))
    tuned = [key for key, run in planned().runs.items() if run.kind == "finetune"]
    assert len(store.cases) == len(tuned) * PATIENTS * CASES * 2
    key = tuned[0]
    run = planned().runs[key]
    own = store.cases[(store.cases.key == key) & (store.cases.metric == "dice")]
    row = own[own.case == "07_1"].iloc[0]
    assert (row.patient, row.label) == ("07", "class0")
    assert row.value == pytest.approx(dice(run.start, run.seed, 7, 1))


def test_validations_are_rows_by_run_and_step(tmp_path):
    store = collect(write_results(tmp_path))
    own = store.curves[(store.curves.key == store.runs.index[-1]) & (store.curves.metric == "dice")]
    assert list(own.step) == [10, 20]
    assert list(own.value) == [0.2, 0.4]


def test_all_tables_come_back_from_disk(tmp_path):
    store = collect(write_results(tmp_path))
    store.write(tmp_path)
    for name, frame in frames_of(store):
        found = pd.read_parquet(tmp_path / "store" / f"{name}.parquet")
        assert len(found) == len(frame)
        assert list(found.columns) == list(frame.columns)


def test_a_study_without_results_has_empty_tables(tmp_path):
    planned().write(tmp_path)
    store = collect(tmp_path)
    assert [len(frame) for _, frame in frames_of(store)] == [0, 0, 0]
    store.write(tmp_path)


@pytest.mark.parametrize("make", [lambda path: path.symlink_to(path), lambda path: path.touch()])
def test_runs_that_cannot_be_read_are_not_taken_as_none(tmp_path, make):
    planned().write(tmp_path)
    make(tmp_path / "runs")
    with pytest.raises(UserError, match=r"/runs: no folder; put that of the study's runs there"):
        collect(tmp_path)


def test_a_run_that_failed_says_why_unless_it_is_done_or_at_work(tmp_path):
    study = write_results(tmp_path)
    tuned = [key for key, run in planned().runs.items() if run.kind == "finetune"]
    for key in tuned[:4]:
        (study / "runs" / key / "log.txt").write_text(
            "x" * 9000 + f"\nmedssl: {study}/a: no space left\n"
        )
    for key in tuned[1:4]:
        (study / "runs" / key / "result.json").unlink()
    (study / "runs" / tuned[2] / ".lock").touch()
    (study / "runs" / tuned[3] / "log.txt").write_text("medssl: no space left\nepoch 1\n")
    assert collect(study).failed == {tuned[1]: "a: no space left"}


def test_the_result_of_one_run_counts_for_no_other(tmp_path):
    one, other = list(planned().runs)[:2]
    runs = write_results(tmp_path) / "runs"
    shutil.copyfile(runs / one / "result.json", runs / other / "result.json")
    with pytest.raises(UserError, match=rf"{other}/result\.json: the result of another run, {one}"):
        collect(tmp_path)


DAMAGED = ("case,patient,label,metric,value\nx\n", "x,y\n", "", "case,patient\n1,2\n")


@pytest.mark.parametrize("text", DAMAGED)
def test_damaged_outcomes_are_named_with_the_way_out(text, tmp_path):
    """Also where the result is of this very table."""
    run = next(key for key, run in planned().runs.items() if run.kind == "finetune")
    path = write_results(tmp_path) / "runs" / run / "test" / "outcomes.csv"
    path.write_text(text)
    rewrite(path.parents[1], outcomes_sha256=sha256_of(path))
    with pytest.raises(UserError, match=r"outcomes\.csv: damaged .*; remove result\.json beside"):
        collect(tmp_path)
