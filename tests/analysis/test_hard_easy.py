"""Groups come from a run of their own; those of the baseline's would make a gain out of nothing."""

import json
import shutil

import numpy as np
import pytest

from medssl.analysis.hard_easy import compare_groups, group_cases
from medssl.analysis.outcomes import Outcome
from medssl.commands import Analyse
from medssl.errors import UserError
from medssl.store.contract import ScanContract

from .evaluations import note_own_weights

CASES = 60


@pytest.fixture
def study(tmp_path):
    """Runs that differ by chance alone: groups, scratch and mg, each a folder; and the data."""
    rng = np.random.default_rng(0)
    items = [
        {"id": f"c{k}", "patient": f"p{k}", "image": f"volumes/c{k}.b2nd"} for k in range(CASES)
    ]
    (tmp_path / "data").mkdir()
    listing = {"test": items, "scan": ScanContract((1.0,) * 3).as_dict()}
    (tmp_path / "data" / "datalist.json").write_text(json.dumps(listing))
    level = rng.normal(0.45, 0.05, CASES)
    for name in ("groups", "s0", "s1", "m0", "m1"):
        (tmp_path / name).mkdir()
        found = level + rng.normal(0, 0.15, CASES)
        lines = [f"c{k},{found[k]},{found[k]}" for k in range(CASES)]
        text = "\n".join(["filename,class0,mean", *lines, ""])
        (tmp_path / name / "dice_raw.csv").write_text(text)
        note_own_weights(tmp_path / name)
    runs = {"scratch": ("s0", "s1"), "mg": ("m0", "m1")}
    return [f"{arm}={tmp_path / run}" for arm, both in runs.items() for run in both], tmp_path


def test_cases_are_hard_below_the_limit():
    rows = [
        Outcome(case, case, "class0", "dice", value)
        for case, value in (("a", 0.39), ("b", 0.4), ("c", float("nan")))
    ]
    assert group_cases(rows, "dice") == {"a": "hard", "b": "easy"}
    with pytest.raises(UserError, match=r"none of 2 cases is hard .*--limit"):
        group_cases(rows, "dice", limit=0.1)
    with pytest.raises(UserError, match="groups: no iou; expected one of dice of class0"):
        group_cases(rows, "iou")


def test_a_metric_without_a_value_is_not_asked_for_again():
    rows = [Outcome(case, case, "mean", "dice", float("nan")) for case in "abc"]
    for label, asked in ((None, "dice"), ("mean", "dice of mean")):
        with pytest.raises(
            UserError, match=f"groups: none of 3 cases has a value of {asked} .*; take"
        ):
            group_cases(rows, "dice", label)


def test_means_of_the_groups_are_those_of_their_cases(study):
    arms, folder = study
    found = compare_groups(arms, folder / "groups", folder / "data")
    tables = {
        name: np.genfromtxt(folder / name / "dice_raw.csv", delimiter=",", skip_header=1)[:, 1]
        for name in ("groups", "s0", "s1", "m0", "m1")
    }
    hard = tables["groups"] < 0.4
    assert found.cases == {"hard": hard.sum(), "easy": CASES - hard.sum()}
    wanted = np.mean([tables[name][hard].mean() for name in ("m0", "m1")])
    assert found.groups["hard"].others[0].mean.mean == pytest.approx(wanted)


def test_groups_of_the_baseline_itself_would_be_a_gain_in_the_hard_one(study):
    """Regression to the mean: so they are refused."""
    arms, folder = study
    fair = compare_groups(arms, folder / "groups", folder / "data").groups["hard"]
    assert fair.others[0].verdict == "no evidence of gain"
    assert abs(fair.others[0].difference.mean) < 0.05
    scratch, mg = (
        np.genfromtxt(folder / name / "dice_raw.csv", delimiter=",", skip_header=1)[:, 1]
        for name in ("s0", "m0")
    )
    assert (mg - scratch)[scratch < 0.4].mean() > 0.1
    (folder / "link").symlink_to(folder / "s0")
    shutil.copytree(folder / "s0", folder / "copied")
    for same in ("s0", "link", "copied"):
        with pytest.raises(UserError, match=r"the same run as .*s0, by .*, which is compared"):
            compare_groups(arms, folder / same, folder / "data")
    shutil.copy(folder / "s0" / "dice_raw.csv", folder / "groups")  # another's, by chance alike
    compare_groups(arms, folder / "groups", folder / "data")


def test_the_command_writes_both_groups(study, tmp_path, capsys):
    arms, folder = study
    where = {"groups": str(folder / "groups"), "data": str(folder / "data")}
    Analyse().hard_easy(*arms, **where, json=str(tmp_path / "h.json"))
    assert set(json.loads((tmp_path / "h.json").read_text())["groups"]) == {"hard", "easy"}
    assert "hard, " in capsys.readouterr().out


def test_cases_are_hard_above_the_limit_where_lower_is_better():
    values = {"dice": {"a": 0.1, "b": 0.4, "c": 0.9}, "hd95": {"a": 9.0, "b": 4.0, "c": 1.0}}
    wanted = {"a": "hard", "b": "easy", "c": "easy"}
    for metric, limit in (("dice", 0.4), ("hd95", 4.0)):
        rows = [Outcome(case, case, "liver", metric, v) for case, v in values[metric].items()]
        assert group_cases(rows, metric, limit=limit) == wanted
    with pytest.raises(UserError, match=r"none of 3 cases is hard \(hd95 above 10 is hard\)"):
        group_cases(rows, "hd95", limit=10)
