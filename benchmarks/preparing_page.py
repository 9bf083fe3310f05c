"""The section of docs/benchmarks.md that preparing.py measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from interleaved import MISSING
from provenance import measured_lines

WAYS = ("medssl", "medssl, not blurred", "MONAI", "SimpleITK", "TorchIO")
OTHERS = ("SimpleITK", "TorchIO")  # of the extra `bench`
SCANS = ("a scan", "an oblique scan", "a scan of a tilted gantry")
WORKS, WHOLE = (*SCANS, "a label map", "a prediction, back"), "whole preparations"
PREPARED = {"scan": "the scan alone", "labelled": "the scan with its label map"}


def section(report: dict[str, Any] | None) -> str:
    """Markdown of the figures; nothing where nobody has measured them."""
    if report is None:
        return ""
    text = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    text += f"\n{measured_lines(report)}\n"
    text += _ways({name: report[name] for name in WORKS if name in report})
    return text + (f"\n{_whole(report[WHOLE])}" if WHOLE in report else "")


def _ways(ways: dict[str, Any]) -> str:
    lines = [f"| CPU, s | {' | '.join(WAYS)} |", "|---" * (len(WAYS) + 1) + "|"]
    for name, row in ways.items():
        cells = []
        for way in WAYS:
            seconds, far = row["cpu_s"].get(way), row["furthest"].get(way)
            cells.append(_absent(way, ways) if seconds is None else f"{seconds:.2f}")
            cells[-1] += "" if far is None else f" ({far:.2g})"
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _absent(way: str, ways: dict[str, Any]) -> str:
    """Why a way has no figure: nothing where it was not asked for this kind of work."""
    there = any(way in row["cpu_s"] for row in ways.values())
    return "" if there or way not in OTHERS else MISSING


def _whole(report: dict[str, Any]) -> str:
    lines = [
        "| whole preparation of | CPU, s | peak memory, MiB | of the scan |",
        "|---|---|---|---|",
    ]
    for name, row in report["rows"].items():
        share = row["peak_mib"] / report["scan_mib"]
        lines.append(
            f"| {PREPARED[name]} | {row['cpu_s']:.2f} | {row['peak_mib']:.0f} | {share:.2f} |"
        )
    return "\n".join(lines) + "\n"
