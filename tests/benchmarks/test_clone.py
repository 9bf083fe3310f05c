"""A command in a clone is timed whole, without what this process was told, and fails aloud."""

import os
import subprocess

import pytest

import clone


def test_a_command_is_timed_with_its_children_and_without_our_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    words = ["bash", "-c", "bash -c 'for i in {1..100000}; do :; done'; echo [$PYTHONPATH]"]
    assert clone.timed(words, tmp_path, tmp_path / "log") > 0
    assert (tmp_path / "log").read_text(encoding="utf-8") == "[]\n"


def test_a_failed_command_names_what_it_said_last(tmp_path):
    with pytest.raises(RuntimeError, match=r"exit status 3\nno such thing"):
        clone.timed(["bash", "-c", "echo no such thing; exit 3"], tmp_path, tmp_path / "log")


def test_what_is_committed_is_timed_and_the_tests_are_counted(tmp_path, monkeypatch):
    root = tmp_path / "root"
    root.mkdir()
    made = ".venv/.installed-dev:\n\tmkdir .venv\ntest:\n\ttest -d .venv && echo 7 passed\n"
    (root / "Makefile").write_text(made, encoding="utf-8")
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b"}
    identity |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    for words in (["init", "-q"], ["add", "Makefile"], ["commit", "-qm", "made"]):
        subprocess.run(["git", "-C", root, *words], check=True, env={**os.environ, **identity})
    (root / "Makefile").write_text("test:\n\tfalse\n", encoding="utf-8")
    monkeypatch.setattr(clone, "ROOT", root)
    found = clone.measure(["test"], tmp_path)
    assert found["test"]["passed"] == 7
    assert set(found["test"]) == {"wall_s", "installation_s", "passed"}
