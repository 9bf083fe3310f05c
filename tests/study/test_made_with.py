"""Runs made with other configs, or from other weights, than those beside them are told."""

import json
from dataclasses import replace

import pytest

from medssl.study.doubts import doubts
from medssl.study.made_with import digest_of_configs, made_with, mixtures

from .results import planned, rewrite, write_results


@pytest.fixture
def study(tmp_path):
    """Results that say what they were made with."""
    folder = write_results(tmp_path / "study")
    for key, run in planned().runs.items():
        rewrite(folder / "runs" / key, **made_with(run, folder))
    return folder


def test_runs_that_were_made_alike_pass(study):
    assert mixtures(planned(), study) == []


def test_results_that_do_not_say_so_pass(tmp_path):
    assert mixtures(planned(), write_results(tmp_path)) == []


def test_other_configs_are_told_once_for_each_bundle(study):
    tuned = [key for key, run in planned().runs.items() if run.kind == "finetune"]
    for key in tuned[:3]:
        rewrite(study / "runs" / key, configs_sha256="0" * 64)
    (line,) = doubts(study)
    assert line.startswith(
        "lung_nodule_ct_segmentation: its configs said otherwise when 3 runs "
        f"({tuned[0]}, {tuned[1]}, ...) were made; remove result.json"
    )


def test_a_pretraining_that_was_run_again_is_told(study):
    (key, *_) = [key for key, run in planned().runs.items() if run.kind == "pretrain"]
    rewrite(study / "runs" / key, model_sha256="1" * 64)
    (line,) = doubts(study)
    assert line.startswith(f"{key}: was run again, after ncs-mg-s0-")


def test_configs_count_as_they_are_meant(tmp_path):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text(json.dumps({"x": 1, "y": [2]}))
    second.write_text(json.dumps({"y": [2], "x": 1}, indent=3))
    assert digest_of_configs((str(first),)) == digest_of_configs((str(second),))
    assert digest_of_configs((str(first), str(second))) != digest_of_configs((str(first),))
    assert digest_of_configs((str(first), str(tmp_path / "none.json"))) is None


def test_a_run_says_the_weights_that_it_rests_on(study):
    run = next(run for run in planned().runs.values() if run.upstream)
    assert made_with(run, study)["began_from"] == {run.upstream[0]: run.upstream[0]}
    assert made_with(replace(run, upstream=()), study)["began_from"] == {}
