"""Ways to compute take turns, and the page shows what was measured of them."""

import json
from functools import partial

import pytest
import torch

import ways
from measured import made_now
from ways import EAGER, PAGE, Size, Way, main, rows, section

CPU = torch.device("cpu")
OFF, LAST = Way("off", False), Way("off", True)
TINY = Size(2, 16, 1)


def test_ways_take_turns_and_gains_are_those_of_each_turn(monkeypatch):
    clock = iter([9.0, 9.0, 2.0, 1.0, 1.0, 4.0, 6.0, 3.0])
    monkeypatch.setattr(ways, "seconds", lambda *_: next(clock, 1.0))
    (row,) = rows([OFF, LAST], [TINY], CPU, 3)  # the second turn begins with the second way
    assert row["step_s"] == {"off": 4.0, "off, channels last": 1.0}
    assert row["step_gain"]["off, channels last"] == (2.0, 2.0, 4.0)
    assert row["forward_gain"]["off"] == (1.0, 1.0, 1.0)


def test_a_step_learns_and_a_forward_does_not():
    step = ways.make_step(OFF, TINY, CPU)
    assert step(True).requires_grad
    assert not step(False).requires_grad


@pytest.mark.slow
def test_what_is_called_compiled_is(monkeypatch):
    """PyTorch gives up beyond a number of variants, and runs on as if nothing were compiled."""
    traced = partial(torch.compile, backend="eager")  # variants are counted before the compiler
    monkeypatch.setattr(torch, "compile", traced)
    monkeypatch.setattr(torch._dynamo.config, "recompile_limit", 2)  # to learn, and a forward
    sizes = [TINY, Size(3, 16, 1), Size(4, 16, 1)]
    assert len(list(rows([Way("off", False, compile=True)], sizes, CPU, 1))) == 3
    monkeypatch.setattr(torch._dynamo.config, "recompile_limit", 1)
    with pytest.raises(torch._dynamo.exc.FailOnRecompileLimitHit):
        list(rows([Way("off", False, compile=True)], sizes, CPU, 1))


def test_each_part_is_written_beside_those_that_were_there(tmp_path, monkeypatch):
    page, output = tmp_path / "page.md", tmp_path / "ways.json"
    page.write_text("<!-- ways: begin -->\n<!-- ways: end -->\n", encoding="utf-8")
    monkeypatch.setattr(ways, "SIZES", [TINY])
    monkeypatch.setattr(ways, "EAGER", [OFF, LAST])
    monkeypatch.setattr(ways, "COMPILED", [OFF, LAST])
    threads = torch.get_num_threads()
    words = ["--turns", "1", "--output", str(output), "--page", str(page)]
    try:
        main(words)
        main([*words, "--compile"])
        made = made_now()
    finally:
        torch.set_num_threads(threads)
    report = json.loads(output.read_text(encoding="utf-8"))
    assert list(report) == [made["device"], f"{made['device']}{ways.COMPILED_TOO}"]
    assert all(made.items() <= part.items() for part in report.values())
    assert page.read_text(encoding="utf-8").count("| 2, 1 of 16^3 | step | ") == 2


def test_a_cell_has_its_seconds_and_what_they_gain():
    row = {**TINY._asdict(), "step_s": {"off": 2.0, "bf16": 1.0}, "step_gain": {"bf16": [2, 1, 3]}}
    row |= {"forward_s": {"off": 0.5, "bf16": 0.25}, "forward_gain": {"bf16": [2.5, 1, 3]}}
    part = {"date": "2026-01-02", "commit": "aaa", "versions": {"torch": "3"}, "rows": [row]}
    assert section({"a CPU": part}).splitlines()[1:] == [
        "a CPU, torch 3. Measured 2026-01-02 by commit aaa.",
        "",
        "| width, crops | | off | bf16 |",
        "|---|---|---|---|",
        "| 2, 1 of 16^3 | step | 2.000 | 1.000 (2.00) |",
        "|  | forward | 0.500 | 0.250 (2.50) |",
        "",
    ]


KEPT = json.loads(ways.OUTPUT.read_text(encoding="utf-8"))


def test_the_page_says_what_was_measured():
    text = PAGE.read_text(encoding="utf-8")
    begin, end = (f"<!-- ways: {word} -->" for word in ("begin", "end"))
    assert text.split(begin)[1].split(end)[0] == f"\n{section(KEPT)}"


@pytest.mark.parametrize("name", [name for name in KEPT if "CPU" in name])
def test_what_the_defaults_come_to_on_a_cpu_is_the_fastest_way(name):
    """`auto` for both keys, and nothing compiled; turns differ by more than two per cent."""
    default = Way("bf16" if "bf16" in name else "off", True).label
    assert default in [way.label for way in EAGER]
    for row in KEPT[name]["rows"]:
        assert row["step_s"][default] < 1.02 * min(row["step_s"].values())
