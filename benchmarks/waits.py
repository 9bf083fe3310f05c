"""The table of what people wait for: medssl beside others, each figure from one run of its own."""

from __future__ import annotations

from statistics import mean
from typing import Any

from preparing_page import SCANS, WHOLE
from whole_scans_page import differences

HEAD = """
## What people wait for

MONAI's resampling is what medssl itself prepared scans with before. Dice are changes against
MONAI's windows, each the mean of several networks: of all structures, and of the structure that
loses most.

| what | others, the same work | medssl | goal | measured by |
|---|---|---|---|---|
"""
WITHIN = 0.002  # of dice, so much lower counts as equal
Lines = list[list[str]]
# What machines without the means do; no figure, but it stands among those that were asked for.
NO_FIGURES = [
    [
        *("`--amp bf16` on a CPU without bf16", "", "refused in one line, before it starts", ""),
        "`pytest tests/engines/test_precision.py`",
    ],
    [
        "the defaults on a GPU: precision `auto`, `cudnn.benchmark` on; ranks and `compile` there",
        *("", "not measured, as no GPU was at hand", "", "`make bench-gpu`"),
    ],
]


def waits_table(
    report: dict[str, Any],
    preparing: dict[str, Any] | None,
    whole: dict[str, Any] | None,
    clone: dict[str, Any] | None,
) -> str:
    """Markdown, with a line for each figure that has been measured.

    Args:
        report: of `bench.py`.
        preparing: of `preparing.py`.
        whole: of `whole_scans.py`.
        clone: of `clone.py`.
    """
    by_command = {
        "bench-preparing": _preparing(preparing),
        "bench": _crops(report) + _scale(report) + _starts(report),
        "bench-whole-scans DATA=DIR": _whole_scans(whole),
        "bench-clone": _clone(clone),
    }
    lines = [[*cells, f"`make {name}`"] for name, found in by_command.items() for cells in found]
    if not lines:
        return ""
    return HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in lines + NO_FIGURES)


def _preparing(report: dict[str, Any] | None) -> Lines:
    lines = []
    for name in SCANS:
        if report is None or name not in report:
            continue
        seconds = dict(report[name]["cpu_s"])
        ours, same = seconds.pop("medssl"), seconds.pop("medssl, not blurred")
        others = ", ".join(f"{way} {value:.2f} s" for way, value in seconds.items())
        figures = f"{ours:.2f} s blurred where coarser, {same:.2f} s as the others"
        goal = "0.5 s" if name == "a scan" else "may be slower"
        what = f"resampling {name} of 512 x 512 x 300 voxels to 1 mm"
        lines.append([what, others, figures, goal])
    if report is not None and WHOLE in report:
        whole = report[WHOLE]["rows"]["scan"]
        times = f"{whole['peak_mib'] / report[WHOLE]['scan_mib']:.2f} times the scan"
        lines += [["whole preparation of that scan", "", f"{whole['cpu_s']:.2f} s", "2.5 s"]]
        lines += [["its peak memory", "", times, "2.5 times"]]
    return lines


def _crops(report: dict[str, Any]) -> Lines:
    rows = [row for row in report.get("crop_reading", ()) if "failed" not in row]
    if not rows:
        return []
    others = ", ".join(f"{row['way']} {row['crops_a_second']:.0f}" for row in rows[1:])
    return [["crops a second", others, f"{rows[0]['crops_a_second']:.0f}", ""]]


def _scale(report: dict[str, Any]) -> Lines:
    if not report.get("scale"):
        return []
    row = report["scale"][-1]
    figures = f"{row['manifest_s']:.1f} s, {row['datalist_s']:.1f} s, {row['start_s']:.1f} s"
    what = f"manifest, data list and start of a run of {row['scans']:,} scans"
    return [[what, "", figures, "2 s for each list"]]


def _starts(report: dict[str, Any]) -> Lines:
    """CPU seconds, which other programs hardly move; of an estimate what is waited for."""
    seconds = {row["start"]: row["cpu_s"] for row in report.get("startup", ())}
    goals = {
        "python -m monai.bundle run, before the first step": "9 s",
        "medssl estimate --help": "0.5 s",
    }
    lines = [
        [f"`{name}`, CPU", "", f"{seconds[name]:.1f} s", goal]
        for name, goal in goals.items()
        if name in seconds
    ]
    for row in report.get("estimate", ()):
        what = f"`medssl estimate` of `{row['bundle']}` at its own size, by the clock"
        lines.append([what, "", f"{row['wall_s']:.0f} s", "60 s"])
    return lines


def _whole_scans(report: dict[str, Any] | None) -> Lines:
    if report is None:
        return []
    lines = []
    for name, scan in report["scans"].items():
        first = scan["rows"][0]
        ways = (row for row in scan["rows"] if (row["rule"], row["overlap"]) == ("body", 0.25))
        now = next((row for row in ways if row["mode"] == first["mode"]), None)
        if now is not None:
            apart = list(map(mean, differences(now, first)))
            ours = f"{now['windows']}, mean dice {mean(apart):+.4f}, worst {min(apart):+.4f}"
            ours += f", beyond {WITHIN}" if min(apart) < -WITHIN else ""
            goal = f"{int(first['windows'] / 2.5)}, mean within {WITHIN}"
            lines.append([f"windows of a whole {name}", f"MONAI {first['windows']}", ours, goal])
    return lines


def _clone(report: dict[str, Any] | None) -> Lines:
    """Minutes waited for, on a machine and a day that are named with them."""
    lines = []
    for target, goal in (("demo", 5), ("demo_avx2", 5), ("test", 6), ("test_avx2", 6)):
        row = (report or {}).get(target)
        if row is not None:
            machine = f"{row['device']}, {row['date']}"
            tests = f" ({row['passed']:,} tests)" if "passed" in row else ""
            made, _, held = target.partition("_")
            machine += ", held to AVX2" if held else ""
            what = f"`make {made}`{tests} in a fresh clone, after its installation; {machine}"
            lines.append([what, "", f"{row['wall_s'] / 60:.1f} min", f"{goal} min"])
    return lines
