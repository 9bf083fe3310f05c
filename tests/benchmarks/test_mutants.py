"""Mutants are imported in place of a module, judged by its tests, and listed if they live."""

from pathlib import Path

import pytest

from mutants import modules_of, section
from mutants_made import Mutant, behaviour_of, difference
from mutants_run import passes

MODULE = "def larger(a: int, b: int) -> int:\n    return a if a > b else b\n"
TESTS = "from medssl.made.up import larger\n\n\ndef test_it():\n    assert larger(1, 2) == 2\n"


@pytest.fixture
def root(tmp_path) -> Path:
    """A repository of one module, which a process that knows another medssl can import."""
    folder = tmp_path / "shared" / "medssl" / "made"
    folder.mkdir(parents=True)
    (folder / "up.py").write_text(MODULE, encoding="utf-8")
    words = f"import medssl\nmedssl.__path__.append({str(folder.parent)!r})\n"
    (tmp_path / "conftest.py").write_text(words, encoding="utf-8")
    (tmp_path / "test_up.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


def mutant(root: Path, was: str, now: str) -> Mutant:
    path = root / "shared" / "medssl" / "made" / "up.py"
    source = MODULE.replace(was, now)
    return Mutant(path, "by hand", *difference(MODULE, source), source)


def test_a_change_that_tests_see_fails_them_and_another_does_not(root):
    tests = [root / "test_up.py"]
    assert passes(root, tests, None, 60)
    assert not passes(root, tests, mutant(root, "a > b", "a < b"), 60)
    assert passes(root, tests, mutant(root, "a > b", "a >= b"), 60)


def test_a_loop_without_end_is_noticed(root):
    endless = mutant(root, "    return", "    while True: pass\n    return")
    assert not passes(root, [root / "test_up.py"], endless, 1)


def test_a_number_in_a_compiled_loop_is_seen_although_numba_has_compiled_it_before(root):
    path = root / "shared" / "medssl" / "made" / "up.py"
    source = "from ..compiled import compiled\n\n\n@compiled\ndef larger(a, b):\n    return 2\n"
    path.write_text(source, encoding="utf-8")
    tests = [root / "test_up.py"]
    assert passes(root, tests, None, 60)
    assert not passes(root, tests, Mutant(path, "", 6, "", "", source.replace("2", "3")), 60)


def test_annotations_are_no_behaviour():
    assert behaviour_of(MODULE) == behaviour_of(MODULE.replace("a: int", "a: int | None"))
    assert behaviour_of(MODULE) != behaviour_of(MODULE.replace("a > b", "a >= b"))
    assert behaviour_of("x: int = 1") == behaviour_of("x: str = 1") != behaviour_of("x: int = 2")


def test_the_changed_line_is_named():
    found = difference(MODULE, MODULE.replace("a > b", "a < b"))
    assert found == (2, "return a if a > b else b", "return a if a < b else b")


def test_survivors_are_listed_with_what_is_known_of_them():
    row = {"path": "shared/medssl/made/up.py", "line": 2, "was": "a | b", "now": "b"}
    rows = [{**row, "noticed_by": who} for who in ("own", "room", "", "own")]
    told = section(
        {"made": {"made": 9, "mutants": rows}}, {"shared/medssl/made/up.py: a | b -> b": "x"}
    )
    assert "| made | 9 | 4 | 2 | 1 | 75% |" in told
    assert "| made/up.py:2 | `a \\| b` | `b` | x |" in told


def test_every_room_has_modules_with_tests():
    assert {len(dict(modules_of(room))) > 3 for room in ("transforms", "crops", "transfer")} == {
        True
    }
