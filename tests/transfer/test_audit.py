"""Overlap between what weights have seen and test scans is found, named and refused."""

import json
import zipfile

import pytest
from ignite.engine import Engine

from medssl.errors import UserError
from medssl.store.contract import SCAN, ScanContract
from medssl.transfer import audit, refuse_overlap, refuse_seen


def item(name, patient=None, sha="0"):
    return {"id": name, "patient": patient or name, "scan_sha256": sha, "image": f"{name}.b2nd"}


SEEN = {
    "training": [item("a", "P1", "11"), item("b", "P2", "22")],
    "validation": [item("c", "P3", "33")],
}
OLDER = {"name": "older", "sha256": "1", "data": {"training": [item("o", "P7", "77")]}}
FOREIGN = {"name": "foreign.pt", "sha256": "2", "data": None}


def write_weights(folder, *ancestors):
    models = folder / "models"
    models.mkdir(parents=True)
    record = {"run": {"data": SEEN}, "ancestors": [{**one, "licence": []} for one in ancestors]}
    (models / "provenance.json").write_text(json.dumps(record))
    return folder


@pytest.fixture
def weights(tmp_path):
    """A bundle folder that was trained on ``SEEN``."""
    return write_weights(tmp_path / "bundle")


@pytest.fixture
def task(tmp_path):
    """Write a prepared folder with this test split."""

    def write(*tested):
        folder = tmp_path / "task"
        folder.mkdir(exist_ok=True)
        splits = {"training": [item("a", "P1", "11")], "validation": [], "test": list(tested)}
        listing = {SCAN: ScanContract().as_dict(), **splits}
        (folder / "datalist.json").write_text(json.dumps(listing))
        return folder

    return write


def test_training_scans_of_the_task_may_be_those_of_the_pretraining(weights, task):
    report = audit(weights, task(item("x"), item("y")))
    assert (report.overlaps, report.tested, report.seen) == ((), 2, 3)
    assert "0 of 2 test scans overlap with the 3 scans" in str(report)


@pytest.mark.parametrize(
    ("tested", "reason"),
    [
        (item("x", "P9", "22"), "the same scan, in its training"),
        (item("x", "P3", "99"), "patient P3, in its validation"),
    ],
)
def test_scan_and_patient_are_compared(weights, task, tested, reason):
    folder = task(item("y"), tested)
    (overlap,) = audit(weights, folder).overlaps
    assert (overlap.case, overlap.reason) == (tested["id"], reason)
    with pytest.raises(UserError, match=r"1 of 2 test scans overlap.*allow_overlap") as error:
        refuse_overlap(str(weights), folder)
    assert "\n" not in str(error.value)
    assert refuse_overlap(str(weights), folder, allow_overlap=True).overlaps


def test_another_scan_of_the_same_name_is_a_warning(weights, task, capsys):
    report = refuse_overlap(str(weights), task(item("b", sha="99"), item("y")))
    assert report.overlaps == ()
    assert "0 of 2 test scans overlap" in str(report)
    assert "1 of 2 test scans share only a name with other scans" in str(report)
    assert "b (name b, in its training)" in capsys.readouterr().out


def test_ancestors_count(tmp_path, task):
    tuned = write_weights(tmp_path / "tuned", OLDER, FOREIGN)
    report = audit(tuned, task(item("x", "P7", "78"), item("y")))
    assert [one.reason for one in report.overlaps] == ["patient P7, in its training"]
    assert report.seen is None
    own, older, foreign = report.lines()
    assert own.startswith("0 of 2 test scans overlap with the 3 scans")
    assert older.startswith("1 of 2 test scans overlap with the 1 scans of older: x (patient P7")
    assert "foreign.pt: no provenance.json" in foreign
    assert "cannot be checked" in foreign


def test_every_kind_of_source_is_read(weights, task, tmp_path):
    folder, models = task(item("a", "P1", "11")), weights / "models"
    (models / "model.pt").touch()
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.write(models / "provenance.json", "bundle/models/provenance.json")
    for source in (weights, models, models / "model.pt", tmp_path / "b.zip"):
        assert len(audit(source, folder).overlaps) == 1


def test_unknown_origin_is_said_and_does_not_stop(tmp_path, task, capsys):
    (tmp_path / "other.pt").touch()
    assert refuse_overlap(str(tmp_path / "other.pt"), task(item("x"))).seen is None
    assert "cannot be checked" in capsys.readouterr().out


def test_raw_scans_cannot_be_compared(tmp_path, task):
    raw = {"name": "raw", "sha256": "", "data": {"training": [{}, {}]}}
    report = audit(write_weights(tmp_path / "tuned", raw), task(item("x")))
    assert "raw: 2 of its scans cannot be compared" in str(report)
    assert report.unknown == ("raw",)
    unnamed = audit(tmp_path / "tuned", task({"id": "x", "patient": "x", "image": "x.nii"}))
    assert "1 of the tested scans cannot be compared" in str(unnamed)


def test_nothing_to_compare(weights, task, tmp_path):
    assert refuse_overlap(None, task(item("a"))) is None
    assert refuse_overlap(str(weights), tmp_path) is None
    assert refuse_overlap(str(weights), task()) is None


@pytest.mark.parametrize("there", [True, False])
def test_where_no_weights_are_nothing_is_said_of_them(tmp_path, task, there):
    """A misspelt folder is not one that has seen nothing."""
    if there:
        (tmp_path / "typo").mkdir()
    with pytest.raises(UserError, match=r"typo.*: no such file"):
        audit(tmp_path / "typo", task(item("x")))


def test_a_damaged_record_is_one_line(weights, task):
    (weights / "models" / "provenance.json").write_text("{")
    with pytest.raises(UserError, match=r"provenance\.json: damaged"):
        audit(weights, task(item("x")))


def evaluate(folder, data, dataset_dir, **options):
    """The metrics of an evaluation after the step that looks for seen scans."""
    evaluator = Engine(lambda engine, batch: None)
    refuse_seen(folder, evaluator, data, dataset_dir, **options)
    evaluator.run([0])
    return evaluator.state.metrics


def test_a_model_is_not_scored_on_what_it_has_seen(weights, task):
    folder, data = task(item("x")), [{**item("x", sha="33"), "split": "test"}]
    models = weights / "models"
    with pytest.raises(UserError, match=r"1 of 1 test scans.*x \(the same scan, in its validat"):
        evaluate(models, data, folder)
    assert evaluate(models, data, folder, allow_overlap=True) == {
        "overlap_count": 1,
        "overlap_scans": ["x: the same scan, in its validation"],
    }
    assert evaluate(models, [item("x")], folder) == {}


def test_an_evaluation_says_that_an_ancestor_is_unknown(tmp_path, task):
    models = write_weights(tmp_path / "tuned", FOREIGN) / "models"
    metrics = evaluate(models, [item("x")], task(item("x")))
    assert metrics == {"overlap_unknown": ["foreign.pt"]}
    assert refuse_seen(tmp_path / "none", Engine(print), [item("x")], tmp_path) is None
