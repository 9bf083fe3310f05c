"""Snakemake on a plan: what it is told, what is unlocked, and what it would submit."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from medssl.errors import UserError
from medssl.store import lock
from medssl.study import start as starting
from medssl.study.start import command, find_engine, start

from .studies import STUDY, begun


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
    until = time.monotonic() + 10
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
    for name in starting.PROFILES:
        text = (STUDY / "profiles" / name / "config.yaml").read_text(encoding="utf-8")
        assert "rerun-triggers: [mtime, input]" in text
        assert "rerun-incomplete: true" in text


def call(snakemake, folder, profile, *more, only=(), **environment):
    """Snakemake as :func:`start` calls it, with more words before its settings."""
    words = command(snakemake, STUDY, folder, profile, only, 1, 1)
    place = words.index("--config")
    words[place:place] = more
    given = {**os.environ, **environment}
    text = {"capture_output": True, "encoding": "utf-8", "check": False, "timeout": 120}
    return subprocess.run(words, env=given, **text)


def done(folder, keys):
    for key in keys:
        (folder / "runs" / key).mkdir(parents=True)
        (folder / "runs" / key / "result.json").write_text("{}")


@pytest.mark.study
def test_what_is_done_is_not_run_again_and_the_rest_is(tiny, snakemake):
    _, plan, folder = tiny

    def said(only=()):
        done = call(snakemake, folder, "local", "--dry-run", only=only)
        assert done.returncode == 0, done.stderr
        return " ".join((done.stdout + done.stderr).split())

    assert f"run {len(plan.runs)} all 1" in said()
    assert "run 3 all 1" in said(["table3"])
    done(folder, list(plan.runs)[:-1])
    assert "run 1 all 1" in said() or "all 1 run 1" in said()
    done(folder, list(plan.runs)[-1:])
    assert "Nothing to be done" in said()


@pytest.mark.study
def test_a_job_that_is_asked_to_end_as_slurm_asks_leaves_a_checkpoint(endless, snakemake):
    """The signal reaches the engine, the shell and the run; the first two wait for the third."""
    _, plan, folder = endless
    key = next(key for key, run in plan.runs.items() if run.kind == "pretrain")
    words = command(snakemake, STUDY, folder, "local", [], 1, 0)
    words[words.index("--config") : words.index("--config")] = ["--retries", "0"]
    with subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL) as engine:
        models = begun(folder, key)
        os.killpg(engine.pid, signal.SIGTERM)
    assert engine.returncode
    log = (models.parent / "log.txt").read_text(encoding="utf-8")
    assert "(SIGTERM), the same command goes on from there" in log
    assert (models / "checkpoint.pt").is_file()


REFUSES = """#!{python}
import sys
from medssl.errors import InfeasibleError
from medssl.study.launch import KINDS
from medssl.study.work import work

def refuse(run, study):
    raise InfeasibleError("needs 9 positives, there are 2")

KINDS.update(pretrain=refuse, finetune=lambda run, study: {{"metrics": {{}}}})
sys.exit(work(".", sys.argv[-1]))
"""


@pytest.mark.study
def test_what_is_not_feasible_is_told_in_a_line_and_no_failure(
    tiny, snakemake, tmp_path, monkeypatch, capfd
):
    """Nor are those that rest on it; the others are run, and nothing is tried twice."""
    _, plan, folder = tiny
    program = tmp_path / "program"
    program.write_text(REFUSES.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setattr(starting, "find_engine", lambda: (snakemake, STUDY))
    monkeypatch.setattr(starting.sys, "executable", str(program))
    assert start(folder) == 0
    said = capfd.readouterr().err
    assert "rror" not in said
    for key, run in plan.runs.items():
        refused = run.kind == "pretrain" or bool(run.upstream)
        line = f"{key}: not feasible: needs 9 positives, there are 2\n"
        assert said.count(line) == refused
        ended = line if refused else f"{key}: done\n"
        assert (folder / "runs" / key / "log.txt").read_text() == ended


STARTS = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job of a shell ignores it
from pathlib import Path
from medssl.command_line.ending import ending
from medssl.study.start import start
with ending():
    start(Path(sys.argv[1]), ["fig8"], warm=sys.argv[2] == "warm")
"""


@pytest.mark.study
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("send", "how"), [(os.kill, "warm"), (os.killpg, "warm"), (os.kill, "cold")]
)
def test_a_signal_is_told_once_for_all_processes(send, how, number, endless, snakemake, tmp_path):
    """Whether it comes to the first alone or to its group: the run's own word is in its log."""
    _, plan, folder = endless
    key = next(key for key, run in plan.runs.items() if run.kind == "pretrain")
    words, said = [sys.executable, "-c", STARTS, str(folder), how], tmp_path / "said"
    with said.open("ab") as out:
        first = subprocess.Popen(words, stdout=out, stderr=out, start_new_session=True)
    try:
        models = begun(folder, key)
        before = said.read_text(encoding="utf-8")
        send(first.pid, number)
        assert first.wait(60) == 128 + number
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGKILL)
    told = said.read_text(encoding="utf-8").removeprefix(before)
    name = signal.Signals(number).name
    assert told.startswith(f"medssl: interrupted ({name}), nothing is left half-written")
    assert told.count("\n") == 1
    assert "the same command goes on from there" in (models.parent / "log.txt").read_text("utf-8")
    assert start(folder, dry_run=True) == 0  # no engine is left behind, and no lock


STAND_INS = {
    "sbatch": 'echo "$@" >> {log}; echo 4711',
    "sacct": 'echo "4711|COMPLETED"',
    "squeue": "true",
    "scontrol": "echo 'Slurm 23.11.1'",
    "sacctmgr": "echo none",
    "sshare": "echo none",
    "sinfo": "echo gpu",
}


@pytest.mark.study
def test_each_run_is_a_job_of_slurm_with_one_gpu_and_its_time(tiny, snakemake, tmp_path):
    """With commands that stand in for SLURM's: what is submitted, not that it runs."""
    _, plan, folder = tiny
    last = list(plan.runs)[-1]
    done(folder, [key for key in plan.runs if key != last])
    (folder / "cost.json").write_text(f'{{"{last}": {{"minutes": 100, "host_mib": 4000}}}}')
    log, commands = tmp_path / "sbatch.log", tmp_path / "bin"
    commands.mkdir()
    for name, line in STAND_INS.items():
        path = commands / name
        path.write_text(f"#!/bin/sh\n{line.format(log=log)}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    more = (
        "--retries",
        "0",
        "--latency-wait",
        "1",
        "--slurm-init-seconds-before-status-checks",
        "1",
    )
    planned = call(snakemake, folder, "slurm", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert "run 1" in " ".join((planned.stdout + planned.stderr).split())
    assert not log.exists()
    found = call(snakemake, folder, "slurm", *more, PATH=f"{commands}:{os.environ['PATH']}")
    assert log.is_file(), found.stderr[-2000:]
    submitted = log.read_text()
    for word in (
        "--gpus=1",
        "--signal=TERM@120",
        "-t 166",
        "--mem 6001",
        "-A none",
        "-p gpu",
        f"key={last}",
    ):
        assert word in submitted, submitted
