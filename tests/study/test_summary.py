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


def test_released_weights_that_are_not_there_are_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours = "base: small.yaml\nvariants: {ours: {weights: x.zip}}\n"
    ours += "experiments: {mine: {start: [ours], task: [ncs]}}\n"
    written(tmp_path)
    path = written(tmp_path, ours, "ours.yaml")
    assert f"\nno such file: {tmp_path / 'x.zip'}" in write_plan(path, None, "there", ())[2]
    (tmp_path / "x.zip").write_bytes(b"weights")
    assert "x.zip" not in write_plan(path, None, "there", ())[2]


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


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (None, "the plan of another study, small; name another folder with --output, or remove"),
        ('{"max_epochs": 3}', "another plan; name another folder with --output, or remove"),
    ],
)
def test_the_plan_of_another_study_stays(tmp_path, there, said):
    """So does what ``medssl plan`` has written."""
    path, folder = tmp_path / "there" / "plan.json", tmp_path / "there"
    write_plan(written(tmp_path), tmp_path, folder, ())
    if there is not None:
        path.write_text(there)
    before = path.read_bytes()
    mine = written(tmp_path, "base: small.yaml\nname: mine\n", "mine.yaml")
    with pytest.raises(UserError, match=f"{path}: {said} {path}"):
        write_plan(mine, tmp_path, folder, ())
    assert path.read_bytes() == before
    path.unlink()
    assert write_plan(mine, tmp_path, folder, ())[0].name == "mine"


def test_a_damaged_plan_is_written_anew(tmp_path):
    folder = tmp_path / "there"
    plan, _, _ = write_plan(written(tmp_path), tmp_path, folder, ())
    (folder / "plan.json").write_text("{")
    write_plan(written(tmp_path), tmp_path, folder, ())
    assert read_plan(folder) == plan


def test_data_that_are_not_there_stop_the_start_alone(tmp_path):
    plan, _, _ = write_plan(written(tmp_path), tmp_path, tmp_path / "there", ())
    with pytest.raises(UserError, match=r"prepared: not a prepared data set, and .* needs it"):
        refuse_missing_data(plan, ())
