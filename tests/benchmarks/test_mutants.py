"""Mutants are imported in place of a module, judged by its tests, and listed if they live."""

import json
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

import mutants
import mutants_run
from measured import made_now
from mutants import GOAL, faults, modules_of, noticed, section
from mutants_made import Mutant, behaviour_of, difference, unchanged
from mutants_run import NOTICED, status_of

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


def control(root: Path) -> Mutant:
    return unchanged(root / "shared" / "medssl" / "made" / "up.py")


def test_a_change_that_tests_see_fails_them_and_another_does_not(root):
    tests = [root / "test_up.py"]
    assert status_of(root, tests, control(root), 60) == 0
    assert status_of(root, tests, mutant(root, "a > b", "a < b"), 60) in NOTICED
    assert status_of(root, tests, mutant(root, "a > b", "a >= b"), 60) == 0


@pytest.mark.parametrize(
    ("end", "noticed"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", True),
        ("raise SyntaxError", True),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", False),
        ("import os; os._exit(70)", False),
        ("import os; os._exit(3)", False),
    ],
)
def test_an_end_that_may_not_be_the_mutants_is_no_notice(root, end, noticed):
    """As where the machine lacks memory, or pytest itself fails."""
    ended = status_of(root, [root / "test_up.py"], mutant(root, "def ", f"{end}\ndef "), 60)
    assert ended != 0
    assert (ended in NOTICED) == noticed


def test_an_end_that_tells_nothing_counts_as_a_survivor(root, monkeypatch):
    monkeypatch.setattr(mutants, "ROOT", root)
    monkeypatch.setattr(mutants, "status_of", lambda *_: 3)
    assert mutants.judge("made", mutant(root, "a > b", "a"), root, 1, 1)["noticed_by"] == ""


def test_the_control_is_the_module_itself_in_the_mutants_place(root, monkeypatch):
    monkeypatch.setattr(mutants, "ROOT", root)
    path = control(root).path
    assert mutants.usual_cpu_s(root / "test_up.py", path) >= 0
    path.write_text(MODULE.replace("a > b", "a < b"), encoding="utf-8")
    assert unchanged(path).source == path.read_text(encoding="utf-8")
    with pytest.raises(SystemExit, match=r"test_up\.py: fails with .*up\.py as it is \(status 1"):
        mutants.usual_cpu_s(root / "test_up.py", path)


def test_a_module_that_was_imported_before_is_the_mutant_all_the_same(root, monkeypatch):
    """As modules are that benchmarks themselves need: rows say by which commit they were made."""
    monkeypatch.setitem(sys.modules, "medssl.made", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "medssl.made.up", SimpleNamespace(larger=max))
    assert status_of(root, [root / "test_up.py"], control(root), 60) == 0
    assert status_of(root, [root / "test_up.py"], mutant(root, "a > b", "a < b"), 60) in NOTICED


def test_tests_that_never_import_a_mutant_say_nothing_of_it(root):
    (root / "test_up.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"up\.py: .*test_up\.py passes and does not import it"):
        status_of(root, [root / "test_up.py"], mutant(root, "a > b", "a < b"), 60)


def test_a_loop_without_end_is_noticed(root, monkeypatch):
    """Whether it computes or waits."""
    endless = mutant(root, "    return", "    while True: pass\n    return")
    assert status_of(root, [root / "test_up.py"], endless, 1) == -signal.SIGXCPU
    monkeypatch.setattr(mutants_run, "WALL_S", 1)
    waiting = mutant(root, "    return", "    import signal; signal.pause()\n    return")
    assert status_of(root, [root / "test_up.py"], waiting, 60) == -signal.SIGALRM
    assert {-signal.SIGXCPU, -signal.SIGALRM} <= set(NOTICED)


def test_a_number_in_a_compiled_loop_is_seen_although_numba_has_compiled_it_before(root):
    path = root / "shared" / "medssl" / "made" / "up.py"
    source = "from ..compiled import compiled\n\n\n@compiled\ndef larger(a, b):\n    return 2\n"
    path.write_text(source, encoding="utf-8")
    tests = [root / "test_up.py"]
    assert status_of(root, tests, unchanged(path), 60) == 0
    changed = Mutant(path, "", 6, "", "", source.replace("2", "3"))
    assert status_of(root, tests, changed, 60) in NOTICED


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
    assert "| made | 9 | 4 | 2 | 1 | 75% (30% to 95%) |" in told
    assert "| made/up.py:2 | `a \\| b` | `b` | x |" in told


CHANGE = {"path": "a.py", "line": 1, "was": "a", "now": "b"}


def judged(of, killed):
    return [{**CHANGE, "noticed_by": "own" if n < killed else ""} for n in range(of)]


@pytest.mark.parametrize(("of", "killed"), [(60, 53), (60, 60), (4, 0)])
def test_the_interval_holds_the_shares_that_a_score_test_does_not_reject(of, killed):
    """Wilson's: p with |k/n - p| at most 1.96 standard errors, which are those of p itself."""
    share, told = noticed(judged(of, killed))
    p = np.linspace(0, 1, 200_001)
    held = p[np.abs(killed / of - p) <= norm.ppf(0.975) * np.sqrt(p * (1 - p) / of) + 1e-12]
    assert share == killed / of
    assert told == f"{share:.0%} ({held.min():.0%} to {held.max():.0%})"


def test_a_room_below_its_goal_is_a_fault():
    report = {"enough": {"mutants": judged(60, 51)}, "few": {"mutants": judged(60, 50)}}
    assert GOAL == 0.85
    reasons = {"a.py: a -> b": "the same"}
    assert faults(report, reasons) == ["few: 83% (72% to 91%) noticed, at least 85% wanted"]
    assert len(faults(report, {})) == 1 + 9 + 10
    assert (
        faults(report, {})[-1] == "a.py: a -> b: lives, and mutants_reasons.json does not say why"
    )


@pytest.mark.parametrize(
    ("killed", "reason", "status"),
    [(51, "the same", None), (50, "the same", "few: 83%"), (51, "", "a -> b: lives")],
)
def test_the_command_fails_where_a_room_is_below_its_goal(
    tmp_path, monkeypatch, killed, reason, status
):
    """Of those that were tried: what others had before is not judged again."""
    page, output = tmp_path / "page.md", tmp_path / "rows.json"
    page.write_text("<!-- mutants: begin -->\n<!-- mutants: end -->\n", encoding="utf-8")
    rows = {"made": 99, "mutants": judged(60, killed)}
    before = {"other": {"made": 9, "mutants": judged(1, 0)}}
    reasons = tmp_path / "reasons.json"
    reasons.write_text(json.dumps({"a.py: a -> b": reason}), encoding="utf-8")
    monkeypatch.setattr(mutants, "REASONS", reasons)
    output.write_text(json.dumps(before), encoding="utf-8")
    monkeypatch.setattr(mutants, "ROOMS", ("few",))
    monkeypatch.setattr(mutants, "try_room", lambda *_: rows)
    words = ["--rooms", "few", "--output", str(output), "--page", str(page)]
    with pytest.raises(SystemExit, match=status) if status else nullcontext():
        mutants.main(words)
    assert "| few | 99 | 60 |" in page.read_text(encoding="utf-8")


def test_a_room_that_was_tried_says_when_where_and_by_which_commit(monkeypatch):
    """And each module that is drawn, and the room, has had its control."""
    asked = []
    monkeypatch.setattr(mutants, "usual_cpu_s", lambda *tests: asked.append(tests) or 1.0)
    monkeypatch.setattr(mutants, "mutants_of", lambda path: [SimpleNamespace(path=path)])
    monkeypatch.setattr(mutants, "judge", lambda *asked: {"noticed_by": asked[0], "path": asked[1]})
    found = mutants.try_room("crops", 3, 0, 1)
    assert [row["noticed_by"] for row in found["mutants"]] == ["crops"] * 3
    assert made_now().items() <= found.items()
    own = dict(modules_of("crops"))
    drawn = [row["path"].path for row in found["mutants"]]
    assert asked == [*((own[path], path) for path in drawn), (asked[-1][0], drawn[0])]
    assert asked[-1][0] == mutants.ROOT / "tests" / "crops"


def test_a_room_that_fails_with_the_module_as_it_is_notices_nothing(root, monkeypatch):
    monkeypatch.setattr(mutants, "ROOT", root)
    room = root / "tests" / "made"
    room.mkdir(parents=True)
    (room / "test_room.py").write_text(f"{TESTS}    assert False\n", encoding="utf-8")
    (root / "test_up.py").write_text("import medssl.made.up\n\n\ndef test_it():\n    pass\n")
    with pytest.raises(SystemExit, match=r"tests/made: fails with .*up\.py as it is"):
        mutants.judge("made", mutant(root, "a > b", "a < b"), root / "test_up.py", 30, 30)


def test_every_room_has_modules_with_tests():
    assert {len(dict(modules_of(room))) > 3 for room in ("transforms", "crops", "transfer")} == {
        True
    }


def test_the_page_says_what_its_rows_say_and_why_each_survivor_lives():
    report = json.loads(Path(mutants.ROOT / "docs" / "reliability_mutants.json").read_text())
    reasons = json.loads(mutants.REASONS.read_text(encoding="utf-8"))
    text = (mutants.ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    begin, end = (f"<!-- mutants: {word} -->" for word in ("begin", "end"))
    assert text.split(begin)[1].split(end)[0] == f"\n{section(report, reasons)}"
    assert tuple(report) == mutants.ROOMS
    assert not faults(report, reasons)
    assert mutants.unused(report, reasons) == []
