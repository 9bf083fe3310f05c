"""Figures know of which weights they are, and whoever reads them beside others says so."""

import json
from types import SimpleNamespace

import pytest

from medssl.engines.evaluation import (
    note_weights,
    of_other_weights,
    read_evaluation,
    refuse_other_weights,
)
from medssl.errors import UserError
from medssl.files import sha256_of


@pytest.fixture
def evaluated(tmp_path):
    """A folder of weights, and of figures that name them as evaluations do."""
    (tmp_path / "model.pt").write_bytes(b"first")
    engine = SimpleNamespace(state=SimpleNamespace())
    note_weights(engine, tmp_path)
    content = {"dice": 0.5, "iou": None, "weights": engine.state.weights}
    (tmp_path / "metrics.json").write_text(json.dumps(content))
    return tmp_path


def test_figures_name_their_weights_which_are_no_figure(evaluated):
    noted = json.loads((evaluated / "metrics.json").read_text())["weights"]
    assert noted == {"file": "model.pt", "sha256": sha256_of(evaluated / "model.pt")}
    assert read_evaluation(evaluated) == {"dice": 0.5, "iou": None}


def test_other_weights_beside_them_are_told_and_those_elsewhere_are_not_judged(evaluated):
    refuse_other_weights(evaluated)
    (evaluated / "model.pt").write_bytes(b"second")
    with pytest.raises(UserError, match=r"metrics\.json: not of the model\.pt beside it.*again$"):
        refuse_other_weights(evaluated)
    (evaluated / "model.pt").unlink()
    assert of_other_weights(evaluated) == ""


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"dice": 1}', '{"weights": 1}', '{"weights": {"file": 3}}']
)
def test_figures_that_name_none_are_not_judged(evaluated, text):
    (evaluated / "metrics.json").write_text(text)
    assert of_other_weights(evaluated) == ""


def test_a_name_is_of_this_folder_alone(evaluated):
    outside = evaluated.parent / "outside.pt"
    outside.write_bytes(b"x")
    noted = {"weights": {"file": "../outside.pt", "sha256": "other"}}
    (evaluated / "metrics.json").write_text(json.dumps(noted))
    assert of_other_weights(evaluated) == ""
