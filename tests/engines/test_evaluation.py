"""Figures know of which weights they are, and whoever reads them beside others says so."""

import json
import os
import zipfile
from types import SimpleNamespace

import pytest

from medssl.engines.evaluation import (
    note_table,
    note_weights,
    noted,
    of_evaluation,
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
    note_table(engine, tmp_path / "dice_raw.csv")
    content = {"dice": 0.5, "iou": None, **noted(engine, tmp_path)}
    (tmp_path / "metrics.json").write_text(json.dumps(content))
    judged = tmp_path / "reports" / "judged"
    judged.mkdir(parents=True)
    (judged / "metrics.json").write_text(json.dumps(noted(engine, judged)))
    return tmp_path


def test_figures_name_their_weights_which_are_no_figure(evaluated):
    said = json.loads((evaluated / "metrics.json").read_text())["weights"]
    assert said == {"file": "model.pt", "sha256": sha256_of(evaluated / "model.pt")}
    assert read_evaluation(evaluated) == {"dice": 0.5, "iou": None}


@pytest.mark.parametrize("place", [".", "reports/judged"])
def test_weights_that_are_others_now_are_told_and_those_that_are_gone_not_judged(place, evaluated):
    refuse_other_weights(evaluated / place)
    (evaluated / "model.pt").write_bytes(b"second")
    said = rf"metrics\.json: not of {evaluated / 'model.pt'} as it is now.*again$"
    with pytest.raises(UserError, match=said):
        refuse_other_weights(evaluated / place)
    (evaluated / "model.pt").unlink()
    assert of_other_weights(evaluated / place) == ""


def test_figures_of_a_released_zip_are_those_of_the_weights_in_it(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"first")
    release, engine = tmp_path / "release.zip", SimpleNamespace(state=SimpleNamespace())
    for content in ("first", "second"):
        with zipfile.ZipFile(release, "w") as archive:
            archive.writestr("bundle/models/model.pt", content)
        if content == "first":
            note_weights(engine, release)
            (tmp_path / "metrics.json").write_text(json.dumps(noted(engine, tmp_path)))
        assert bool(of_other_weights(tmp_path)) == (content == "second")
    release.write_bytes(b"no zip")
    assert "but of other weights" in of_other_weights(tmp_path)


def test_a_table_is_of_the_evaluation_that_names_it(evaluated):
    tables = [evaluated / name for name in ("dice_raw.csv", "iou_raw.csv")]
    assert of_evaluation(tables) == tables[:1]
    (evaluated / "metrics.json").write_text("{}")
    assert of_evaluation(tables) == tables


@pytest.mark.parametrize("text", ["{}", '{"dice": 1}', None])
def test_figures_that_name_none_are_not_judged(evaluated, text):
    path = evaluated / "metrics.json"
    path.unlink() if text is None else path.write_text(text)
    assert of_other_weights(evaluated) == ""
    assert of_evaluation([evaluated / "iou_raw.csv"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, "no valid JSON") for text in ("", "{")),
        ("[]", "expected a JSON object"),
        ('{"weights": 1}', "weights are not what an evaluation writes"),
        ('{"weights": {"file": "model.pt", "sha256": 5}}', "weights are not what"),
    ],
)
def test_damaged_figures_are_refused(evaluated, text, said):
    (evaluated / "metrics.json").write_text(text)
    with pytest.raises(UserError, match=rf"metrics\.json: {said}.*; evaluate again"):
        refuse_other_weights(evaluated)


def test_a_pipe_is_not_waited_for(evaluated):
    (evaluated / "metrics.json").unlink()
    os.mkfifo(evaluated / "metrics.json")
    for read in (refuse_other_weights, read_evaluation):
        with pytest.raises(UserError, match=r"metrics\.json: no file; evaluate again"):
            read(evaluated)
