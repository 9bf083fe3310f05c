"""What is written anywhere but in the output folder is counted, wherever that is."""

import io
import os
import random
import stat
import tempfile
import zipfile
from pathlib import Path

import pytest

from fuzz import kinds_configs, of_trees, of_zips
from fuzz.campaign import Campaign
from fuzz.kind import ABSOLUTE, IN, Damage, Kind
from fuzz.page import record, section
from fuzz.verdict import OUTSIDE, SAME


def make(folder):
    (folder / "a.txt").write_text("good")


def other(_rng, _content):
    return Damage("other", b"bad")


def kind_of(act):
    """Where the file is not the good one, something is done beside; the result is the same."""

    def use(case):
        if (case / IN / "a.txt").read_text() == "bad":
            act(case)
        return "read"

    return Kind("kind", make, use, {"a.txt": other}, 1)


def write_at_home(_case):
    (Path.home() / ".cache").mkdir()


def write_into_the_users_cache(_case):
    Path(os.environ.get("XDG_CACHE_HOME", "~/cache")).expanduser().write_text("x")


def leave_a_temporary_file(_case):
    with tempfile.NamedTemporaryFile(delete=False):
        pass


def leave_a_temporary_folder(_case):
    tempfile.mkdtemp()


def write_to_an_absolute_path(_case):
    Path(ABSOLUTE).write_text("x")


def make_a_folder_beside(case):
    (case / "new").mkdir()


def link_elsewhere(case):
    (case / "link").symlink_to("/")


def clear_away(_case):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a").write_text("x")


@pytest.mark.parametrize(
    ("act", "place"),
    [
        (write_at_home, "home/.cache"),
        (write_into_the_users_cache, "home/cache"),
        (leave_a_temporary_file, "tmp/"),
        (leave_a_temporary_folder, "tmp/"),
        (write_to_an_absolute_path, "outside"),
        (make_a_folder_beside, "new"),
        (link_elsewhere, "link"),
    ],
)
def test_what_is_left_there_is_counted(act, place, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "of the user"))
    (tried,) = Campaign(kind_of(act), tmp_path, 0).run([0])
    assert tried.verdict.what == OUTSIDE
    assert tried.verdict.detail.startswith(place)


def test_what_is_cleared_away_is_not(tmp_path):
    (tried,) = Campaign(kind_of(clear_away), tmp_path, 0).run([0])
    assert tried.verdict.what == SAME


def test_every_absolute_path_that_damage_puts_in_is_watched():
    put_in = [*of_trees.ESCAPES, *of_zips._NAMES, *kinds_configs._VALUES]
    assert {path for path in put_in if path.startswith("/")} == {ABSOLUTE}
    a_zip = io.BytesIO()
    with zipfile.ZipFile(a_zip, "w") as archive:
        archive.writestr("a", "content")
    linked = of_zips._rewritten(random.Random(0), a_zip.getvalue(), "link")
    with zipfile.ZipFile(io.BytesIO(linked)) as archive:
        assert archive.read("a") == ABSOLUTE.encode()
        assert stat.S_ISLNK(archive.getinfo("a").external_attr >> 16)


def test_a_good_example_that_leaves_something_is_none(tmp_path):
    kind = Kind("kind", make, leave_a_temporary_folder, {"a.txt": other}, 1)
    with pytest.raises(RuntimeError, match="kind: good example leaves tmp/"):
        Campaign(kind, tmp_path, 0)


def test_the_page_says_which_rows_watched_less(tmp_path):
    kind = kind_of(clear_away)
    row = record(kind, Campaign(kind, tmp_path, 0).run([0]), 0, 1.0)
    older = {key: value for key, value in row.items() if key != "watched"}
    less = "For 1 of 2 kinds HOME, TMPDIR and absolute paths were not watched yet"
    assert less in section({"kinds": {"kind": row, "other": older}})
    assert "not watched" not in section({"kinds": {"kind": row}})
