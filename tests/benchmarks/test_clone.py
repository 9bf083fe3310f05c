"""A command in a clone is timed whole, without what this process was told, and fails aloud."""

import json
import os
import subprocess
import sys

import pytest

import clone

NEW = {"wall_s": 120.0, "installation_s": 3.0, "passed": 7, "date": "2026-01-02"}
NEW |= {"device": "a CPU", "versions": {}}


def test_a_command_is_timed_with_its_children_and_without_our_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    words = ["bash", "-c", "bash -c 'for i in {1..100000}; do :; done'; echo [$PYTHONPATH$HELD]"]
    assert clone.timed(words, tmp_path, tmp_path / "log", {"HELD": "so"}) > 0
    assert (tmp_path / "log").read_text(encoding="utf-8") == "[so]\n"


def test_a_failed_command_names_what_it_said_last(tmp_path):
    with pytest.raises(RuntimeError, match=r"exit status 3\nno such thing"):
        clone.timed(["bash", "-c", "echo no such thing; exit 3"], tmp_path, tmp_path / "log", {})


def repository(root, makefile):
    """One in which a Makefile is committed."""
    root.mkdir()
    (root / "Makefile").write_text(makefile, encoding="utf-8")
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b"}
    identity |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    for words in (["init", "-q"], ["add", "Makefile"], ["commit", "-qm", "made"]):
        subprocess.run(["git", "-C", root, *words], check=True, env={**os.environ, **identity})
    return root


def test_what_is_committed_is_timed_and_the_tests_are_counted(tmp_path, monkeypatch):
    made = ".venv/.installed-dev:\n\tmkdir .venv\ntest:\n\ttest -d .venv && echo 7 passed\n"
    root = repository(tmp_path / "root", made)
    (root / "Makefile").write_text("test:\n\tfalse\n", encoding="utf-8")
    monkeypatch.setattr(clone, "ROOT", root)
    monkeypatch.setattr(clone, "told", lambda *_: {"commit": "its own"})
    found = clone.measure(["test"], tmp_path)
    assert found["test"]["passed"] == 7
    assert set(found["test"]) == {"wall_s", "installation_s", "passed", "commit"}


def test_each_target_has_a_fresh_clone_and_is_held_to_what_is_asked(tmp_path, monkeypatch):
    root = repository(
        tmp_path / "root",
        (
            ".venv/.installed:\n\tmkdir .venv\n"
            "demo:\n\tmkdir runs && echo [$$ONEDNN_MAX_CPU_ISA] >> {told}\n"
        ).replace("{told}", str(tmp_path / "told")),
    )
    monkeypatch.setattr(clone, "ROOT", root)
    monkeypatch.setattr(clone, "told", lambda _, held: {"held": held})
    for name in clone.AVX2:  # the tests may be held themselves
        monkeypatch.delenv(name, raising=False)
    found = clone.measure(["demo", "demo_avx2"], tmp_path)
    assert [row["held"] for row in found.values()] == [{}, clone.HELD["demo_avx2"]]
    assert (tmp_path / "told").read_text() == "[]\n[AVX2]\n"


@pytest.mark.slow
def test_a_clone_is_asked_as_it_was_run(tmp_path):
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "benchmarks").symlink_to(clone.ROOT / "benchmarks")
    found = clone.told(tmp_path, clone.HELD["demo_avx2"])
    assert "(AVX2)" in found["device"]  # no AVX512, and no bf16
    assert {"date", "commit", "versions"} <= set(found)


def test_a_target_that_is_not_asked_for_keeps_its_figures_and_its_line(tmp_path, monkeypatch):
    machine = {"device": "an old CPU"}
    demo = {"wall_s": 90.0, "date": "2020-01-02", "versions": {"torch": "1"}, **machine}
    output = tmp_path / "benchmarks_clone.json"
    old = {"wall_s": 600.0, **machine}
    output.write_text(json.dumps({"demo": demo, "test": old}), encoding="utf-8")
    page = tmp_path / "benchmarks.json"
    page.write_text(json.dumps({"command": "make bench", "measured": {}}), encoding="utf-8")

    monkeypatch.setattr(clone, "measure", lambda targets, _: dict.fromkeys(targets, NEW))
    monkeypatch.setattr(sys, "argv", ["clone.py", "--targets", "test", "--output", str(output)])
    clone.main()
    found = json.loads(output.read_text(encoding="utf-8"))
    assert found["demo"] == demo
    assert found["test"] == NEW
    lines = page.with_suffix(".md").read_text(encoding="utf-8").splitlines()
    (kept,) = [line for line in lines if line.startswith("| `make demo`")]
    assert "an old CPU, 2020-01-02 |  | 1.5 min" in kept
    assert any(line.startswith("| `make test` (7 tests)") and "2.0 min" in line for line in lines)
