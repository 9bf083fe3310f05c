"""Overlap between pretraining and test scans is found, named and refused."""

import json
import zipfile

import pytest

from medssl.errors import UserError
from medssl.transfer import audit, refuse_overlap


def item(name, patient=None, sha="0"):
    return {"id": name, "patient": patient or name, "scan_sha256": sha, "image": f"{name}.b2nd"}


SEEN = {
    "training": [item("a", "P1", "11"), item("b", "P2", "22")],
    "validation": [item("c", "P3", "33")],
}


@pytest.fixture
def weights(tmp_path):
    """A bundle folder that was trained on ``SEEN``."""
    models = tmp_path / "bundle" / "models"
    models.mkdir(parents=True)
    (models / "provenance.json").write_text(json.dumps({"run": {"data": SEEN}}))
    return tmp_path / "bundle"


@pytest.fixture
def task(tmp_path):
    """Write a prepared folder with this test split."""

    def write(*tested):
        folder = tmp_path / "task"
        folder.mkdir(exist_ok=True)
        listing = {"training": [item("a", "P1", "11")], "validation": [], "test": list(tested)}
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
        (item("x", "P3", "99"), "patient or id P3, in its validation"),
        (item("b", "P9", "99"), "patient or id b, in its training"),
        (item("P1", "P9", "99"), "patient or id P1, in its training"),
    ],
)
def test_scan_patient_and_id_are_compared(weights, task, tested, reason):
    folder = task(item("y"), tested)
    (overlap,) = audit(weights, folder).overlaps
    assert (overlap.case, overlap.reason) == (tested["id"], reason)
    with pytest.raises(UserError, match=r"1 of 2 test scans overlap.*allow_overlap") as error:
        refuse_overlap(str(weights), folder)
    assert "\n" not in str(error.value)
    assert refuse_overlap(str(weights), folder, allow_overlap=True).overlaps


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


def test_nothing_to_compare(weights, task, tmp_path):
    assert refuse_overlap(None, task(item("a"))) is None
    assert refuse_overlap(str(weights), tmp_path) is None
    assert refuse_overlap(str(weights), task()) is None


def test_a_damaged_record_is_one_line(weights, task):
    (weights / "models" / "provenance.json").write_text("{")
    with pytest.raises(UserError, match=r"provenance\.json: no valid JSON"):
        audit(weights, task(item("x")))
