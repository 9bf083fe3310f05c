"""The section on whole scans says what was measured, and nothing where nothing was."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from whole_scans_page import section

WAY = {
    "roi": [24, 24, 24],
    "mode": "gaussian",
    "cpu_s": 1.5,
    "monai_cpu_s": None,
    "dice": [[0.5, 0.25], [0.75, 0.25]],
}
LESS = {"dice": [[0.5, 0.375], [0.625, 0.125]]}
REPORT = {
    "date": "2026-01-02",
    "versions": {"torch": "2", "monai": "1"},
    "mm": 4.0,
    "width": 8,
    "networks": 2,
    "scans": {
        "chest": {
            "voxels": [98, 98, 85],
            "rows": [
                {**WAY, "overlap": 0.5, "rule": "any", "windows": 448, "voxels": 3000},
                {**WAY, **LESS, "overlap": 0.25, "rule": "body", "windows": 150, "voxels": 1000},
            ],
        }
    },
    "bundles": [
        {
            **{
                "bundle": "b",
                "scan": "chest",
                "rule": "lung",
                "overlap": 0.25,
                "window": [0, 0, 32],
            },
            **{"before": 10, "all": 8, "now": 4},
        }
    ],
}


def test_ratios_are_those_of_the_voxels_and_of_the_windows():
    lines = section(REPORT).splitlines()
    body = (
        "| 24 x 24 x 24, windows that show body | 0.25 | gaussian | 150 | 3.00 | 1.50 |  | 0.5625, "
    )
    beside = "-0.0625 [-0.1250, +0.0000], +0.0000 [-0.1250, +0.1250]"
    assert f"{body}0.2500 | {beside} |" in lines
    assert "| b | chest | 0 x 0 x 32 | 10 | 0.25, lung | 8 | 4 | 2.50 |" in lines
    assert any("all windows | 0.5 | gaussian | 448 | 1.00" in line for line in lines)


def test_without_figures_the_page_has_no_section():
    assert section(None) == ""
