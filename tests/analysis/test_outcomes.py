"""Every task's tables become rows of case, patient, class, metric and value."""

import csv
import json
import math
from contextlib import nullcontext

import pytest
import torch
from ignite.engine import Engine, Events

from medssl.analysis.outcomes import CORRECT, Outcome, read_outcomes, refuse_others, write_outcomes
from medssl.engines import SaveCandidates, SaveMetrics, SavePredictions
from medssl.engines.evaluated_data import note_data
from medssl.engines.evaluation import read_evaluation
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.store.contract import ScanContract
from medssl.study.result import RESULT


@pytest.fixture
def data(tmp_path):
    """A prepared folder as far as its list goes: three scans of two patients."""
    folder = tmp_path / "data"
    (folder / "volumes").mkdir(parents=True)
    owners = {"a": "ann", "b_1": "ann", "c,d": "cem"}
    items = [
        {"id": name, "patient": owner, "image": f"volumes/{name}.b2nd"}
        for name, owner in owners.items()
    ]
    listing = {"test": items, "scan": ScanContract((1.0,) * 3).as_dict()}
    (folder / "datalist.json").write_text(json.dumps(listing))
    return folder


def test_scans_of_a_segmentation_have_a_row_for_each_class_and_their_mean(tmp_path, data):
    (tmp_path / "dice_raw.csv").write_text(
        'filename,liver,tumour,mean\na,0.9,0.5,0.7\nb_1,0.8,nan,0.8\n"c,d",0.7,0.1,0.4\n'
    )
    (tmp_path / "iou_raw.csv").write_text("filename,class0,mean\na,0.9,0.9\n")
    found = read_outcomes(tmp_path, data)
    assert Outcome("a", "ann", "tumour", "dice", 0.5) in found
    assert Outcome("c,d", "cem", "mean", "dice", 0.4) in found
    assert [each.label for each in found if each.metric == "iou"] == ["class0"]
    (absent,) = (each for each in found if each[:3] == ("b_1", "ann", "tumour"))
    assert math.isnan(absent.value)
    assert len(found) == 10


def test_tables_of_other_weights_than_those_beside_them_are_refused(tmp_path, data):
    (tmp_path / "iou_raw.csv").write_text("filename,class0,mean\na,0.9,0.9\n")
    (tmp_path / "model.pt").write_bytes(b"weights")
    for sha256 in (sha256_of(tmp_path / "model.pt"), "other"):
        noted = {"iou": 0.9, "weights": {"file": "model.pt", "sha256": sha256}}
        (tmp_path / "metrics.json").write_text(json.dumps(noted))
        if sha256 != "other":
            assert len(read_outcomes(tmp_path, data)) == 1
    with pytest.raises(UserError, match=r"metrics\.json: not of .*model\.pt as it is now"):
        read_outcomes(tmp_path, data)


def test_tables_that_an_earlier_evaluation_has_left_are_not_read(tmp_path, data):
    for name in ("dice", "iou"):
        (tmp_path / f"{name}_raw.csv").write_text("filename,class0,mean\na,0.9,0.9\n")
    (tmp_path / "predictions.csv").write_text("case,label,patient,predicted\na,x,ann,x\n")
    assert {each.metric for each in read_outcomes(tmp_path, data)} == {"dice", "iou", "correct"}
    noted = {"tables": {"iou_raw.csv": sha256_of(tmp_path / "iou_raw.csv")}}
    (tmp_path / "metrics.json").write_text(json.dumps(noted))
    assert {each.metric for each in read_outcomes(tmp_path, data)} == {"iou"}


def test_tables_of_scans_that_were_others_then_are_refused(tmp_path, data):
    (tmp_path / "iou_raw.csv").write_text("filename,class0,mean\na,0.9,0.9\n")
    (tmp_path / "metrics.json").write_text(json.dumps({"data": {"a": "voxels_sha256:1"}}))
    listing = json.loads((data / "datalist.json").read_text())
    for sha256, told in (
        ("1", ""),
        ("2", "other voxels or another label of a than"),
        ("", "has voxels_sha256 of a, but the data list has none"),
    ):
        listing["test"][0]["voxels_sha256"] = sha256
        (data / "datalist.json").write_text(json.dumps(listing))
        with pytest.raises(UserError, match=told) if told else nullcontext():
            assert len(read_outcomes(tmp_path, data)) == 1


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("dice_raw.csv", "filename,class0,mean\na_0,.1,.1\nb_1_0,.2,.2\n"),
        ("predictions.csv", "case,label,patient,predicted\na,x,ann,x\nb_1,x,ann,x\n"),
        ("candidates.csv", "seriesuid,coordX,coordY,coordZ,probability\na,1,2,3,1\nb_1,1,2,3,1\n"),
    ],
)
def test_cases_that_the_figures_do_not_know_are_refused(tmp_path, data, name, table):
    (data / "candidates.csv").write_text(table.replace("probability", "class"))
    (tmp_path / name).write_text(table)
    for known in ({}, {"a": "", "b_1": ""}):
        (tmp_path / "metrics.json").write_text(json.dumps({"data": known}))
        assert read_outcomes(tmp_path, data)
    (tmp_path / "metrics.json").write_text(json.dumps({"data": {"a": "", "z": ""}}))
    told = rf"{name}: b_1(_0)? is of no scan that metrics\.json beside it knows .*; evaluate again$"
    with pytest.raises(UserError, match=told):
        read_outcomes(tmp_path, data)


def test_objects_belong_to_the_patient_of_their_scan(tmp_path, data):
    (tmp_path / "dice_raw.csv").write_text("filename,class0,mean\na_0,.1,.1\nb_1_0,.2,.2\n")
    owners = {each.case: each.patient for each in read_outcomes(tmp_path, data)}
    assert owners == {"a_0": "ann", "b_1_0": "ann"}


def test_candidates_get_their_class_from_the_table_and_their_patient_from_the_list(tmp_path, data):
    head = "seriesuid,coordX,coordY,coordZ,"
    (data / "candidates.csv").write_text(f"{head}class\na,1.10,2,3,1\na,4,5,6,0\nb_1,1.1,2,3,0\n")
    judged = f"{head}probability\nb_1,1.1,2.0,3.0,0.25\na,1.1,2.0,3.0,0.75\na,4.0,5.0,6.0,0.5\n"
    (tmp_path / "candidates.csv").write_text(judged)
    found = read_outcomes(tmp_path, data)
    said = [each for each in found if each.metric == "probability_1"]
    assert {(*each[1:3], each.value) for each in said} == {
        ("ann", "0", 0.25),
        ("ann", "1", 0.75),
        ("ann", "0", 0.5),
    }
    right = {each.case: each.value for each in found if each.metric == "correct"}
    assert right == {"a/1.1/2/3": 1, "a/4/5/6": 0, "b_1/1.1/2/3": 1}
    (tmp_path / "candidates.csv").write_text(f"{head}probability\na,1.1,2.0,3.5,0.75\n")
    with pytest.raises(UserError, match="line 2: no candidate of this split"):
        read_outcomes(tmp_path, data)
    (tmp_path / "candidates.csv").write_text(f"{head}probability\n")
    with pytest.raises(UserError, match=r"candidates.csv: no row below line 1; evaluate again"):
        read_outcomes(tmp_path, data)


def test_a_candidate_counts_as_often_as_its_table_has_it(tmp_path, data):
    """Tables may have a position twice, also by two classes; an evaluation keeps their order."""
    head = "seriesuid,coordX,coordY,coordZ,"
    (data / "candidates.csv").write_text(f"{head}class\na,1,2,3,1\na,4,5,6,0\na,1,2,3,0\n")
    rows = ["a,1.0,2.0,3.0,0.9", "a,4.0,5.0,6.0,0.1", "a,1.0,2.0,3.0,0.2"]
    table = tmp_path / "candidates.csv"
    table.write_text("\n".join([f"{head}probability", *rows]) + "\n")
    right = [each.value for each in read_outcomes(tmp_path, data) if each.metric == "correct"]
    assert right == [1, 1, 1]
    table.write_text("\n".join([f"{head}probability", *rows, rows[1]]) + "\n")
    with pytest.raises(UserError, match=r"line 5: no candidate .* or once more than there; name"):
        read_outcomes(tmp_path, data)


def test_candidates_that_were_judged_against_other_classes_are_refused(tmp_path, data):
    head, table = "seriesuid,coordX,coordY,coordZ,", tmp_path / "candidates.csv"
    engine = Engine(lambda engine, batch: [{"pred": torch.tensor([0.2, 0.9]), "label": [0, 1]}])
    SaveCandidates(table).attach(engine)
    SaveMetrics(tmp_path / "metrics.json").attach(engine)
    engine.run([[{"case": "a", "world_mm": torch.tensor([[4.0, 5, 6], [1, 2, 3]])}]])
    (data / "candidates.csv").write_text(f"{head}class\na,1,2,3,1\na,4,5,6,0\nb,7,8,9,1\n")
    assert {each.value for each in read_outcomes(tmp_path, data) if each.metric == "correct"} == {1}
    (data / "candidates.csv").write_text(f"{head}class\na,1,2,3,0\na,4,5,6,0\nb,7,8,9,1\n")
    with pytest.raises(UserError, match=r"candidates.csv: judged against other classes .*again$"):
        read_outcomes(tmp_path, data)


@pytest.mark.parametrize("table", ["data/labels.csv", "labels.csv"])
def test_predictions_that_were_judged_against_other_classes_are_refused(tmp_path, data, table):
    """Those of a table that is not the prepared folder's own are not judged."""
    place = torch.tensor([1.5, 2, -0.1], dtype=torch.float64)
    same = {"row": 2, "patient": "ann", "world_mm": place}
    labels = {"a": 0, "b_1": 1}
    cases = [{"case": case, "label": label, **same} for case, label in labels.items()]
    engine = Engine(lambda engine, batch: [{"pred": torch.tensor([[0.2, 0.8]])}] * 2)
    items = [
        {"id": case, "image": str(data / f"volumes/{case}.b2nd"), "table": str(tmp_path / table)}
        for case in labels
    ]
    engine.add_event_handler(Events.STARTED, note_data, items)
    SavePredictions(tmp_path / "predictions.csv", ("ok", "bad")).attach(engine)
    SaveMetrics(tmp_path / "metrics.json").attach(engine)
    engine.run([cases])
    text = "case,label,x,y,z\na,ok,1.50,2,-.1\nb_1,bad,1.5,2,-0.1\nc,ok,1,2,3\n"
    (tmp_path / table).write_text(text)
    own = table.startswith("data")
    assert ("class_table" in json.loads((tmp_path / "metrics.json").read_text())) == own
    right = {each[0][0]: each.value for each in read_outcomes(tmp_path, data) if each[3] == CORRECT}
    assert right == {"a": 0, "b": 1}
    assert "class_table" not in read_evaluation(tmp_path)
    for others in (text.replace("b_1,bad", "b_1,ok"), text.replace("bad,1.5", "bad,1.6")):
        (tmp_path / table).write_text(others)
        refused = pytest.raises(UserError, match=r"s.csv: line 3: judged as bad, but .* again$")
        with refused if own else nullcontext():
            read_outcomes(tmp_path, data)


def test_classes_of_regions_keep_their_place(tmp_path, data):
    (tmp_path / "predictions.csv").write_text(
        "case,x,y,z,label,patient,predicted,probability_ok,probability_bad\n"
        "a,1,2,3,bad,ann,ok,0.6,0.4\na,9,2,3,ok,ann,ok,0.7,0.3\n"
    )
    found = read_outcomes(tmp_path, data)
    assert Outcome("a/1/2/3", "ann", "bad", "probability_bad", 0.4) in found
    assert [each.value for each in found if each.metric == "correct"] == [0, 1]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("filename,class0,mean\nz,.1,.1\n", "z is no case of this split"),
        ("filename,class0,mean\na,.1\n", "line 2 has other columns"),
        ("filename,class0,mean\na,x,.1\n", "'x', expected a number"),
        (
            "filename,class0,mean\na,.1,.1\na,.2,.2\n",
            "dice_raw.csv: several rows of 'a', expected one",
        ),
        ("", "dice_raw.csv: empty, expected a row for each case; evaluate again"),
        (None, r"no \*_raw.csv, candidates.csv or predictions.csv"),
    ],
)
def test_tables_that_say_nothing_are_refused(table, words, tmp_path, data):
    if table is not None:
        (tmp_path / "dice_raw.csv").write_text(table)
    with pytest.raises(UserError, match=words):
        read_outcomes(tmp_path, data)


def test_predictions_of_an_inference_are_no_outcomes(tmp_path, data):
    (tmp_path / "predictions.csv").write_text("case,predicted,probability_a\na,a,1\n")
    with pytest.raises(UserError, match="says nothing of what is right"):
        read_outcomes(tmp_path, data)


def test_outcomes_are_written_as_they_are(tmp_path):
    write_outcomes([Outcome("c,d", "cem", "mean", "dice", 0.25)], tmp_path / "o.csv")
    with (tmp_path / "o.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["case", "patient", "label", "metric", "value"],
        ["c,d", "cem", "mean", "dice", "0.25"],
    ]


HEAD = ",".join(Outcome._fields)


def test_outcomes_do_not_replace_what_is_none(tmp_path):
    place = tmp_path / "test" / "o.csv"
    place.parent.mkdir()
    refuse_others(place)
    for content in ("filename,class0\na,1\n", "case,patient", "{}", f"{HEAD},mine\na", HEAD * 9):
        place.write_text(content)
        with pytest.raises(UserError, match=r"o\.csv: there already, and no table of outcomes"):
            refuse_others(place)
    place.write_text("")
    refuse_others(place)
    write_outcomes([Outcome("a", "ann", "mean", "dice", 0.25)], place)
    refuse_others(place)
    (tmp_path / RESULT).touch()
    with pytest.raises(UserError, match=r"o\.csv: there already, of the result\.json of a study"):
        refuse_others(place)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nobody,x,ann,x", "nobody is no case of this split; name the data, --split"),
        ("a,x,cem,x", "a of cem is no case of this split"),
    ],
)
def test_predictions_are_of_cases_of_the_split(tmp_path, data, row, words):
    (tmp_path / "predictions.csv").write_text(f"case,label,patient,predicted\n{row}\n")
    with pytest.raises(UserError, match=words):
        read_outcomes(tmp_path, data)


def test_a_scan_is_predicted_once_and_its_regions_as_the_table_of_classes_has_them(tmp_path, data):
    head, place = "case,label,patient,predicted", ",1,2,3"
    (tmp_path / "predictions.csv").write_text(f"{head},x,y,z\n" + 2 * f"a,x,ann,x{place}\n")
    assert len(read_outcomes(tmp_path, data)) == 2
    (tmp_path / "predictions.csv").write_text(f"{head}\n" + 2 * "a,x,ann,x\n")
    with pytest.raises(UserError, match=r"predictions.csv: several rows of 'a', expected one"):
        read_outcomes(tmp_path, data)


def test_predictions_without_a_column_and_figures_that_lead_nowhere_are_refused(tmp_path, data):
    (tmp_path / "predictions.csv").write_text("label,patient,predicted\nx,ann,x\n")
    with pytest.raises(UserError, match="says nothing of what is right"):
        read_outcomes(tmp_path, data)
    (tmp_path / "metrics.json").symlink_to("gone.json")
    with pytest.raises(UserError, match=r"metrics.json: a link to nothing; evaluate again"):
        read_outcomes(tmp_path, data)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,x,ann,,0.4,0.6", "line 2: predicted '' is no class"),
        ("a,x,ann,z,0.4,0.6", "line 2: predicted 'z' is no class"),
        ("a,x,ann,x,0.4,1.5", "1.5, expected a probability, 0 to 1"),
        ("a,x,ann,x,nan,0.6", "nan, expected a probability"),
    ],
)
def test_predictions_are_classes_and_probabilities(tmp_path, data, row, words):
    head = "case,label,patient,predicted,probability_x,probability_y"
    (tmp_path / "predictions.csv").write_text(f"{head}\n{row}\n")
    with pytest.raises(UserError, match=rf"predictions\.csv: {words}.*; evaluate again"):
        read_outcomes(tmp_path, data)
