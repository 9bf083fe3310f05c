"""The label-fraction study: which cases it keeps, how long it trains, what it makes of figures."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(FOLDER))

import fraction_page  # noqa: E402
from fraction_page import FAMILIES, draw, summarise, verdict, write_section  # noqa: E402
from label_fraction import CASES, LABELLED, SEEDS, fraction_of, once  # noqa: E402
from medssl.store import select_label_fraction  # noqa: E402

PATIENTS = tuple(f"2.25.{number}" for number in range(6))
GAIN, NOISE = "pretrain_simclr", "pretrain_rotation"


def figures():
    """Dice of 12 nodules in 6 patients: SimCLR 0.2 above scratch, rotation in every other."""
    rng = np.random.default_rng(0)
    runs = {}
    for cases in CASES:
        for seed in SEEDS:
            scratch = rng.uniform(0.3, 0.5, 12)
            shift = {"scratch": 0, GAIN: 0.2, NOISE: 0.1 * (-1) ** (np.arange(12) // 2)}
            for start in FAMILIES:
                values = scratch + shift.get(start, -0.1)
                runs[f"{start}_{cases}_{seed}"] = {
                    f"{PATIENTS[k // 2]}_{k % 2}": float(values[k]) for k in range(12)
                }
    return runs


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fractions_keep_1_2_5_and_20_cases_each_within_the_next(seed):
    items = [{"patient": f"2.25.{number}"} for number in range(LABELLED["training"])]
    kept = [select_label_fraction(items, fraction_of(cases), seed) for cases in CASES]
    assert [len(part) for part in kept] == [1, 2, 5, 20]
    for few, more in pairwise(kept):
        assert all(item in more for item in few)


def test_cells_against_sums_by_hand():
    dice = figures()
    cells = {(cell["cases"], cell["start"]): cell for cell in summarise(dice, CASES, SEEDS)}
    assert len(cells) == 16
    scratch = cells[5, "scratch"]
    by_hand = [sum(dice[f"scratch_5_{seed}"].values()) / 12 for seed in SEEDS]
    assert scratch["dice"]["by_seed"] == pytest.approx(by_hand)
    assert scratch["dice"]["mean"] == pytest.approx(sum(by_hand) / 3)
    assert scratch["dice"]["low"] < scratch["dice"]["mean"] < scratch["dice"]["high"]
    assert "difference" not in scratch
    gain, noise = (cells[5, start]["difference"] for start in (GAIN, NOISE))
    assert [gain[key] for key in ("low", "mean", "high")] == pytest.approx([0.2] * 3)
    assert noise["low"] < 0 < noise["high"]


@pytest.mark.parametrize(
    ("low", "high", "seeds", "words"),
    [
        (-0.01, 0.05, [0.1, 0.1, 0.1], "no evidence of gain"),
        (0.01, 0.05, [0.1, 0.02, 0.01], "gain"),
        (0.01, 0.05, [0.1, -0.02, 0.01], "seeds disagree"),
        (-0.05, -0.01, [-0.1, -0.02, -0.01], "loss"),
    ],
)
def test_verdict(low, high, seeds, words):
    assert verdict({"low": low, "high": high, "by_seed": seeds}) == words


def report():
    run = {"scans": 1, "crops": 3, "steps": 240}
    pretraining = {
        **{"steps": 40, "loss_first_fifth": 2.0, "loss_last_fifth": 1.0},
        "metrics": [{"accuracy": 0.1}, {"accuracy": 0.5}],
    }
    return {
        **{"minutes": 3.0, "test_scans": 6, "test_nodules": 12},
        "cells": summarise(figures(), CASES, SEEDS),
        "fine_tuning": {"one": run, "two": {**run, "crops": 2}},
        "pretraining": {f"{NOISE}_{seed}": pretraining for seed in SEEDS},
    }


def test_only_the_section_is_written_anew(tmp_path):
    page = tmp_path / "results.md"
    begin, end = "<!-- label fraction: begin -->", "<!-- label fraction: end -->"
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    write_section(report(), page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "\nold\n" not in text
    assert "SYNTHETIC" in text
    assert text.count("+0.200 [+0.200, +0.200]; seeds +0.20 +0.20 +0.20; gain") == len(CASES)
    assert text.count("no evidence of gain |") == len(CASES)
    assert '4 "gain"' in text
    assert "2-3 nodules" in text
    write_section(report(), page)
    assert page.read_text() == text


def test_a_page_without_markers_is_refused(tmp_path):
    page = tmp_path / "results.md"
    page.write_text("nothing\n")
    with pytest.raises(SystemExit, match="lacks the lines"):
        write_section(report(), page)


def test_the_picture_is_drawn_from_the_cells(tmp_path):
    cells = summarise(figures(), CASES, SEEDS)
    draw(cells, tmp_path / "one.png")
    for cell in cells:
        cell["dice"]["mean"] = 0.9
    draw(cells, tmp_path / "two.png")
    one, two = (fraction_page.plt.imread(tmp_path / name) for name in ("one.png", "two.png"))
    assert one.std() > 0
    assert one.shape != two.shape or not np.allclose(one, two)


def test_what_is_finished_is_not_done_again_unless_asked_for_otherwise(tmp_path):
    calls = []

    def make():
        calls.append(1)
        return {"dice": 0.5}

    first = once(tmp_path / "run", {"seed": 0}, make)
    assert once(tmp_path / "run", {"seed": 0}, make) == first
    assert (len(calls), first["dice"]) == (1, 0.5)
    with pytest.raises(SystemExit, match="other settings"):
        once(tmp_path / "run", {"seed": 1}, make)
