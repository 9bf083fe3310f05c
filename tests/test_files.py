"""Files are whole or absent, and what a killed process left is removed."""

import os

from medssl.files import remove_stale, write_atomically

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
