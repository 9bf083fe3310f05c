"""What is timed is the same work, and the section says what was measured."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import preparing
from preparing import bench_preparing, compare, limit_of, main, within, write_scans
from preparing_page import SCANS, WORKS, section
from preparing_ways import NOT_BLURRED, make_scan, tilted, turned, works


@pytest.fixture(scope="module")
def small():
    return {name: making() for name, making in works(*make_scan((40, 36, 24))).items()}


@pytest.mark.parametrize("name", WORKS)
def test_ways_agree_before_they_are_timed(name, small):
    furthest = compare(small[name], limit_of(name))
    assert set(furthest) >= {"MONAI"}
    blurred = {"medssl"} if name in SCANS else set()
    assert set(furthest) == set(small[name].ways) - blurred
    assert max(furthest.values()) <= limit_of(name)


def test_scans_may_lie_as_no_axis_does():
    """Oblique axes are perpendicular, and those of a tilted gantry are not."""
    for affine, upright in ((turned(), True), (tilted(), False)):
        axes = affine[:3, :3]
        cosines = axes.T @ axes / np.outer(*[np.linalg.norm(axes, axis=0)] * 2) - np.eye(3)
        assert (np.abs(cosines).max() < 1e-9) == upright
        assert np.abs(axes - np.diag(np.diag(axes))).max() > 0.1
        assert np.linalg.norm(axes[:, :2], axis=0) == pytest.approx([0.7, 0.7])
    assert limit_of("a scan") == limit_of("an oblique scan") == 1  # HU


def test_voxels_are_compared_where_the_other_grid_has_neighbours():
    half = np.diag([0.5, 0.5, 0.5, 1.0])
    half[:3, 3] = 0.25
    inside = within(((4, 4, 5), np.eye(4)), ((8, 8, 10), half))
    place = np.arange(10) / 2 + 0.25
    expected = [(place[:side] >= 1) & (place[:side] <= last) for side, last in ((8, 2), (10, 3))]
    assert np.array_equal(np.any(inside, axis=(1, 2)), expected[0])
    assert np.array_equal(np.any(inside, axis=(0, 1)), expected[1])
    assert inside.sum() == expected[0].sum() ** 2 * expected[1].sum()


def changed(way, change):
    """The same with one of its voxels, or its grid, changed."""
    values, affine = (np.array(part, dtype=np.float64) for part in way())
    change(values, affine)
    return lambda: (values, affine)


@pytest.mark.parametrize("name", WORKS)
@pytest.mark.parametrize("way", ["medssl", NOT_BLURRED, "SimpleITK", "TorchIO"])
def test_another_result_is_no_comparison(name, way, small):
    work, limit = small[name], limit_of(name)
    original = work.ways.get(way, work.exact)

    def put(change):
        return work._replace(ways={**work.ways, way: changed(original, change)})

    def add(values, _):
        values[7, 18, 9] += limit + 1.1

    def shift(_, affine):
        affine[1, 3] += 0.01

    with pytest.raises(SystemExit, match=f"{way}: affine"):
        compare(put(shift), limit)
    shorter = {**work.ways, way: lambda: (work.exact()[0][1:], np.eye(4))}
    with pytest.raises(SystemExit, match=f"{way}: shape"):
        compare(work._replace(ways=shorter), limit)
    if way == "medssl" and name in SCANS:
        compare(put(add), limit)  # which has no equal
    else:
        with pytest.raises(SystemExit, match=f"{way}: .* off MONAI's"):
            compare(put(add), limit)


def test_a_preparation_is_measured_in_a_process_of_its_own(tmp_path):
    """However much memory the one that measures has held."""
    kept = np.ones(2**24)  # 128 MiB
    write_scans(tmp_path, *make_scan((200, 200, 160)))
    del kept
    row = bench_preparing(tmp_path, 1, ["labelled"])["labelled"]
    assert row["cpu_s"] > 0
    assert 5 < row["peak_mib"] < 60


HERE = {"date": "2026-01-02", "device": "a CPU", "versions": {"torch": "2", "torchio": "1.5"}}
ROW = {"cpu_s": {"medssl": 0.4, "MONAI": 8.0}, "furthest": {"medssl": 0.5}, "rounds": 3, **HERE}


def test_the_section_says_what_was_measured():
    whole = {"rows": {"scan": {"cpu_s": 2.0, "peak_mib": 300}}, "scan_mib": 150, **HERE}
    later = {**ROW, "date": "2026-01-03"}
    report = {"a scan": ROW, "an oblique scan": later, "whole preparations": whole}
    lines = section(report).splitlines()
    assert "- a scan, whole preparations: a CPU, 2026-01-02; torch 2, torchio 1.5." in lines
    assert "- an oblique scan: a CPU, 2026-01-03; torch 2, torchio 1.5." in lines
    missing = "not installed (pip install '.[bench]')"
    assert f"| a scan | 0.40 (0.5) |  | 8.00 | {missing} | {missing} |" in lines
    assert "| the scan alone | 2.00 | 300 | 2.00 |" in lines
    assert section(None) == ""


def test_rows_that_are_not_asked_for_stay_as_they_were(tmp_path, monkeypatch):
    docs = tmp_path / "docs"
    docs.mkdir()
    output = docs / "benchmarks_preparing.json"
    output.write_text(json.dumps({"a label map": ROW}), encoding="utf-8")
    speed = {"command": "make bench", "measured": {}}
    (docs / "benchmarks.json").write_text(json.dumps(speed), encoding="utf-8")
    new = {"cpu_s": {**ROW["cpu_s"], NOT_BLURRED: 0.25}, "furthest": {}}
    monkeypatch.setattr(preparing, "ROOT", tmp_path)
    monkeypatch.setattr(preparing, "measure", lambda names, _: [(name, new) for name in names])
    words = ["preparing.py", "--only", "an oblique scan", "--rounds", "5"]
    monkeypatch.setattr(sys, "argv", words)
    main()
    found = json.loads(output.read_text(encoding="utf-8"))
    assert list(found) == ["an oblique scan", "a label map"]
    assert found["a label map"] == ROW
    assert found["an oblique scan"]["rounds"] == 5
    assert found["an oblique scan"]["date"] > ROW["date"]
    page = (docs / "benchmarks.md").read_text(encoding="utf-8")
    assert "| an oblique scan | 0.40 | 0.25 | 8.00 |" in page
