"""Bars: smooth on a terminal, a line now and then in a file, and all of them made in one place."""

import io
from pathlib import Path

import pytest

from medssl import bars
from medssl.bars import progress_bar, reading


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("TQDM_MININTERVAL", "TQDM_MAXINTERVAL"):
        monkeypatch.delenv(name, raising=False)


def lines_of_an_hour(monkeypatch, stream):
    """How often a bar is drawn in an hour of a step a second, by a clock of its own."""
    monkeypatch.setattr("sys.stderr", stream)
    now = [0.0]
    with progress_bar(total=3600, file=stream, disable=False) as bar:
        bar._time, bar.start_t, bar.last_print_t = lambda: now[0], 0.0, 0.0
        for _ in range(3600):
            now[0] += 1
            bar.update()
    return stream.getvalue().count("\r")


def test_a_file_has_two_lines_a_minute(monkeypatch):
    assert 100 <= lines_of_an_hour(monkeypatch, io.StringIO()) <= 122


def test_a_terminal_has_every_step(monkeypatch):
    assert lines_of_an_hour(monkeypatch, Terminal()) >= 1800


def test_variables_of_tqdm_rule(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    monkeypatch.setenv("TQDM_MININTERVAL", "0.1")  # which tqdm has read when it was imported
    with progress_bar(disable=False, file=io.StringIO()) as bar:
        assert (bar.mininterval, bar.maxinterval) == (0.1, 30.0)


def test_a_first_word_names_the_place_where_no_result_is_expected(capsys):
    reading("scans/a")
    assert capsys.readouterr() == ("", "reading scans/a ...\n")


def test_all_bars_are_made_here():
    library = Path(bars.__file__).parent
    makers = [
        path.name for path in library.rglob("*.py") if "import tqdm" in path.read_text("utf-8")
    ]
    assert makers == ["bars.py"]
