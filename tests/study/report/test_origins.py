"""Where figures come from: every run with what makes it what it is."""

import json

from medssl import __version__
from medssl.files import sha256_of
from medssl.study.report.origins import SHORT, origin_parts
from medssl.study.store import collect

from ..results import write_results


def test_plan_versions_data_and_every_run_are_named(tmp_path):
    store = collect(write_results(tmp_path))
    said, (versions, data, runs) = origin_parts(store, tmp_path)
    assert sha256_of(tmp_path / "plan.json") in said[0]
    assert f"medssl {__version__}, commit " in said[1]
    assert list(versions.rows) == [("torch", f"2 ({len(store.runs)} runs)")]
    assert set(data.rows) == {("prepared", "a"), ("prepared", "b")}
    assert [row[0] for row in runs.rows] == list(store.plan.runs)
    for key, used, keys, rests, run_hash, weights, _ in runs.rows:
        run = store.plan.runs[key]
        assert json.loads(keys) == run.keys
        assert rests == ", ".join(run.upstream)
        assert (run_hash, weights) == ("f" * SHORT, key[:SHORT])
        assert used


def test_without_runs_the_plan_is_named_alone(tmp_path):
    store = collect(write_results(tmp_path, left_out=("scratch", "mg", "jig")))
    said, parts = origin_parts(store, tmp_path)
    assert len(said) == 2
    assert parts == []
