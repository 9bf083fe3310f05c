"""A study by its engine, struck by kills, finds what an undisturbed one finds."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medssl.study.contents import place_data, read_digests
from medssl.study.plan import make_plan
from medssl.study.result import RESULT
from medssl.study.settings import read_settings
from medssl.study.store import collect

from ..bundles.conftest import phantom, prepared  # noqa: F401
from .conftest import TINY
from .studies import written

PATIENCE = 240.0  # seconds until a run is under way; a limit, not a wait
SAME = ("metrics", "model_sha256", "run_hash", "steps", "training_scans", "validation")
BEGIN = "import sys; from pathlib import Path; from medssl.study.start import start; "
BEGIN += "sys.exit(start(Path(sys.argv[1]), warm=sys.argv[2] == 'warm'))"
LONGER = """
base: tiny.yaml
common: {all: {max_epochs: 4}}
experiments: {fig8: null}
"""


def begin(folder: Path, how: str = "warm") -> subprocess.Popen[bytes]:
    """The engine on a study's folder, with all that it starts in one process group."""
    words = [sys.executable, "-c", BEGIN, str(folder), how]
    with (folder / "log.txt").open("wb") as log:
        return subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)


def under_way(folder: Path, key: str, engine: subprocess.Popen[bytes]) -> int:
    """The process of a run, once it has trained for some steps and is not done."""
    trace, lock = (folder / "runs" / key / name for name in ("models/trace.jsonl", ".lock"))
    until = time.monotonic() + PATIENCE
    while not (trace.is_file() and trace.read_bytes().count(b"\n") > 3):
        assert engine.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    assert not (folder / "runs" / key / RESULT).exists()
    return int(re.findall(r"\d+", lock.read_text())[0])


def finish(folder: Path, how: str = "warm") -> str:
    """Start a study and let it end; what the engine said."""
    status = begin(folder, how).wait(timeout=2 * PATIENCE)
    said = (folder / "log.txt").read_text(encoding="utf-8")
    assert status == 0, said
    return said


def results(folder: Path) -> dict[str, dict]:
    found = {}
    for key in collect(folder).plan.runs:
        result = json.loads((folder / "runs" / key / RESULT).read_text())
        found[key] = {name: result.get(name) for name in SAME}
    return found


@pytest.fixture
def study(tmp_path, prepared):  # noqa: F811
    """A study's folder with its plan, of as many seeds."""
    written(tmp_path)
    written(tmp_path, TINY, "tiny.yaml")
    settings = place_data(read_settings(written(tmp_path, LONGER, "longer.yaml")), prepared.parent)
    settings["data"] = dict.fromkeys(settings["data"], str(prepared))
    digests = read_digests(settings)

    def plan(name: str, seeds=(0,)) -> Path:
        make_plan({**settings, "seeds": list(seeds)}, digests).write(tmp_path / name)
        return tmp_path / name

    return plan


@pytest.mark.study
def test_kills_change_nothing_and_what_is_done_stays(snakemake, study):
    struck, alone = study("struck"), study("alone")
    finish(alone)
    plan = collect(struck).plan
    first = next(key for key, run in plan.runs.items() if run.kind == "pretrain")
    tuned = next(key for key, run in plan.runs.items() if run.upstream)
    engine = begin(struck)
    os.kill(under_way(struck, first, engine), signal.SIGKILL)  # the engine tries it again
    under_way(struck, tuned, engine)
    os.killpg(engine.pid, signal.SIGKILL)
    engine.wait()
    finish(struck)
    assert results(struck) == results(alone)

    written_at = {path: path.stat().st_mtime_ns for path in struck.glob(f"runs/*/{RESULT}")}
    assert len(written_at) == len(plan.runs)
    assert "Nothing to be done" in finish(struck, "cold")
    study("struck", seeds=(0, 1))
    finish(struck)
    more = {path: path.stat().st_mtime_ns for path in struck.glob(f"runs/*/{RESULT}")}
    assert len(more) == len(collect(struck).plan.runs) > len(written_at)
    assert written_at.items() <= more.items()
