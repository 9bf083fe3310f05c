"""The section of docs/benchmarks.md that whole_scans.py measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any


def section(report: dict[str, Any] | None) -> str:
    """Markdown of the figures; nothing where nobody has measured them."""
    if report is None:
        return ""
    packages = report["versions"]
    named = {key: packages[key] for key in ("torch", "monai")}
    named |= {key: report[key] for key in ("date", "mm", "width", "networks")}
    text = Path(__file__).with_suffix(".md").read_text(encoding="utf-8").format(**named)
    for name, scan in report["scans"].items():
        text += _ways(name, scan) + "\n"
    return text + _bundles(report["bundles"])


def _ways(name: str, scan: dict[str, Any]) -> str:
    sides = " x ".join(map(str, scan["voxels"]))
    lines = [
        f"| {name}, {sides} | overlap | weights | forwards | ratio | CPU, s | MONAI, s | dice "
        "| beside the first |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    first = scan["rows"][0]
    for row in scan["rows"]:
        window = " x ".join(map(str, row["roi"]))
        runs = "all windows" if row["rule"] == "any" else f"windows that show {row['rule']}"
        figures = ", ".join(f"{fmean(each):.4f}" for each in zip(*row["dice"], strict=True))
        beside = ", ".join(map(_beside, differences(row, first)))
        peer = row["monai_cpu_s"]
        lines.append(
            f"| {window}, {runs} | {row['overlap']:g} | {row['mode']} | {row['windows']} "
            f"| {first['voxels'] / row['voxels']:.2f} | {row['cpu_s']:.2f} "
            f"| {'' if peer is None else f'{peer:.2f}'} | {figures} | {beside} |"
        )
    return "\n".join(lines) + "\n"


def differences(row: dict[str, Any], first: dict[str, Any]) -> list[list[float]]:
    """By class how far the dice of each network lie from those of another way."""
    by_class = (zip(*each["dice"], strict=True) for each in (row, first))
    return [
        [one - other for one, other in zip(own, others, strict=True)]
        for own, others in zip(*by_class, strict=True)
    ]


def _beside(off: Sequence[float]) -> str:
    return f"{fmean(off):+.4f} [{min(off):+.4f}, {max(off):+.4f}]"


def _bundles(rows: list[dict[str, Any]]) -> str:
    lines = [
        "Windows of the bundles at their own voxel and window size, counted on these scans:",
        "",
        "| bundle | scan | window | all, overlap 0.5 | overlap, rule | all | run | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        window = " x ".join(map(str, row["window"]))
        lines.append(
            f"| {row['bundle']} | {row['scan']} | {window} | {row['before']} "
            f"| {row['overlap']:g}, {row['rule']} | {row['all']} | {row['now']} "
            f"| {row['before'] / row['now']:.2f} |"
        )
    return "\n".join(lines) + "\n"
