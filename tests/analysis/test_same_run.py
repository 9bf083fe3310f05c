"""A run is known again by its folder or by its weights, and by no figures."""

import json
import shutil

import pytest

from medssl.analysis.same_run import marks_of_run
from medssl.errors import UserError

from .evaluations import note_own_weights


@pytest.fixture
def runs(tmp_path):
    """Two that came out alike."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        note_own_weights(tmp_path / name)
        (tmp_path / name / "dice_raw.csv").write_text("filename,class0,mean\nc0,0,0\n")
    return tmp_path / "one", tmp_path / "other"


def test_a_folder_is_itself_by_any_name(runs):
    one, other = runs
    other.with_name("link").symlink_to(one)
    for name in (str(one), f"{other}/../one/.", other.with_name("link")):
        assert marks_of_run(name) == marks_of_run(one)
    assert marks_of_run(one).isdisjoint(marks_of_run(other))


def test_a_copy_is_known_by_the_weights_that_it_names(runs):
    copied = shutil.copytree(runs[0], runs[0].with_name("copied"))
    said = json.loads((copied / "metrics.json").read_text())
    said["weights"]["sha256"] = said["weights"]["sha256"].upper()
    (copied / "metrics.json").write_text(json.dumps(said))
    (copied / "model.pt").unlink()  # which nobody looks for
    assert len(marks_of_run(copied) & marks_of_run(runs[0])) == 1
    for folder in (copied, runs[0]):
        (folder / "metrics.json").write_text('{"dice": 0.0}')
    assert marks_of_run(copied) == {str(copied.resolve())}


def test_damage_is_told(runs):
    (runs[0] / "metrics.json").write_text("{")
    with pytest.raises(UserError, match=r"metrics\.json: no valid JSON"):
        marks_of_run(runs[0])
