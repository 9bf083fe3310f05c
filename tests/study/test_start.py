"""A start of a study: what Snakemake is told, what is unlocked, and who hears Ctrl-C."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from medssl.errors import UserError
from medssl.store import lock
from medssl.study import start as starting
from medssl.study.profiles import PROFILES
from medssl.study.start import command, find_engine, start

from .studies import STUDY


@pytest.fixture
def spoken(monkeypatch):
    """Stands in for Snakemake; the command lines that it was given."""
    calls = []

    def run(words, **_):
        calls.append([str(word) for word in words])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(starting, "find_engine", lambda: ("snakemake", STUDY))
    monkeypatch.setattr(starting.subprocess, "run", run)
    monkeypatch.setattr(starting, "run_engine", lambda words, *_: run(words).returncode)
    return calls


def test_it_is_told_where_what_and_how_many(tmp_path):
    words = command("snakemake", STUDY, tmp_path, "local", ["table3", "fig8"], 2, 0)
    text = " ".join(words)
    assert f"--directory {tmp_path}" in text
    assert f"--profile {STUDY / 'profiles' / 'local'} --cores 2" in text
    assert text.endswith(f"--config python={sys.executable} only=table3,fig8 gpus=0")
    (tmp_path / "config.v8+.yaml").touch()
    own = command("snakemake", STUDY, tmp_path, str(tmp_path), [], 2, 1)
    assert own[own.index("--profile") + 1] == str(tmp_path)
    assert "--cores" not in own


def test_a_lock_is_taken_away_only_where_one_was_left(spoken, tmp_path):
    start(tmp_path)
    assert ["--unlock" in words for words in spoken] == [False]
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    (tmp_path / ".snakemake" / "locks" / "0.input.lock").touch()
    start(tmp_path, dry_run=True)
    assert ["--unlock" in words for words in spoken[1:]] == [True, False]
    assert spoken[-1][-1] == "--dry-run"


def test_two_starts_of_one_study_do_not_meet(spoken, tmp_path):
    code = (
        f"from medssl.store.lock import lock_folder; lock_folder({str(tmp_path)!r})\n"
        "print('held', flush=True); input()"
    )
    words = [sys.executable, "-c", code]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as other:
        assert other.stdout.readline().strip() == b"held"
        with pytest.raises(UserError, match="is being written by process"):
            start(tmp_path)
        other.communicate(b"\n")
    assert spoken == []
    start(tmp_path)
    assert not (tmp_path / lock.LOCK).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs flock")
def test_an_engine_that_outlived_its_start_is_not_disturbed(spoken, tmp_path):
    """A start that was killed leaves Snakemake alone; its folder is unlocked for nobody."""
    code = (
        "import subprocess, sys\n"
        "from pathlib import Path\n"
        "from medssl.study.start import _held_by_engine\n"
        f"with _held_by_engine(Path({str(tmp_path)!r})) as inherited:\n"
        "    engine = subprocess.Popen(['sleep', '60'], pass_fds=inherited)\n"
        "    print(engine.pid, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as killed:
        engine = int(killed.stdout.readline())
        killed.kill()
    with pytest.raises(UserError, match="Snakemake of an earlier start is still at work"):
        start(tmp_path)
    assert spoken == []
    os.kill(engine, signal.SIGKILL)
    until = time.monotonic() + 120
    while time.monotonic() < until and not spoken:
        with contextlib.suppress(UserError):
            start(tmp_path)
    assert len(spoken) == 1


HEARS = """#!{python}
import signal, sys
with open({said!r}, "a") as said:
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()), file=said)
sys.exit(1)
"""


@pytest.fixture
def hears(tmp_path):
    """A program that notes whether Ctrl-C is held back from it, and the file of its notes."""
    program, said = tmp_path / "program", tmp_path / "said"
    program.write_text(HEARS.format(python=sys.executable, said=str(said)))
    program.chmod(0o755)
    return str(program), said


def test_ctrl_c_is_held_back_while_the_engine_is_imported(hears, tmp_path, monkeypatch):
    engine, said = hears
    monkeypatch.setattr(starting, "find_engine", lambda: (engine, STUDY))
    (tmp_path / ".snakemake" / "locks").mkdir(parents=True)
    start(tmp_path)
    start(tmp_path, dry_run=True)
    assert said.read_text().split() == ["True", "True"]


def test_what_the_engine_runs_gets_ctrl_c(snakemake, hears, tiny, monkeypatch):
    python, said = hears
    monkeypatch.setattr(starting, "find_engine", lambda: (snakemake, STUDY))
    monkeypatch.setattr(starting.sys, "executable", python)
    assert start(tiny[2], only=["table3"]) != 0
    assert set(said.read_text().split()) == {"False"}


def test_ctrl_c_is_not_for_the_warm_server_even_while_it_is_imported(tmp_path, monkeypatch):
    program, said = tmp_path / "program", tmp_path / "said"
    code = f"import signal; print(signal.getsignal(signal.SIGINT), file=open({str(said)!r}, 'w'))"
    program.write_text(f"#!{sys.executable}\n{code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(starting.sys, "executable", str(program))
    with pytest.raises(UserError, match="does not start"), starting.warm_server():
        pass
    assert said.read_text() == f"{signal.SIG_IGN}\n"


def test_a_missing_engine_is_told_with_its_cure(monkeypatch):
    monkeypatch.setattr(starting.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(starting.shutil, "which", lambda name: None)
    with pytest.raises(UserError, match=r"pip install -r requirements-study\.txt"):
        find_engine()


def test_profiles_pin_what_makes_a_run_anew():
    for name in PROFILES:
        text = (STUDY / "profiles" / name / "config.yaml").read_text(encoding="utf-8")
        assert "rerun-triggers: [mtime, input]" in text
        assert "rerun-incomplete: true" in text
