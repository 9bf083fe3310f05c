"""Steps and areas of curves that can be worked out by hand."""

import json

import numpy as np
import pytest

from medssl.analysis.convergence import compare_convergence, mean_height, read_curve, steps_to
from medssl.commands import Analyse
from medssl.errors import UserError

CURVE = {10: 0.0, 20: 0.5, 40: 0.4, 60: 0.8}


def write_run(folder, values, steps=10, metric="dice"):
    """A trace of epochs of so many steps, each validated."""
    folder.mkdir()
    lines = []
    for epoch, value in enumerate(values, 1):
        for step in range((epoch - 1) * steps + 1, epoch * steps + 1):
            lines.append({"iteration": step, "epoch": epoch, "loss": 1.0})
        lines.append({"epoch": epoch, "metrics": {metric: value}})
    (folder / "trace.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_a_value_is_reached_between_validations_on_a_straight_line():
    assert steps_to(CURVE, 0.25) == 15
    assert steps_to(CURVE, 0.6) == 50  # the first time, after the dip
    assert steps_to(CURVE, 0.0) == 10
    assert steps_to(CURVE, 0.9) is None


def test_the_mean_height_is_the_area_by_the_span():
    whole = (10 * 0.25 + 20 * 0.45 + 20 * 0.6) / 50
    assert mean_height(CURVE, 60) == pytest.approx(whole)
    assert mean_height(CURVE, 30) == pytest.approx((10 * 0.25 + 10 * 0.475) / 20)
    assert mean_height(CURVE, 10) == 0


def test_validations_stand_at_the_last_step_of_their_epoch(tmp_path):
    run = write_run(tmp_path / "a", [0.1, 0.2])
    assert read_curve(run, "dice") == {10: 0.1, 20: 0.2}
    assert read_curve(run / "trace.jsonl", "dice") == {10: 0.1, 20: 0.2}
    with pytest.raises(UserError, match=r"a/trace.jsonl: no validation of auc; expected dice"):
        read_curve(run, "auc")
    with pytest.raises(UserError, match="no such file"):
        read_curve(tmp_path, "dice")


def test_runs_are_measured_on_the_best_ones_scale_to_the_shortest_ones_end(tmp_path):
    fast = write_run(tmp_path / "fast", [0.4, 0.8])
    slow = write_run(tmp_path / "slow", [0.0, 0.2, 0.4, 0.6])
    first, second = compare_convergence([fast, slow], "dice", [0.5, 1.0])
    assert first.reached == {"50%": 10, "100%": 20}
    assert second.reached == {"50%": pytest.approx(30), "100%": None}
    assert (first.target, second.target, second.until, second.best_step) == (0.8, 0.8, 20, 40)
    assert (first.area, second.area) == pytest.approx((0.6, 0.1))
    assert np.isfinite(second.best)


def test_errors_fall_to_the_best_ones_shares(tmp_path):
    fast = write_run(tmp_path / "fast", [0.04, 0.02, 0.03], metric="mse")
    slow = write_run(tmp_path / "slow", [0.1, 0.06, 0.02, 0.04], metric="mse")
    first, second = compare_convergence([fast, slow], "mse", [0.5, 1.0])
    assert (first.target, first.best, first.best_step) == (0.02, 0.02, 20)
    assert first.reached == {"50%": 10, "100%": 20}
    assert second.reached == {"50%": pytest.approx(25), "100%": 30}
    assert second.area == pytest.approx((0.08 + 0.04) / 2)


def test_the_command_writes_figures_and_picture(tmp_path, capsys):
    run = str(write_run(tmp_path / "a", [0.1, 0.2]))
    files = {"json": str(tmp_path / "c.json"), "picture": str(tmp_path / "c.png")}
    Analyse().convergence(run, metric="dice", shares=0.5, **files)
    assert json.loads((tmp_path / "c.json").read_text())["runs"][0]["best_step"] == 20
    assert (tmp_path / "c.png").stat().st_size > 1000
    assert "50% at 10" in capsys.readouterr().out


@pytest.mark.parametrize(("runs", "shares"), [([], [0.5]), (["x"], [0]), (["x"], [1.5])])
def test_nothing_and_shares_out_of_range_are_refused(runs, shares):
    with pytest.raises(UserError, match=r"runs: none|shares: "):
        compare_convergence(runs, "dice", shares)
