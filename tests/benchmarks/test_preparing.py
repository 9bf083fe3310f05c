"""What is timed is the same work, and the section says what was measured."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from preparing import bench_preparing, compare, timed, write_scans
from preparing_page import section
from preparing_ways import make_scan, resamplings


@pytest.fixture(scope="module")
def small():
    return make_scan((40, 36, 24))


def test_ways_agree_before_they_are_timed(small):
    """Those that do not round to whole HU cut the fraction off."""
    for name, ways in resamplings(*small).items():
        furthest = compare(ways)
        assert set(furthest) >= {"medssl"} or "medssl, not blurred" in furthest
        limit = {"a scan": 1.01, "a label map": 0, "a prediction, back": 1e-3}[name]
        assert max(furthest.values()) <= limit, name
        assert set(timed(ways, 1)) == set(ways)


def test_another_grid_is_no_comparison(small):
    (ways, *_) = resamplings(*small).values()
    ways["SimpleITK"] = lambda: ways["MONAI"]()[1:]
    with pytest.raises(SystemExit, match="SimpleITK: shape"):
        compare(ways)


def test_a_preparation_is_measured_in_a_process_of_its_own(tmp_path):
    """However much memory the one that measures has held."""
    kept = np.ones(2**27)  # 1 GiB
    write_scans(tmp_path, *make_scan((200, 200, 160)))
    del kept
    for row in bench_preparing(tmp_path, 1).values():
        assert row["cpu_s"] > 0
        assert 5 < row["peak_mib"] < 60


def test_the_section_says_what_was_measured():
    seconds = {"medssl": 0.4, "MONAI": 8.0}
    report = {
        "date": "2026-01-02",
        "versions": {"torch": "2", "monai": "1"},
        "rounds": 3,
        "scan_mib": 150,
        "ways": {"a scan": {"cpu_s": seconds, "furthest": {"medssl": 0.5}}},
        "whole": {"scan": {"cpu_s": 2.0, "peak_mib": 300}},
    }
    lines = section(report).splitlines()
    missing = "not installed (pip install '.[bench]')"
    assert f"| a scan | 0.40 (0.5) |  | 8.00 | {missing} | {missing} |" in lines
    assert "| the scan alone | 2.00 | 300 | 2.00 |" in lines
    assert section(None) == ""
