"""Jobs of an engine write what one process writes."""

import shlex
import sys
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.phantom import write_nnunet
from medssl.sources import prepare_listed
from medssl.study import shards as module
from medssl.study.shards import prepare_in_shards
from medssl.study.start import ENGINE

STUDY = Path(module.__file__).resolve().parents[3] / "study"


@pytest.fixture
def spoken(monkeypatch):
    """Words that an engine would have been started with."""
    calls = []
    monkeypatch.setattr(module, "find_engine", lambda: ("snakemake", Path("study")))

    def run(words, _):
        calls.append(words)
        return 3

    monkeypatch.setattr(module, "run_engine", run)
    return calls


@pytest.mark.parametrize(
    ("words", "shards", "message"),
    [
        ("images --source a --output b --shard 1/2", 2, "--shard: given to each job"),
        ("images --source a --output b", 0, "--shards: 0, expected 1 or more"),
    ],
)
def test_what_is_refused_before_any_job(spoken, tmp_path, words, shards, message):
    with pytest.raises(UserError, match=message):
        prepare_in_shards(shlex.split(words), shards, tmp_path / "notes")
    assert not spoken
    assert not (tmp_path / "notes").exists()


def test_words_reach_the_engine_as_they_are(spoken, tmp_path):
    words = "images --source 'a {b} $c' --output out"
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "shard-1.done").touch()
    assert prepare_in_shards(shlex.split(words), 4, notes, dry_run=True) == 3
    (call,) = spoken
    (given,) = [word for word in call if word.startswith("words=")]
    assert shlex.split(given.removeprefix("words=")) == shlex.split(words)
    assert "shards=4" in call
    assert call[-1] == "--dry-run"
    assert not (notes / "shard-1.done").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs flock")
def test_an_engine_that_outlived_its_start_is_not_disturbed(spoken, tmp_path):
    """As for a study: its notes are not taken away from under it."""
    import fcntl

    (tmp_path / "shard-1.done").touch()
    with (tmp_path / ENGINE).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="of an earlier start is still at work"):
            prepare_in_shards(["images"], 4, tmp_path)
    assert not spoken
    assert (tmp_path / "shard-1.done").exists()


@pytest.mark.study
def test_jobs_write_what_one_process_writes(snakemake, tmp_path, monkeypatch):
    """From a folder whose name a shell and Snakemake would read as something else."""
    raw = tmp_path / "a {b} $c"
    write_nnunet(raw, "organs_ct", 5, 0, (6.0, 6.0, 6.0))
    for place in (tmp_path / "one", tmp_path / "many"):
        place.mkdir()
    monkeypatch.chdir(tmp_path / "one")  # the next commands in the data list name the folder
    prepare_listed("nnunet", raw, Path("out"), spacing=6.0, workers=1)
    monkeypatch.chdir(tmp_path / "many")
    monkeypatch.setattr(module, "find_engine", lambda: (snakemake, STUDY))
    words = f"nnunet --source {shlex.quote(str(raw))} --output out --spacing 6 --workers 1"
    for _ in range(2):
        assert prepare_in_shards(shlex.split(words), 2, tmp_path / "notes") == 0
        for name in ("datalist.json", "manifest.json"):
            one, many = (tmp_path / place / "out" / name for place in ("one", "many"))
            assert many.read_bytes() == one.read_bytes()
