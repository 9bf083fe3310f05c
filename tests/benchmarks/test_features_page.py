"""The page of what features know claims no more than the paired intervals show."""

import json
from pathlib import Path

import pytest

from features_page import counts, means, page, row, section, summary, verdict

from .features_samples import run

ROOT = Path(__file__).resolve().parents[2]


def test_beats_is_said_where_every_interval_lies_above_0():
    cells = row("pretrain_some_method", "region", "linear", [run(0, 0.1), run(1, 0.2)]).split(" | ")
    assert cells[0] == "| some method"
    assert cells[2] == "0.20 [0.10, 0.40]<br>0.20 [0.20, 0.40]"
    assert cells[-1] == "yes |"
    assert verdict([(0.2, 0.1, 0.4), (0.2, -0.1, 0.4)]) == "1 of 2 seeds"
    assert verdict([(0.2, -0.1, 0.4)]) == "no"
    assert verdict([(0.2, 0.0, 0.4)]) == "no"
    assert verdict([(0.9, None, None)]) == "-"


def test_a_page_has_a_section_for_what_was_asked(tmp_path):
    runs = {"pretrain_x": [run(0, 0.1), run(1, 0.1, name="liver", patients=1)]}
    assert "5 patients: x y 7 crops of 2 patients. Score: AUC, chance 0.50." in section(
        "region", runs
    )
    assert "1 patient: x y 7 crops. Score" in section("liver", runs)
    assert section("nodule", runs) == ""
    (tmp_path / "features.json").write_text(json.dumps({"runs": runs}))
    text = page(tmp_path / "features.json")
    assert text.count("\n## ") == 2
    assert "{" not in text


@pytest.mark.skipif(not (ROOT / "docs/features.json").is_file(), reason="not measured yet")
def test_the_page_is_that_of_the_figures_beside_it():
    docs = ROOT / "docs"
    assert page(docs / "features.json") == (docs / "features.md").read_text(encoding="utf-8")


def test_seeds_share_a_line_of_what_does_not_hang_on_them():
    shown = row("pretrain_x", "region", "kNN", [run(0, 0.1), run(1, 0.1)])
    cells = shown.split(" | ")
    assert [cell.count("<br>") for cell in cells[2:7]] == [1, 0, 0, 1, 1]


def test_the_summary_names_what_is_won_with_every_seed():
    runs = {"pretrain_a": [run(0, 0.1), run(1, 0.2)], "pretrain_b": [run(0, 0.1), run(1, -0.2)]}
    assert summary(runs).splitlines()[2:] == ["| a | 2 | linear, kNN |", "| b | 2 | - |"]


def test_losses_are_counted_as_wins_are():
    lost = run(1, 0.1)
    for each in lost["answers"]["region"].values():
        each["over_untrained"] = [-0.2, -0.3, -0.1]
    told = counts({"pretrain_a": [run(0, 0.1)], "pretrain_b": [run(0, 0.1), lost]})
    assert told.startswith("Of all 6 comparisons")
    assert "4 intervals lie above 0 and 2 below it" in told


def test_of_slices_nothing_is_won_and_of_other_scans_no_page_is_made():
    slices = {"pretrain_a": [run(0, 0.1, name="thickness")]}
    assert "linear" not in summary(slices)
    assert "knows more than the untrained" in section("thickness", slices)
    with pytest.raises(SystemExit, match="different held-out scans"):
        section("region", {"pretrain_a": [run(0, 0.1), run(1, 0.1, patients=6)]})


def test_the_mean_of_seeds_stands_beside_them():
    answers = run(0, 0.1)["answers"]
    together = {"pretrain_a": {"weights": ["x", "y"], "answers": answers}}
    over = answers["region"]["linear"]["over_untrained"]
    shown = f"{over[0]:.2f} [{over[1]:.2f}, {over[2]:.2f}]"
    lines = means(together).splitlines()
    assert lines[0] == "| method | seeds | classifier | region |"
    assert lines[2] == f"| a | 2 | linear | {shown} |"
