"""Flags are checked before anything runs; text stays text, whatever it looks like."""

import pytest

from medssl import __version__, cli, command_line
from medssl.command_line import check_flags, takes
from medssl.errors import UserError


class Commands:
    """Two commands that note what they were given."""

    def __init__(self):
        self.calls = []

    def pack(self, bundle, output="dist", quick=False):
        self.calls.append((bundle, output, quick))

    @takes(("source", "licence"), ("workers",))
    def read(self, source, **options):
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
    command_line.run_commands(commands, "program")
    return commands.calls


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pack", "a", "--outptu", "b"], "--outptu: no such option; did you mean --output?"),
        (["pack", "a", "--outptu=b"], "did you mean --output"),
        (["read", "--sorce", "a"], "did you mean --source"),
        (["read", "--source", "a", "--worker", "2"], "did you mean --workers"),
        (["read", "--source", "a", "-w", "2"], "-w: no such option"),
        (["read", "--source", "a", "--zzz"], "expected one of source, licence, workers"),
    ],
)
def test_a_misspelt_flag_is_named_and_nothing_runs(monkeypatch, words, message):
    commands = Commands()
    with pytest.raises(UserError) as caught:
        check_flags(commands, words)
    assert message in str(caught.value)
    with pytest.raises(SystemExit, match="medssl: "):
        run(monkeypatch, *words)


@pytest.mark.parametrize(
    "words",
    [
        ["pack", "a", "--output", "-3"],
        ["pack", "-b", "a", "--noquick"],
        ["pack", "a", "--", "--trace"],
        ["pack", "--help"],
        ["train", "a", "--any#key", "1", "--batch_size", "2"],
        ["nonsense", "--help"],
        [],
    ],
)
def test_what_fire_understands_passes(words):
    check_flags(Commands(), words)


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
    assert run(monkeypatch, "get", "a", "--version") == [("a", True)]
    assert run(monkeypatch, "get", "a", "--version", "0.1.0") == [("a", "0.1.0")]
    assert capsys.readouterr().out == ""


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
