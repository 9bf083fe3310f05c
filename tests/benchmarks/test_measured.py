"""Rows say of themselves when they were measured, and a page says so of all of them."""

import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch

import measured
from measured import made_now, this_cpu, when_measured

OLD = {"seconds": 3}
FIRST = {**OLD, "date": "2026-11-27", "commit": "aaa"}
SECOND = {**OLD, "date": "2026-12-01", "commit": "bbb"}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([OLD, OLD], "2 of 2 rows are older and say neither date nor commit."),
        ([FIRST, FIRST], "Measured 2026-11-27 by commit aaa."),
        ([SECOND, FIRST], "Measured 2026-11-27 to 2026-12-01 by 2 commits."),
        (
            [FIRST, OLD],
            "Measured 2026-11-27 by commit aaa; "
            "1 of 2 rows are older and say neither date nor commit.",
        ),
    ],
)
def test_dates_commits_and_rows_without_them_are_told(rows, told):
    assert when_measured(rows) == told


def test_a_row_keeps_date_commit_and_versions_of_its_own():
    made = made_now("pydicom")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", made["date"])
    assert re.fullmatch(r"[0-9a-f]{10,}(-dirty)?|unknown", made["commit"])
    assert {"python", "torch", "pydicom"} <= made["versions"].keys()
    assert when_measured([made]) == f"Measured {made['date']} by commit {made['commit']}."
    assert made["device"] == this_cpu()
    assert made_now(device="a GPU")["device"] == "a GPU"


@pytest.mark.parametrize(("bf16", "told"), [(True, "AVX2, bf16"), (False, "AVX2")])
def test_a_cpu_is_told_by_what_it_can(monkeypatch, bf16, told):
    monkeypatch.setattr(measured, "cpu_has_bf16", lambda: bf16)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    assert this_cpu().endswith(f" CPU ({told}), 3 threads")
    assert this_cpu(1).endswith(f" CPU ({told}), 1 thread")


def test_what_a_benchmark_writes_meanwhile_does_not_make_its_code_dirty(tmp_path):
    shutil.copy(measured.__file__, tmp_path)
    (tmp_path / "report.json").write_text("of an earlier run")
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init"], ["add", "."], [*who, "commit", "-m", "one"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    spec = importlib.util.spec_from_file_location("copied", tmp_path / "measured.py")
    copied = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copied)
    first = copied.made_now()["commit"]
    (tmp_path / "report.json").write_text("written by the first section")
    second = copied.made_now()["commit"]
    assert first == second
    assert re.fullmatch(r"[0-9a-f]{10,}", first)


DOCS = Path(measured.__file__).resolve().parents[1] / "docs"


def commits(value):
    """All that a report says of commits, however deep."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict) and "commit" in value:
        yield value["commit"]
    for part in parts:
        yield from commits(part)


def test_figures_name_commits_that_can_be_checked_out():
    told = {
        (path.name, commit)
        for path in DOCS.glob("*.json")
        for commit in commits(json.loads(path.read_text(encoding="utf-8")))
    }
    assert not {pair for pair in told if not re.fullmatch("[0-9a-f]{10,}", pair[1])}
    assert told
