"""What is timed is the same work, and the section says what was measured."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from preparing import LIMITS, bench_preparing, compare, timed, write_scans
from preparing_page import section
from preparing_ways import NOT_BLURRED, make_scan, resamplings


@pytest.fixture(scope="module")
def small():
    return make_scan((40, 36, 24))


def test_ways_agree_before_they_are_timed(small):
    for name, ways in resamplings(*small).items():
        furthest = compare(ways, LIMITS[name])
        assert set(ways) >= {"medssl", "MONAI"}
        blurred = {"medssl"} if NOT_BLURRED in ways else set()
        assert set(furthest) == set(ways) - {"MONAI"} - blurred
        assert max(furthest.values()) <= LIMITS[name]
        assert set(timed(ways, 1)) == set(ways)
    assert LIMITS["a scan"] <= 1.1  # HU


def changed(way, change):
    """The same with one of its voxels, or its grid, changed."""
    values, affine = (np.array(part, dtype=np.float64) for part in way())
    change(values, affine)
    return lambda: (values, affine)


@pytest.mark.parametrize("work", ["a scan", "a label map", "a prediction, back"])
@pytest.mark.parametrize("way", ["medssl", NOT_BLURRED, "SimpleITK", "TorchIO"])
def test_another_result_is_no_comparison(work, way, small):
    ways = resamplings(*small)[work]
    if way not in ways:
        ways[way] = ways["MONAI"]

    def put(change):
        return {**ways, way: changed(ways[way], change)}

    def add(values, _):
        values[7, 8, 9] += LIMITS[work] + 0.9

    def shift(_, affine):
        affine[1, 3] += 0.01

    with pytest.raises(SystemExit, match=f"{way}: affine"):
        compare(put(shift), LIMITS[work])
    with pytest.raises(SystemExit, match=f"{way}: shape"):
        compare({**ways, way: lambda: (ways["MONAI"]()[0][1:], np.eye(4))}, LIMITS[work])
    if way == "medssl" and NOT_BLURRED in ways:
        compare(put(add), LIMITS[work])  # which has no equal
    else:
        with pytest.raises(SystemExit, match=f"{way}: .* off MONAI's"):
            compare(put(add), LIMITS[work])


def test_a_preparation_is_measured_in_a_process_of_its_own(tmp_path):
    """However much memory the one that measures has held."""
    kept = np.ones(2**24)  # 128 MiB
    write_scans(tmp_path, *make_scan((200, 200, 160)))
    del kept
    row = bench_preparing(tmp_path, 1, ["labelled"])["labelled"]
    assert row["cpu_s"] > 0
    assert 5 < row["peak_mib"] < 60


def test_the_section_says_what_was_measured():
    seconds = {"medssl": 0.4, "MONAI": 8.0}
    report = {
        "date": "2026-01-02",
        "versions": {"torch": "2", "torchio": "1.5"},
        "rounds": 3,
        "scan_mib": 150,
        "ways": {"a scan": {"cpu_s": seconds, "furthest": {"medssl": 0.5}}},
        "whole": {"scan": {"cpu_s": 2.0, "peak_mib": 300}},
    }
    lines = section(report).splitlines()
    assert any("2026-01-02; torch 2, torchio 1.5." in line for line in lines)
    missing = "not installed (pip install '.[bench]')"
    assert f"| a scan | 0.40 (0.5) |  | 8.00 | {missing} | {missing} |" in lines
    assert "| the scan alone | 2.00 | 300 | 2.00 |" in lines
    assert section(None) == ""
