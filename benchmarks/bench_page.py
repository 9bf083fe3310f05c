"""docs/benchmarks.md, from what `bench.py` and the scripts beside it have measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import preparing_page
import whole_scans_page
from interleaved import Ratio
from provenance import measured_lines
from scale import scale_table
from startup import estimates_table, startup_table
from waits import waits_table

HEAD = """# Benchmarks

Speed of what medssl adds around the network. `{command}` measures what the sections show; the lines
of the first table, and sections that others write, name the commands that do.

{lines}"""


def generation_table(rows: dict[str, dict[str, Any]]) -> str:
    """Markdown lines of the samples' figures."""
    lines = [
        "| samples | medssl, ms | literal, ms | ratio | loaded | p |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        if "failed" in row:
            lines.append(f"| {name} | {row['failed']} | | | | |")
            continue
        loaded = "" if row["loaded_ratio"] is None else Ratio(*row["loaded_ratio"])
        lines.append(
            f"| {name} | {row['ours_ms']:.2f} | {row['literal_ms']:.1f} | {Ratio(*row['ratio'])} "
            f"| {loaded} | {row['p']:.2g} |"
        )
    return "\n".join(lines)


def step_table(rows: list[dict[str, Any]]) -> str:
    """Markdown lines of the steps' figures."""
    lines = [
        "| bundle | settings | whole step, s | model only, s | ratio | turns | peak memory, MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    figures = ("bundle", "full_s", "model_s", "ratio", "turns", "peak_mib", "batch", "failed")
    for row in rows:
        given = {"batch_size": row.get("batch"), **row}
        words = [f"{key} {value}" for key, value in given.items() if key not in figures]
        cells = [row["bundle"], ", ".join(words)]
        if "failed" in row:
            cells += [row["failed"], "", "", "", ""]
        else:
            cells += [f"{row['full_s']:.3f}", f"{row['model_s']:.3f}", str(Ratio(*row["ratio"]))]
            cells += [str(row["turns"]), str(row["peak_mib"])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def peers_table(rows: list[dict[str, Any]]) -> str:
    """Markdown lines of the samples that others make."""
    lines = ["| samples | by | medssl, ms | theirs, ms | ratio | p |", "|---|---|---|---|---|---|"]
    for row in rows:
        cells = [row["samples"], row["peer"]]
        if "ours_ms" not in row:
            cells += ["", "", row["failed"], ""]
        else:
            ratio = row.get("failed") or str(Ratio(*row["ratio"]))
            p = f"{row['p']:.2g}" if "p" in row else ""
            cells += [f"{row['ours_ms']:.2f}", f"{row['theirs_ms']:.2f}", ratio, p]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ranks_table(rows: list[dict[str, Any]]) -> str:
    """Markdown lines of the steps of several ranks."""
    lines = ["| bundle | ranks | samples a second | times one rank |", "|---|---|---|---|"]
    for row in rows:
        cells = [row["bundle"], str(row["ranks"])]
        cells += (
            [row["failed"], ""]
            if "failed" in row
            else [f"{row['samples_a_second']:.2f}", f"{row['times_one']:.2f}"]
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def inference_table(rows: list[dict[str, Any]]) -> str:
    """Markdown lines of sliding windows in several precisions."""
    lines = [
        "| settings | windows a second | largest difference | peak, MiB |",
        "|---|---|---|---|",
    ]
    for row in rows:
        cells = [row["settings"]]
        if "failed" in row:
            cells += [row["failed"], "", ""]
        else:
            cells += [f"{row['windows_a_second']:.1f}", f"{row['apart']:.2g}"]
            cells.append("" if row["peak_mib"] is None else f"{row['peak_mib']:.0f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def crops_table(rows: list[dict[str, Any]]) -> str:
    """Markdown lines of the ways to read crops."""
    ours = rows[0]["crops_a_second"]
    lines = ["| crops from | a second | medssl over it |", "|---|---|---|"]
    for row in rows:
        cells = [row.get("failed", ""), ""]
        if "failed" not in row:
            cells = [f"{row['crops_a_second']:.0f}", f"{ours / row['crops_a_second']:.1f}"]
        lines.append(f"| {row['way']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def read_report(path: Path) -> dict[str, Any]:
    """What was measured before; nothing where there is no such file."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def read_beside(path: Path, name: str) -> dict[str, Any] | None:
    """What `preparing.py`, `whole_scans.py` or `clone.py` has measured, from beside the report."""
    return read_report(path.with_name(f"{path.stem}_{name}.json")) or None


def page_of(report: dict[str, Any], path: Path) -> str:
    """The Markdown page of a report, and of what lies beside it.

    Args:
        report: of `bench.py`.
        path: where its JSON lies.
    """
    preparing, whole = read_beside(path, "preparing"), read_beside(path, "whole_scans")
    waits = waits_table(report, preparing, whole, read_beside(path, "clone"))
    sections = preparing_page.section(preparing) + whole_scans_page.section(whole)
    return _head(report) + waits + _own_sections(report) + sections


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write the JSON and, beside it, the same figures as a Markdown page."""
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(page_of(report, path), encoding="utf-8")


def _head(report: dict[str, Any]) -> str:
    lines = measured_lines(report["measured"])
    return HEAD.format(command=report["command"], lines=lines)


def _own_sections(report: dict[str, Any]) -> str:
    """What this report has, in the order in which a scan goes through the house."""
    made = {
        "startup": ("starts", startup_table),
        "estimate": ("estimates", estimates_table),
        "scale": ("many_scans", scale_table),
        "crop_read": ("reading", _reading),
        "crop_reading": ("reading_others", crops_table),
        "generation": ("samples", generation_table),
        "pretext_peers": ("samples_others", peers_table),
        "training_step": ("steps", step_table),
        "ranks": ("ranks", ranks_table),
        "inference": ("inference", inference_table),
    }
    texts = _texts()
    there = {name: table(report[key]) for key, (name, table) in made.items() if key in report}
    return "".join(f"\n{texts[name]}\n\n{table}\n" for name, table in there.items())


def _reading(crop: dict[str, Any]) -> str:
    return (
        f"A 64 x 64 x 32 crop from a prepared scan of {crop['scan_voxels']:,} voxels, warm, one "
        f"core:\nmedian {crop['median_ms']:.2f} ms, 95th percentile {crop['p95_ms']:.2f} ms."
    )


def _texts() -> dict[str, str]:
    """The words above each table, by the names in ``bench_page.md``."""
    parts = Path(__file__).with_suffix(".md").read_text(encoding="utf-8").split("<!-- ")
    named = (part.split(" -->", 1) for part in parts[1:])
    return {name: text.strip() for name, text in named}
