"""Files are whole or absent, and what a killed process left is removed."""

import os

import pytest

from medssl.errors import UserError
from medssl.files import read_object, remove_stale, write_atomically, write_json

NOBODY = 4194305  # above every process number


def test_temporary_files_of_the_dead_go_and_those_of_the_living_stay(tmp_path):
    parent = os.getppid()
    names = [f".model.pt.{process}.tmp" for process in (NOBODY, os.getpid(), parent)]
    others = ["model.pt", ".hidden.tmp", "a.1.tmp"]
    for name in [*names, *others]:
        (tmp_path / name).write_text("x")
    remove_stale(tmp_path, tmp_path / "not there")
    assert {path.name for path in tmp_path.iterdir()} == {names[-1], *others}


def test_what_is_written_is_what_is_looked_for(tmp_path):
    seen = []
    write_atomically(tmp_path / "a.json", lambda path: (seen.append(path), path.write_text("x")))
    seen[0].write_text("half")
    remove_stale(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "null", "\udcff"])
def test_a_file_without_an_object_is_one_line_with_the_way_out(content, tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    for where, named in ((None, str(path)), ("http://x/a.json", "http://x/a.json")):
        with pytest.raises(UserError) as caught:
            read_object(path, "write it again", where)
        message = str(caught.value)
        assert message.startswith(f"{named}: ")
        assert message.endswith("; write it again")
        assert "\n" not in message


def test_an_object_is_read_as_it_was_written(tmp_path):
    write_json(tmp_path / "a.json", {"\u00e5": [1, None]})
    assert read_object(tmp_path / "a.json", "") == {"\u00e5": [1, None]}
