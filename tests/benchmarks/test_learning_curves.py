"""Learning curves are those of the runs, beside the answer that needs no learning."""

import json
from pathlib import Path

from learning_curves import draw

RUNS = Path(__file__).resolve().parents[2] / "docs" / "learning.json"


def test_each_seed_has_its_line_over_epochs_in_order():
    runs = {
        "pretrain_pcrl": [
            {"seed": 0, "validation_skill": {"10": 0.2, "5": -0.1}},
            {"seed": 1, "validation_skill": {"5": 0.3}},
        ]
    }
    place = draw(runs).axes[0]
    trivial, first, second = (line.get_xydata().tolist() for line in place.lines)
    assert {y for _, y in trivial} == {0}
    assert first == [[5, -0.1], [10, 0.2]]
    assert second == [[5, 0.3]]
    assert place.get_title() == "pcrl"


def test_every_method_of_the_page_has_a_panel():
    runs = json.loads(RUNS.read_text(encoding="utf-8"))["runs"]
    titled = [place.get_title() for place in draw(runs).axes if place.get_title()]
    assert len(titled) == len(runs)
