"""What ``health.json`` says of one run, worked out from the run's own settings."""

import json
import re
from pathlib import Path

import pytest

from medssl.analysis.health.reference import load_reference
from medssl.analysis.health.run_folder import RunRecord
from medssl.errors import UserError

RUN = RunRecord(Path("run"), {"batch_size": 4, "crops_per_scan": 3}, 5, 1, {1: 1.0}, {})
BAND = {"low": "$0.5 * @batch_size", "high": "$math.sqrt(16 * @batch_size)", "origin": "theory"}


@pytest.fixture
def health(tmp_path):
    path = tmp_path / "health.json"

    def write(**content):
        path.write_text(json.dumps(content))
        return path

    return write


def test_expressions_see_the_runs_settings_and_its_held_out_samples(health):
    accuracy = {"chance": "$1 / @batch_size", "trials": "@validation_samples", "origin": "theory"}
    metrics = {"accuracy": accuracy, "dice": {**accuracy, "expected": BAND}}
    steps = {"steps": "$100 * @batch_size"}
    found = load_reference(health(start_loss=BAND, learns_by=steps, metrics=metrics), RUN)
    assert (found.start_loss.low, found.start_loss.high, found.learns_by) == (2, 8, 400)
    assert str(found.start_loss) == "2 to 8"
    assert (found.metrics["accuracy"].chance, found.metrics["accuracy"].trials) == (0.25, 15)
    assert found.metrics["dice"].expected.low == 2


def test_crops_that_are_no_number_are_told_with_the_record(health):
    run = RunRecord(Path("run"), {"crops_per_scan": "many"}, 2, 1, {1: 1.0}, {})
    wanted = r"run/run.json: damaged \(config.crops_per_scan: 'many', expected a whole number\)"
    with pytest.raises(UserError, match=wanted):
        load_reference(health(learns_by=None), run)


def test_what_has_learnt_is_above_a_tenth_of_the_way_unless_it_was_measured(health):
    metric = {"chance": 0.2, "trials": 1, "origin": "theory"}
    measured = {**metric, "expected": {"low": 0.7, "high": 0.8, "origin": "a run"}}
    found = load_reference(health(metrics={"a": metric, "b": measured}), RUN)
    assert found.metrics["a"].learned == pytest.approx(0.28)
    assert found.metrics["b"].learned == 0.7


def test_an_empty_file_lets_the_loss_fall_and_knows_nothing_else(health):
    found = load_reference(health(), RUN)
    assert (found.start_loss, found.learns_by, found.metrics) == (None, None, {})
    assert found.loss_falls
    assert not found.collapse


@pytest.mark.parametrize(
    "content",
    [
        {"chance": 0.1},
        {"start_loss": {**BAND, "low": "@nothing"}},
        {"start_loss": {"low": 1, "origin": "x"}},
        {"start_loss": {**BAND, "low": "some"}},
        {"learns_by": 3},
    ],
)
def test_what_is_wrong_in_the_file_is_told_by_its_name(content, health):
    path = health(**content)
    with pytest.raises(UserError, match=f"^{re.escape(str(path))}: "):
        load_reference(path, RUN)
