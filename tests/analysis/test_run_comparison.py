"""Runs on disk are read, lined up by seed and compared."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import medssl.analysis
from medssl.analysis.run_comparison import compare_runs
from medssl.commands import Analyse
from medssl.errors import UserError
from medssl.store.contract import ScanContract

from .evaluations import note_own_weights


@pytest.fixture
def runs(tmp_path):
    """Two arms of three runs on ten patients; ``mg`` is better by 0.2."""
    rng = np.random.default_rng(0)
    items = [{"id": f"c{k}", "patient": f"p{k}", "image": f"volumes/c{k}.b2nd"} for k in range(10)]
    listing = {"test": items, "scan": ScanContract((1.0,) * 3).as_dict()}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "datalist.json").write_text(json.dumps(listing))
    words, level = [], rng.normal(0.5, 0.1, 10)
    for name, lift in (("scratch", 0.0), ("mg", 0.2)):
        for seed in range(3):
            folder = tmp_path / f"{name} {seed}"
            folder.mkdir()
            lines = [f"c{k},{level[k] + lift + rng.normal(0, 0.01)},0" for k in range(10)]
            (folder / "dice_raw.csv").write_text("\n".join(["filename,class0,mean", *lines, ""]))
            note_own_weights(folder)
            words.append(f"{name}={folder}")
    return words, tmp_path / "data"


def test_a_better_arm_is_found_and_written(runs, tmp_path, capsys):
    words, data = runs
    drawn = {"picture": str(tmp_path / "found.png")}
    Analyse().compare(*words, data=str(data), json=str(tmp_path / "found.json"), **drawn)
    assert "3 runs, 10 patients" in (said := capsys.readouterr().out)
    assert said.strip().endswith(": gain")
    (found,) = json.loads((tmp_path / "found.json").read_text())["others"]
    assert found["difference"]["mean"] == pytest.approx(0.2, abs=0.02)
    assert (found["verdict"], found["seeds"]) == ("gain", 3)
    mixed = json.loads((tmp_path / "found.json").read_text())["mixed"]
    assert (tmp_path / "found.png").stat().st_size > 1000
    assert mixed["effects"][0]["effect"]["mean"] == pytest.approx(found["difference"]["mean"])


def test_a_shorter_distance_is_a_gain(runs, tmp_path):
    """The same runs by the distances that their dice would have, were it 1 - dice in mm."""
    words, data = runs
    for word in words:
        table = Path(word.partition("=")[2]) / "dice_raw.csv"
        head, *rows = table.read_text().splitlines()
        cells = (row.split(",") for row in rows)
        lines = [f"{case},{1 - float(value)},0" for case, value, _ in cells]
        (table.parent / "hd95_raw.csv").write_text("\n".join([head, *lines, ""]))
    (dice,) = compare_runs(words, data, "dice").others
    found = compare_runs(words, data, "hd95")
    (gap,) = found.others
    assert (gap.verdict, dice.verdict) == ("gain", "gain")
    assert gap.difference.mean == pytest.approx(-dice.difference.mean)
    assert found.mixed.effects[0].effect.mean == pytest.approx(gap.difference.mean)
    assert str(found).startswith("hd95, lower is better, 3 runs, 10 patients; ")


def test_a_case_that_one_run_misses_counts_in_none(runs):
    """Else an arm that finds nothing in a hard case would be judged on the easy ones alone."""
    words, data = runs
    distances = {"scratch": [1.0] * 9 + [50.0], "mg": [1.0] * 9 + ["nan"]}
    for word in words:
        name, _, folder = word.partition("=")
        lines = [f"c{k},{value},0" for k, value in enumerate(distances[name])]
        (Path(folder) / "hd95_raw.csv").write_text("\n".join(["filename,class0,mean", *lines, ""]))
    found = compare_runs(words, data, "hd95")
    assert (found.mean.mean, found.others[0].difference.mean) == (1, 0)
    assert (found.left_out, found.others[0].patients) == ({"mg": 1}, 9)
    assert str(found).endswith("cases without a value, left out of all arms: mg 1")
    (place, *_) = (Path(word.partition("=")[2]) for word in words)
    lines = [f"c{k},nan,0" for k in range(10)]
    (place / "hd95_raw.csv").write_text("\n".join(["filename,class0,mean", *lines, ""]))
    with pytest.raises(UserError, match="hd95: no case has a value in every run; compare by"):
        compare_runs(words, data, "hd95")


def test_a_single_run_is_no_evidence(runs):
    words, data = runs
    found = compare_runs([words[0], words[3]], data, "dice")
    assert (found.mixed, found.others[0].verdict) == (None, "no evidence of gain")


def test_a_run_counts_once(runs, tmp_path):
    """Else one run, named three times, would be evidence of three."""
    words, data = runs[:2]
    place = words[0].partition("=")[2]
    copied = tmp_path / "copied"
    shutil.copytree(place, copied)
    (tmp_path / "link").symlink_to(place)
    for again in (place, f"{place}/.", tmp_path / "link", copied):
        for arm in ("scratch", "mg"):
            with pytest.raises(UserError, match=r"the run of scratch=.* once more, .*; name each"):
                compare_runs([words[0], f"{arm}={again}"], data, "dice")


@pytest.mark.parametrize("values", [range(10), [0.0] * 9 + ["nan"]])
def test_separate_runs_may_come_out_alike(values, runs):
    """Such as two that learned nothing, whatever their figures are."""
    words, data = runs
    for word in words:
        lines = [f"c{k},{value},0" for k, value in enumerate(values)]
        table = Path(word.partition("=")[2]) / "dice_raw.csv"
        table.write_text("\n".join(["filename,class0,mean", *lines, ""]))
    (found,) = compare_runs(words, data, "dice").others
    assert (found.difference.mean, found.seeds) == (0, 3)


def test_arms_of_unlike_many_runs_are_refused(runs):
    words, data = runs
    with pytest.raises(UserError, match=r"seeds \[0, 1\] and \[0, 1, 2\]"):
        compare_runs(words[:-1], data, "dice")
    with pytest.raises(UserError, match="expected NAME=RUN"):
        compare_runs(["runs/a"], data, "dice")


def test_arms_with_numbers_of_labels_are_compared_by_the_area_under_their_curves(runs):
    words, data = runs
    low = [word.replace("=", "@5=", 1) for word in words]
    high = [_raised(word).replace("=", "@20=", 1) for word in words]
    (flat,) = compare_runs(words, data, "dice").others
    found = compare_runs([*low, *high], data, "dice")
    assert found.others[0].name == "mg"
    # both points have the same differences here, so those of the areas are their own mean
    assert found.others[0].difference.mean == pytest.approx(flat.difference.mean)
    assert (found.others[0].verdict, found.mixed) == ("gain", None)
    with pytest.raises(UserError, match="scratch: expected NAME@LABELS"):
        compare_runs([*words[:3], *low[3:], *high[3:]], data, "dice")
    with pytest.raises(UserError, match="mg: runs of 20 labels, others of 5, 20"):
        compare_runs([*low[:3], *high], data, "dice")


def _raised(word):
    """Another run like one, all of its cases better by 0.1."""
    first = Path(word.partition("=")[2])
    head, *rows = (first / "dice_raw.csv").read_text().splitlines()
    cells = (row.split(",") for row in rows)
    lines = [f"{case},{float(value) + 0.1},0" for case, value, _ in cells]
    other = first.with_name(f"{first.name} raised")
    other.mkdir()
    (other / "dice_raw.csv").write_text("\n".join([head, *lines, ""]))
    return word.replace(str(first), str(other))


def test_the_probes_comparison_keeps_its_name():
    """A module of one name with a function of its package takes its place once it is imported."""
    assert callable(medssl.analysis.compare)
