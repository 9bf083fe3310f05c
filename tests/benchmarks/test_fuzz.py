"""A slice of `make fuzz`; and the faults that it is to find are found, where there are some."""

import json
import os
import random
import time
from functools import partial

import pytest

from fuzz import trial
from fuzz.campaign import Campaign
from fuzz.every_kind import KINDS, apart
from fuzz.kind import IN, OUT, Damage, Kind
from fuzz.of_bytes import damage_bytes
from fuzz.page import JSON, PAGE, record, section
from fuzz.verdict import (
    BESIDE,
    CLEAR,
    EARLY,
    FAULTS,
    OUTSIDE,
    SAME,
    SILENT,
    TOO_MUCH,
    TRACEBACK,
    UNNAMED,
    UNSEEN,
)
from medssl.errors import UserError

SLICE = {
    **{"NIfTI gz": 20, "volumes": 20, "data list": 30, "candidates": 20, "safetensors": 20},
    **{"DICOM": 6, "options": 13},
}
SLOW = {"config": 8, "run record": 10, "zip": 10, "unreadable overlays": 6}  # these train first


@pytest.mark.parametrize(
    ("name", "count"),
    [*SLICE.items(), *(pytest.param(*each, marks=pytest.mark.slow) for each in SLOW.items())],
)
def test_nothing_is_at_fault(name, count, tmp_path):
    tried = apart(name, tmp_path, seed=1, numbers=range(count), jobs=1)
    assert len(tried) == count
    assert [each for each in tried if each.verdict.what in FAULTS] == []
    assert len({each.verdict.what for each in tried}) > 1 or name in ("NIfTI gz", "volumes")


def make(folder):
    (folder / "a.txt").write_text("good")


def other(_rng, _content):
    return Damage("other", b"bad")


def use(act, case):
    """What is read; something else is done where the file is not the good one."""
    text = (case / IN / "a.txt").read_text()
    return act(case) if text == "bad" else text


def refuse(_case):
    raise UserError("a.txt: bad; mend it")


def refuse_unclearly(_case):
    raise UserError("something is wrong")


def say(_case):
    print("a.txt: bad, left out")
    return "rest"


def fill_memory(_case):
    return len(b"x" * (600 << 20))


def write_beside(case):
    (case.parent / "stray").write_text("x")
    return "good"


def write_there(case):
    (case / OUT / "fine").write_text("x")
    return "good"


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (refuse, CLEAR),
        (say, CLEAR),
        (lambda _case: "good", SAME),
        (write_there, SAME),
        (lambda _case: {}["x"], TRACEBACK),
        (refuse_unclearly, TRACEBACK),
        (lambda _case: "bad", SILENT),
        (write_beside, OUTSIDE),
        (fill_memory, TOO_MUCH),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_becomes_of_an_input_is_told(act, what, tmp_path):
    kind = Kind("kind", make, partial(use, act), {"a.txt": other}, 1)
    (tried,) = Campaign(kind, tmp_path, 0).run([0])
    assert tried.verdict.what == what


def debug_line(_case):
    raise SystemExit("medssl: TypeError: odd (MEDSSL_DEBUG=1 shows where)")


@pytest.mark.parametrize(
    ("act", "changed", "what"),
    [
        (refuse_unclearly, {}, UNNAMED),
        (refuse, {}, CLEAR),
        (debug_line, {}, TRACEBACK),
        (debug_line, {"program": True}, UNNAMED),
        (lambda _case: {}["x"], {"early": True}, EARLY),
        (lambda _case: {}["x"], {}, TRACEBACK),
        (lambda _case: os._exit(3), {"early": True}, TRACEBACK),
    ],
)
def test_a_line_that_names_nothing_is_no_clear_refusal(act, changed, what, tmp_path):
    kind = Kind("kind", make, partial(use, act), {"*": other}, 1, named=False, **changed)
    (tried,) = Campaign(kind, tmp_path, 0).run([0])
    assert tried.verdict.what == what


SAID = []


def say_once_of_a_file(case):
    """As a library does that warns of a file it reads the first time; the result differs."""
    if (name := str(case / IN / "a.txt")) not in SAID:
        SAID.append(name)
        print(f"2026-01-01 10:00:00,{os.getpid() % 1000:03} - WARNING - reading {name}")
    return (case / IN / "a.txt").read_text()


def test_what_is_said_of_the_good_file_too_is_no_refusal(tmp_path):
    kind = Kind("kind", make, say_once_of_a_file, {"a.txt": other}, 1)
    (tried,) = Campaign(kind, tmp_path, 0).run([0])
    assert tried.verdict.what == SILENT


@pytest.mark.parametrize(
    ("line", "times", "what"),
    [
        ("a warning", BESIDE, CLEAR),
        ("a warning", BESIDE + 1, TRACEBACK),
        ("said of a good file", BESIDE + 1, CLEAR),
        ("said of a good file", BESIDE + 2, TRACEBACK),
        (" 50%|###   | 1/2", BESIDE + 1, CLEAR),
    ],
)
def test_a_refusal_among_many_other_lines_is_not_clear(line, times, what, tmp_path):
    """What the good example says, as often as it says it, is not counted; neither are bars."""

    def refuse_among_lines(case):
        if (case / IN / "a.txt").read_text() == "good":
            print("said of a good file")
            return "good"
        print(f"{line}\n" * times)
        return refuse(case)

    kind = Kind("kind", make, refuse_among_lines, {"a.txt": other}, 1)
    (tried,) = Campaign(kind, tmp_path, 0).run([0])
    assert tried.verdict.what == what
    assert what == CLEAR or f"lines beside it: a.txt: bad; mend it | {line}" in tried.verdict.detail


def test_what_no_check_can_see_is_told_apart(tmp_path):
    kind = Kind("kind", make, partial(use, lambda _case: 3), {"*": other}, 1, {"oth": "why"})
    (tried,) = Campaign(kind, tmp_path, 0).run([0])
    assert (tried.verdict.what, tried.verdict.detail) == (UNSEEN, "why")
    row = record(kind, [tried], 0, 1.0)
    assert row["counts"][UNSEEN] == row["inputs"] == 1
    assert "- kind: why." in section({"kinds": {"kind": row}})
    assert f"| kind | 1 |{' 0 |' * 4} 1 |{' 0 |' * 5}" in section({"kinds": {"kind": row}})


def test_silent_damage_is_not_counted_where_nothing_tells_it_from_what_no_check_sees(tmp_path):
    kind = Kind("kind", make, partial(use, lambda _case: 3), {"*": other}, 1, {"": "why"})
    (tried,) = Campaign(kind, tmp_path, 0).run([0])
    row = record(kind, [tried], 0, 1.0)
    assert SILENT not in row["counts"]
    assert f"| kind | 1 |{' 0 |' * 4} 1 | 0 | 0 | 0 | - | 0 |" in section({"kinds": {"kind": row}})


def test_why_silent_damage_is_not_counted_is_said_where_no_input_came_to_it_too(tmp_path):
    kind = Kind("kind", make, partial(use, lambda _case: "good"), {"*": other}, 1, {"": "why"})
    (tried,) = Campaign(kind, tmp_path, 0).run([0])
    assert tried.verdict.what == SAME
    assert "- kind: why." in section({"kinds": {"kind": record(kind, [tried], 0, 1.0)}})


def test_the_page_says_what_its_rows_say_and_knows_every_kind():
    content = json.loads(JSON.read_text(encoding="utf-8"))
    text = PAGE.read_text(encoding="utf-8")
    begin, end = (f"<!-- fuzz: {word} -->" for word in ("begin", "end"))
    assert text.split(begin)[1].split(end)[0] == f"\n{section(content)}"
    assert list(content["kinds"]) == [kind.name for kind in KINDS]
    for kind in KINDS:
        row = content["kinds"][kind.name]
        assert sum(row["counts"].values()) == row["inputs"] == kind.count
        assert "dirty" not in row.get("commit", "")
        missing = {CLEAR, UNNAMED, EARLY, SAME, UNSEEN, *FAULTS} - row["counts"].keys()
        assert missing == (set() if kind.countable else {SILENT})


def spin(_case):
    while True:
        pass


def test_what_hangs_is_ended_by_its_cpu_time(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "CPU_S", 1)
    (tmp_path / "case").mkdir()
    running = trial.Running(spin, tmp_path / "case")
    while not running.take():
        time.sleep(0.01)
    assert running.ending().how == trial.HANGS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_input_follows_from_seed_kind_and_number(kind):
    damager = next(iter(kind.damage.values()))
    assert kind.count > 0
    if damager is damage_bytes:
        twice = [damager(random.Random(f"0/{kind.name}/3"), bytes(range(200))) for _ in range(2)]
        assert twice[0] == twice[1]


def test_there_are_enough_of_them():
    assert sum(kind.count for kind in KINDS) >= 3000
    assert len({kind.name for kind in KINDS}) == len(KINDS)
