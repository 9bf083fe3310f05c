"""What there is to do, before anything starts."""

import pytest

from medssl.errors import UserError
from medssl.study.runs import read_plan
from medssl.study.summary import refuse_missing_data, write_plan

from .studies import written


def rows(summary):
    lines = [line.split("  ") for line in summary.splitlines()]
    return {line[0]: [word.strip() for word in line[1:] if word.strip()] for line in lines}


def test_a_plan_is_written_and_its_runs_are_counted(tmp_path):
    folder = tmp_path / "there"
    plan, where, summary = write_plan(written(tmp_path), tmp_path, folder, ())
    assert where == folder
    assert read_plan(folder) == plan
    table = rows(summary)
    assert table["table3"] == ["6", "2", "6", "0", "8"]
    assert table["fig8"] == ["4", "0", "2", "0", "2"]
    assert table["in all"] == ["10", "2", "8", "0", "10"]
    assert f"not prepared yet: {tmp_path / 'prepared'}" in summary


def test_what_is_done_is_not_to_do(tmp_path):
    plan, folder, _ = write_plan(written(tmp_path), tmp_path, tmp_path / "there", ())
    for key in list(plan.runs)[:3]:
        (folder / "runs" / key).mkdir(parents=True)
        (folder / "runs" / key / "result.json").write_text("{}")
    _, _, summary = write_plan(written(tmp_path), tmp_path, folder, ["table3"])
    assert rows(summary)["in all"] == ["6", "2", "6", "0", "5"]
    assert "fig8" not in rows(summary)


def test_an_experiment_that_is_not_there_is_told_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match=r"only: tabel3: no such experiment .did you mean table3"):
        write_plan(written(tmp_path), None, tmp_path / "there", ["tabel3"])
    assert not (tmp_path / "there").exists()


def test_data_that_are_not_there_stop_the_start_alone(tmp_path):
    plan, _, _ = write_plan(written(tmp_path), tmp_path, tmp_path / "there", ())
    with pytest.raises(UserError, match=r"prepared: not a prepared data set, and .* needs it"):
        refuse_missing_data(plan, ())
