"""The page of benchmarks says what was measured, and of what is missing why."""

import json
from pathlib import Path

from bench_page import (
    crops_table,
    generation_table,
    inference_table,
    page_of,
    peers_table,
    ranks_table,
    read_report,
    step_table,
    write_report,
)
from interleaved import MISSING

DOCS = Path(__file__).resolve().parents[2] / "docs"

ROWS = [{"way": "medssl", "crops_a_second": 100.0}, {"way": "other", "crops_a_second": 8.0}]


def test_each_ratio_is_medssl_over_the_other():
    lines = crops_table([*ROWS, {"way": "gone", "failed": MISSING}]).splitlines()
    assert lines[-3:] == [
        "| medssl | 100 | 1.0 |",
        "| other | 8 | 12.5 |",
        f"| gone | {MISSING} |  |",
    ]


def test_samples_of_another_distribution_have_times_and_no_ratio():
    row = {"samples": "s", "peer": "MONAI", "ours_ms": 2.0, "theirs_ms": 9.0}
    row["ratio"] = [4.5, 4.0, 5.25]
    alike, other = {**row, "p": 0.5}, {**row, "failed": "another distribution: x"}
    missing = {"samples": "s", "peer": "TorchIO", "failed": MISSING}
    assert peers_table([alike, other, missing]).splitlines()[2:] == [
        "| s | MONAI | 2.00 | 9.00 | 4.5 (4.0 to 5.2) | 0.5 |",
        "| s | MONAI | 2.00 | 9.00 | another distribution: x |  |",
        f"| s | TorchIO |  |  | {MISSING} |  |",
    ]


def test_ratios_of_samples_and_steps_have_their_range():
    row = {"ours_ms": 2.0, "literal_ms": 9.0, "ratio": [4.5, 4.25, 5], "p": 0.5}
    rows = {"s": {**row, "loaded_ratio": None}, "t": {**row, "loaded_ratio": [1.25, 1, 1.5]}}
    assert generation_table(rows).splitlines()[2:] == [
        "| s | 2.00 | 9.0 | 4.5 (4.2 to 5.0) |  | 0.5 |",
        "| t | 2.00 | 9.0 | 4.5 (4.2 to 5.0) | 1.250 (1.000 to 1.500) | 0.5 |",
    ]
    step = {"bundle": "b", "batch": 2, "num_workers": 0, "full_s": 1.5, "model_s": 1.25}
    step |= {"ratio": [1.2, 1.1, 1.25], "turns": 7, "peak_mib": 900}
    assert step_table([step]).splitlines()[2:] == [
        "| b | batch_size 2, num_workers 0 | 1.500 | 1.250 | 1.200 (1.100 to 1.250) | 7 | 900 |",
    ]


def test_ranks_and_windows_have_a_line_each():
    rank = {"bundle": "b", "ranks": 2, "samples_a_second": 7.5, "times_one": 1.9}
    assert ranks_table([rank, {"bundle": "b", "ranks": 4, "failed": "no"}]).splitlines()[2:] == [
        "| b | 2 | 7.50 | 1.90 |",
        "| b | 4 | no |  |",
    ]
    window = {"settings": "bf16", "windows_a_second": 3, "apart": 0.01, "peak_mib": None}
    assert inference_table([window]).splitlines()[-1] == "| bf16 | 3.0 | 0.01 |  |"


def test_a_page_holds_the_sections_that_were_measured_and_their_days(tmp_path):
    here = {"device": "CPU", "date": "2026-01-02", "versions": {"torch": "2"}}
    later = {**here, "date": "2026-01-03", "versions": {"torch": "3", "torchio": "1"}}
    report = {
        "command": "make bench",
        "measured": {"crop_reading": here, "startup": here, "generation": later},
        "crop_reading": ROWS,
        "startup": [{"start": "medssl --help", "cpu_s": 0.081}],
    }
    write_report(report, tmp_path / "b.json")
    page = (tmp_path / "b.md").read_text()
    assert "- crop_reading, startup: CPU, 2026-01-02; torch 2.\n" in page
    assert "- generation: CPU, 2026-01-03; torch 3, torchio 1.\n" in page
    assert "## Reading" not in page  # that of one crop was not measured
    assert "| other | 8 | 12.5 |" in page
    assert "## Starts" in page
    assert "| `medssl --help` | 0.08 |" in page
    assert "| crops a second | other 8 | 100 |  | `make bench` |" in page
    assert json.loads((tmp_path / "b.json").read_text()) == report


def test_the_page_in_the_repository_is_what_the_figures_beside_it_make():
    path = DOCS / "benchmarks.json"
    names = ["preparing", "whole_scans", "clone"]
    assert all((DOCS / f"benchmarks_{name}.json").is_file() for name in names)
    assert (DOCS / "benchmarks.md").read_text(encoding="utf-8") == page_of(read_report(path), path)
