"""The page of what is learnt shows its JSON, and says "learnt" of what the interval shows."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from learning_page import answers, page, row  # noqa: E402
from recipe import recipe  # noqa: E402


def test_the_page_is_that_of_the_figures_beside_it():
    docs = ROOT / "docs"
    assert page(docs / "learning.json") == (docs / "learning.md").read_text(encoding="utf-8")


def run(seed, low, recipe="of some method"):
    skill = {"skill": 0.3, "skill_low": low, "skill_high": 0.5}
    held_out = {**skill, "mse": 0.01, "mse_constant": 0.03, "mse_copy": 0.02}
    return {"seed": seed, "recipe": recipe, "steps": 7, "cpu_minutes": 1.5, "held_out": held_out}


def test_learnt_is_what_every_seed_has_learnt(tmp_path):
    now = recipe("pretrain_rotation")
    cells = row("pretrain_rotation", [run(0, 0.1, now), run(1, 0.2, now)], tmp_path).split(" | ")
    assert cells[0] == "| rotation"
    assert cells[3:7] == [
        "copying the input (0.02)",
        "mse 0.01",
        "0.300 [0.100, 0.500]<br>0.300 [0.200, 0.500]",
        "yes",
    ]
    assert " | 1 of 2 seeds | " in row("pretrain_rotation", [run(0, 0.1), run(1, -0.1)], tmp_path)


def test_figures_of_other_settings_are_said_to_be_so(tmp_path):
    now = recipe("pretrain_rotation")
    line = row("pretrain_rotation", [run(0, 0.1, now), run(1, 0.2, "older")], tmp_path)
    assert line.startswith("| rotation (by earlier settings) | ")


def test_every_trivial_answer_stands_beside_its_figure():
    held_out = {"mse": 0.01, "mse_constant": 0.03, "mse_copy": 0.02, "psnr_copy": 17, "spread": 0.5}
    lines = answers("pretrain_pcrl", held_out)
    assert lines[0] == "| pcrl | mse | 0.01 | the best constant 0.03, copying the input 0.02 |"
    assert lines[1] == "|  | psnr | - | copying the input 17 |"
    assert lines[2].startswith("|  | spread | 0.5 | 0 where ")
