"""Figures and weights that are not what a run left are named; all others pass, unread."""

import json
import os

import pytest

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.study import train
from medssl.study.doubts import doubts
from medssl.study.store import collect

from .results import planned, rewrite, write_results


@pytest.fixture
def run(tmp_path):
    """The folder of one run, with weights and figures that its result is of."""
    key = next(key for key, run in planned().runs.items() if run.kind == "finetune")
    folder = write_results(tmp_path / "study") / "runs" / key
    (folder / "models").mkdir()
    (folder / "models" / "model.pt").write_bytes(b"trained")
    figures = {"dice": 0.5, "skill": float("nan"), "absent_classes": ["x"]}
    said = {**figures, "weights": {"file": "../models/model.pt", "sha256": "0"}}
    (folder / "test" / "metrics.json").write_text(json.dumps(said))
    rewrite(folder, metrics=figures, model_sha256=sha256_of(folder / "models" / "model.pt"))
    return folder


def said(run):
    return doubts(run.parents[1])


def later(path, than, seconds=1):
    """Let a file be written some time after another."""
    at = than.stat().st_mtime + seconds
    os.utime(path, (at, at))


def test_what_its_run_left_passes(run):
    assert said(run) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        *(
            (text, f"{name} is not as in runs/{{}}/result.json, one of them was changed")
            for text, name in (
                ('{"dice": 0.9, "skill": NaN, "absent_classes": ["x"]}', "dice"),
                ('{"auc": 0.9}', "absent_classes"),
                ('{"dice": 0.5, "skill": NaN}', "absent_classes"),
                ('{"dice": 0.5, "skill": NaN, "absent_classes": ["x"], "auc": 0.9}', "auc"),
            )
        ),
    ],
)
def test_other_figures_are_named_with_the_way_out(text, why, run):
    (run / "test" / "metrics.json").write_text(text)
    place = f"runs/{run.name}"
    mend = f"remove {place}/result.json, and start the study again"
    assert said(run) == [f"{place}/test/metrics.json: {why.format(run.name)}; {mend}"]


@pytest.mark.parametrize("text", ["case,patient,label,metric,value\na,b,c,dice,1.0\n", None])
def test_a_table_of_cases_that_was_changed_or_is_gone_is_named(text, run):
    """The report's tables are made of it, and its time is none of what they look at."""
    table = run / "test" / "outcomes.csv"
    table.unlink()
    if text is not None:
        table.write_text(text)
    (line,) = said(run)
    place = f"runs/{run.name}"
    assert line.startswith(f"{place}/test/outcomes.csv: not the table of cases that {place}/result")
    with pytest.raises(UserError, match="not the table of cases"):
        collect(run.parents[1])


def test_weights_that_were_replaced_are_named(run):
    weights = run / "models" / "model.pt"
    weights.write_bytes(b"others")
    later(weights, run / "result.json")
    (line,) = said(run)
    assert line.startswith(f"runs/{run.name}/models/model.pt: other weights than those that")
    weights.write_bytes(b"trained")
    later(weights, run / "result.json")
    assert said(run) == []


def test_weights_that_are_older_than_the_result_are_not_read(run, monkeypatch):
    monkeypatch.setattr(train, "models_of", lambda *_: pytest.fail("the weights are read"))
    later(run / "models" / "model.pt", run / "result.json", seconds=-1)
    assert said(run) == []


def test_what_was_not_kept_is_not_judged(run):
    (run / "models" / "model.pt").unlink()
    (run / "test" / "metrics.json").unlink()
    assert said(run) == []
