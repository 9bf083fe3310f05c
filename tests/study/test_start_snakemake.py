"""Snakemake itself on a plan: what it runs, how it ends, and what it would submit to SLURM."""

import contextlib
import os
import signal
import stat
import subprocess
import sys

import pytest

from medssl.study import start as starting
from medssl.study.start import command, start

from .studies import STUDY, begun

pytestmark = pytest.mark.study


def call(snakemake, folder, profile, *more, only=(), **environment):
    """Snakemake as :func:`start` calls it, with more words before its settings."""
    words = command(snakemake, STUDY, folder, profile, only, 1, 1)
    place = words.index("--config")
    words[place:place] = more
    given = {**os.environ, **environment}
    text = {"capture_output": True, "encoding": "utf-8", "check": False, "timeout": 600}
    return subprocess.run(words, env=given, **text)


def done(folder, keys):
    for key in keys:
        (folder / "runs" / key).mkdir(parents=True)
        (folder / "runs" / key / "result.json").write_text("{}")


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
        assert first.wait(300) == 128 + number
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
