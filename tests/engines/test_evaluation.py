"""Figures know of which weights they are, and whoever reads them beside others says so."""

import json
import os
import zipfile
from types import SimpleNamespace

import pytest

from medssl.engines.evaluation import (
    copy_evaluation,
    note_table,
    note_weights,
    noted,
    of_evaluation,
    of_other_weights,
    read_evaluation,
    refuse_other_weights,
    says,
)
from medssl.errors import UserError
from medssl.files import sha256_of


@pytest.fixture
def evaluated(tmp_path):
    """A folder of weights, and of figures that name them as evaluations do."""
    (tmp_path / "model.pt").write_bytes(b"first")
    engine = SimpleNamespace(state=SimpleNamespace())
    note_weights(engine, tmp_path)
    (tmp_path / "dice_raw.csv").write_text("first")
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
    assert of_evaluation(evaluated, tables) == tables[:1]
    (evaluated / "metrics.json").write_text("{}")
    assert of_evaluation(evaluated, tables) == tables


@pytest.mark.parametrize("text", ["of an evaluation that was killed before its figures", "", None])
def test_a_table_that_is_gone_or_not_as_it_was_written_is_refused(evaluated, text):
    table = evaluated / "dice_raw.csv"
    table.unlink() if text is None else table.write_text(text)
    with pytest.raises(UserError, match=r"dice_raw\.csv: not the table that .*evaluate again$"):
        of_evaluation(evaluated, [table])


def test_links_lead_to_the_weights_whichever_way_one_comes(evaluated):
    """A link to the figures' folder, and weights that are a link, which later leads elsewhere."""
    weights, way = evaluated / "linked" / "model.pt", evaluated / "way"
    for folder in (weights.parent, evaluated / "deep" / "er"):
        folder.mkdir(parents=True)
    weights.symlink_to(evaluated / "model.pt")
    way.symlink_to(evaluated / "deep" / "er")
    engine = SimpleNamespace(state=SimpleNamespace())
    note_weights(engine, weights.parent)
    (way / "metrics.json").write_text(json.dumps(noted(engine, way)))
    places = (way, evaluated / "deep" / "er")
    assert [of_other_weights(place) for place in places] == ["", ""]
    weights.unlink()
    (evaluated / "later.pt").write_bytes(b"second")
    weights.symlink_to(evaluated / "later.pt")
    assert all(f"not of {weights} as it is now" in of_other_weights(place) for place in places)


def test_figures_that_are_copied_name_the_same_weights(evaluated, tmp_path):
    target = tmp_path / "other" / "place"
    target.mkdir(parents=True)
    copy_evaluation(evaluated, target)
    assert read_evaluation(target) == read_evaluation(evaluated)
    assert of_other_weights(target) == ""
    (evaluated / "model.pt").write_bytes(b"second")
    assert str(evaluated / "model.pt") in of_other_weights(target)


@pytest.mark.parametrize("text", ["{}", '{"dice": 1}', None])
def test_figures_that_name_none_are_not_judged(evaluated, text):
    path = evaluated / "metrics.json"
    path.unlink() if text is None else path.write_text(text)
    assert of_other_weights(evaluated) == ""
    assert of_evaluation(evaluated, [evaluated / "iou_raw.csv"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *((text, "no valid JSON") for text in ("", "{")),
        ("[]", "expected a JSON object"),
        ('{"weights": 1}', "damaged .weights: 1, expected an object"),
        ('{"weights": {"file": "model.pt", "sha256": 5}}', "damaged .weights.sha256: 5, expected"),
        ('{"weights": {"file": "model.pt"}}', "damaged .weights without sha256"),
    ],
)
def test_damaged_figures_are_refused(evaluated, text, said):
    (evaluated / "metrics.json").write_text(text)
    with pytest.raises(UserError, match=rf"metrics\.json: {said}.*; evaluate again"):
        refuse_other_weights(evaluated)


def test_tables_of_another_form_are_refused(evaluated):
    (evaluated / "metrics.json").write_text('{"tables": ["dice_raw.csv"]}')
    with pytest.raises(UserError, match=r"damaged .tables: a list, expected an object"):
        of_evaluation(evaluated, [evaluated / "dice_raw.csv"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (5000 * "x", "'x{40}': File name too long"),
        ("x\0", r"'x\\x00': embedded null byte"),
        ("\ud800", r"'\\ud800': .*surrogates not allowed"),
        ("", "'': no name of a file"),
        ("..", r"'\.\.': no name of a file"),
        ("runs/..", r"'runs/\.\.': no name of a file"),
    ],
)
@pytest.mark.parametrize("key", ["weights", "tables", "class_table"])
def test_files_are_named_as_files_can_be(evaluated, key, name, reason):
    content = {"weights": {"file": name, "sha256": ""}, "tables": {name: ""}, "class_table": name}
    (evaluated / "metrics.json").write_text(json.dumps({key: content[key]}))
    with pytest.raises(UserError, match=rf"metrics\.json: damaged \({key}: {reason}\); evaluate"):
        says(evaluated, key)


@pytest.mark.parametrize("key", ["tables", "class_table"])
def test_tables_lie_beside_the_figures_or_in_the_data(evaluated, key):
    name = "../labels.csv"
    content = json.dumps({key: {name: ""} if key == "tables" else name})
    (evaluated / "metrics.json").write_text(content)
    with pytest.raises(UserError, match=rf"damaged \({key}: '{name}': no name of a file\)"):
        says(evaluated, key)


def test_hashes_may_be_in_capitals(evaluated):
    path = evaluated / "metrics.json"
    content = json.loads(path.read_text())
    content["weights"]["sha256"] = content["weights"]["sha256"].upper()
    content["tables"] = {name: sha256.upper() for name, sha256 in content["tables"].items()}
    path.write_text(json.dumps(content))
    assert of_other_weights(evaluated) == ""
    assert of_evaluation(evaluated, [evaluated / "dice_raw.csv"])


@pytest.mark.parametrize("named", [True, False])
def test_an_evaluation_without_a_table_of_cases_says_so(evaluated, named):
    said = {"dice_raw.csv": sha256_of(evaluated / "dice_raw.csv")} if named else {}
    (evaluated / "metrics.json").write_text(json.dumps({"tables": said}))
    with pytest.raises(
        UserError, match=r"metrics\.json: this evaluation wrote no table of cases; e"
    ):
        of_evaluation(evaluated, [])
    with pytest.raises(
        UserError, match=r"cases, iou_raw\.csv beside it is of an earlier one; eval"
    ):
        of_evaluation(evaluated, [evaluated / "iou_raw.csv"])


def test_a_pipe_is_not_waited_for(evaluated):
    (evaluated / "metrics.json").unlink()
    os.mkfifo(evaluated / "metrics.json")
    for read in (refuse_other_weights, read_evaluation):
        with pytest.raises(UserError, match=r"metrics\.json: no file; evaluate again"):
            read(evaluated)
