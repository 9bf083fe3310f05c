"""Messages tell what, not where on this machine."""

from pathlib import Path

from medssl.study.places import without_folders

from .made_up import made_up


def test_data_configs_and_the_study_itself_are_told_by_their_own_names(tmp_path, monkeypatch):
    plan = made_up("table3").plan
    run = next(iter(plan.runs.values()))
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "study" / "runs" / "a" / "log.txt"
    text = f"{run.files[0]}, {run.data}, {log} and study/plan.json: no such file"
    found = without_folders(text, plan, Path("study"))
    name = Path(run.files[0]).parents[1].name
    data = Path(run.data).name
    assert found == f"{name}/configs/train.json, {data}, runs/a/log.txt and plan.json: no such file"


def test_a_folder_that_ends_as_the_study_is_called_stays():
    said = "runs/a/test/outcomes.csv: not as st/plan.json has it"
    assert without_folders(said, made_up("table3").plan, Path("st")) == said.replace("st/p", "p")


def test_other_folders_are_left_out_and_what_is_no_path_stays():
    plan = made_up("table3").plan
    text = "/home/ann/scans/a.nii.gz: expected mm/voxel, see runs/a/log.txt or https://x.org/y/z"
    said = ".../a.nii.gz: expected mm/voxel, see runs/a/log.txt or https://x.org/y/z"
    assert without_folders(text, plan, Path("study")) == said
