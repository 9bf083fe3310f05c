"""Words are checked before anything runs; text stays text, whatever it looks like."""

import os
import pty
import subprocess
import sys

import pytest

from medssl import __version__, cli
from medssl.command_line import Option, run_commands, takes


class Commands:
    """Two commands that note what they were given."""

    def __init__(self):
        self.calls = []

    def pack(self, bundle, output="dist", quick=False):
        self.calls.append((bundle, output, quick))

    @takes(licence=Option(str, "", "of it."), workers=Option(int | None, None, "how many."))
    def read(self, source: str, **options):
        self.calls.append((source, options))

    def train(self, config, **options):
        self.calls.append((config, options))

    def doctor(self, run: str, data: str | None = None, steps: int = 3):
        self.calls.append((run, data, steps))

    def estimate(self, config: "str | list[str]", **options):
        self.calls.append((config, options))

    def get(self, name, version=""):
        self.calls.append((name, version))

    def verify(self, *sources: str, all: bool = False):
        self.calls.append((sources, all))


def run(monkeypatch, *words):
    commands = Commands()
    monkeypatch.setattr("sys.argv", ["program", *words])
    run_commands(commands, "program")
    return commands.calls


@pytest.mark.parametrize("text", ["2024_01", "a,b", "1.10", "7", "[1]", "None", "True", "{a:1}"])
def test_text_stays_text(monkeypatch, text):
    words = ["read", "--source", text, "--licence", text, "--workers", "2"]
    assert run(monkeypatch, *words) == [(text, {"licence": text, "workers": 2})]
    assert run(monkeypatch, "read", text) == [(text, {})]


@pytest.mark.parametrize("words", [[], ["pack"], ["train"], ["verify"], ["train", "a", "--x=1"]])
def test_the_version_is_told_by_every_command(monkeypatch, capsys, words):
    assert run(monkeypatch, *words, "--version") == []
    assert capsys.readouterr().out == f"program {__version__}\n"


def test_an_option_of_that_name_stays_one(monkeypatch, capsys):
    with pytest.raises(SystemExit, match="--version: expected a value"):
        run(monkeypatch, "get", "a", "--version")
    assert run(monkeypatch, "get", "a", "--version", "0.1.0") == [("a", "0.1.0")]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [["--help"], ["pack", "-h"], [], ["read", "--", "--help"]])
def test_help_is_printed_and_nothing_runs(monkeypatch, capsys, words):
    assert run(monkeypatch, *words) == []
    printed = capsys.readouterr()
    assert "SYNOPSIS" in printed.out
    assert printed.err == ""


def test_help_has_no_pager_where_it_is_read_on_a_terminal(tmp_path):
    reader, writer = pty.openpty()
    words = [sys.executable, "-W", "ignore", "-m", "medssl", "pack", "--help"]
    environment = {**os.environ, "PAGER": f"touch {tmp_path}/paged; cat", "TERM": "dumb"}
    done = subprocess.run(words, stdin=reader, stdout=writer, stderr=writer, env=environment)
    assert done.returncode == 0
    assert not any(tmp_path.iterdir())


def test_help_names_types_defaults_and_lines_of_shared_options(monkeypatch, capsys):
    run(monkeypatch, "read", "--help")
    page = capsys.readouterr().out
    for line in ("Type: Optional[int]", "Default: None", "Type: str", "of it.", "how many."):
        assert line in page, line
    run(monkeypatch, "doctor", "--help")
    assert "Default: 3" in capsys.readouterr().out


def test_an_empty_variable_of_the_shell_is_no_folder(monkeypatch):
    with pytest.raises(SystemExit, match="--run: empty"):
        run(monkeypatch, "doctor", "")
    assert run(monkeypatch, "get", "a", "--version=") == [("a", "")]


NUMBERS = ["2024", "1e3", "2024_01", "a,b", "1.10", "a#b", "{a}", "None"]


@pytest.mark.parametrize("text", NUMBERS)
def test_what_is_annotated_as_text_stays_text(monkeypatch, text):
    """In every command: a folder may be called like a number."""
    assert run(monkeypatch, "doctor", text, "--data", text) == [(text, text, 3)]
    assert run(monkeypatch, "doctor", "--steps=5", "--run", text) == [(text, None, 5)]
    assert run(monkeypatch, "verify", text, text, "--all") == [((text, text), True)]
    words = ["estimate", text, "--dataset_dir", text, "--batch_size", "8"]
    assert run(monkeypatch, *words) == [(text, {"dataset_dir": text, "batch_size": 8})]
    assert run(monkeypatch, "estimate", "['a','2024']") == [(["a", "2024"], {})]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["doctor", "2024"], "2024"),
        (["audit", "1e3", "--data", "2024"], "1e3: no such file"),
        (["estimate", "2024", "--data", "2024"], "2024: no such config"),
        (["card", "a,b"], "a,b: no models"),
        (["prepare", "check", "2024"], "2024"),
        (["transfer", "2024"], "2024"),
        (["pack", "2024"], "2024"),
        (["index", "2024"], "2024"),
        (
            ["recollect-bn", "1e3", "--data=1", "--model=2", "--output=3.pt"],
            "1e3: no such",
        ),
        (["probe", "2024", "--data", "2024", "--bundle", "2024"], "2024"),
        (["control", "2024"], "2024"),
        (["fetch", "2024", "1e3"], "1e3"),
    ],
)
def test_commands_take_numbers_as_paths(monkeypatch, tmp_path, words, message):
    """And say in one line that nothing is there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["medssl", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert str(caught.value).startswith("medssl: ")
    assert message in str(caught.value)
