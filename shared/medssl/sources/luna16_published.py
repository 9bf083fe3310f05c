"""What LUNA16 holds as published, and how a copy of it differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..store.marks import Marks
from ..store.splits import SPLITS

SCANS_OF_SUBSET = (*[89] * 8, *[88] * 2)
SCANS_OF_SPLIT = {"training": 445, "validation": 178, "test": 265}
ROWS_OF = {
    "annotations.csv": 1_186,
    "annotations_excluded.csv": 35_192,
    "candidates.csv": 551_065,
    "candidates_V2.csv": 754_975,
}
POSITIVES_OF = {"candidates.csv": 1_351, "candidates_V2.csv": 1_557}
_SHOWN = 3

Difference = dict[str, Any]


def compare_with_published(
    scans: Sequence[Mapping[str, Any]], tables: Mapping[str, Marks], paper_split: bool
) -> list[Difference]:
    """Compare with the published numbers of scans, nodules and candidates.

    Args:
        scans: the manifest's, with the subset among their facts.
        tables: all rows of the tables that were found, by file name.
        paper_split: whether the subsets make the split.

    Returns:
        ``what``, ``expected`` and ``found`` (None: no such file) for each number that differs; for
        series that no scan has also the names ``such_as``.
    """
    prepared = [scan["id"] for scan in scans]
    kept = {name: marks.of(prepared) for name, marks in tables.items()}
    expected, found = _expected(paper_split, tables), _found(scans, kept)
    differing = [
        {"what": name, "expected": count, "found": found.get(name)}
        for name, count in expected.items()
        if found.get(name) != count
    ]
    return differing + [
        {
            "what": f"series of {name} without scan",
            "expected": 0,
            "found": len(strangers),
            "such_as": strangers[:_SHOWN],
        }
        for name, marks in tables.items()
        if (strangers := sorted(set(marks.series) - set(prepared)))
    ]


def print_differences(folder: Path, differences: Sequence[Difference]) -> None:
    """Print them as a table, if there are any."""
    if not differences:
        return
    print(f"{folder} differs from LUNA16 as published (kept in manifest.json):")
    print(f"  {'':48}{'expected':>10}{'found':>10}")
    for row in differences:
        found = "no file" if row["found"] is None else row["found"]
        print(f"  {row['what']:48}{row['expected']:>10}{found:>10}")


def _expected(paper_split: bool, tables: Mapping[str, Marks]) -> dict[str, int]:
    """The published numbers, of the tables that are there or should be."""
    wanted = {"annotations.csv", *tables}
    if not wanted & set(POSITIVES_OF):
        wanted.add("candidates.csv")  # one of the two is enough
    numbers = {"scans": sum(SCANS_OF_SUBSET)}
    numbers |= {f"scans of subset{k}": count for k, count in enumerate(SCANS_OF_SUBSET)}
    if paper_split:
        numbers |= {f"scans of {name}": count for name, count in SCANS_OF_SPLIT.items()}
    numbers |= {f"rows of {name}": n for name, n in ROWS_OF.items() if name in wanted}
    return numbers | {f"class 1 in {name}": n for name, n in POSITIVES_OF.items() if name in tables}


def _found(scans: Sequence[Mapping[str, Any]], tables: Mapping[str, Marks]) -> dict[str, int]:
    """The same numbers of what was prepared."""
    subsets = [scan["facts"]["subset"] for scan in scans]
    splits = [scan["split"] for scan in scans]
    numbers = {"scans": len(scans)}
    numbers |= {f"scans of subset{k}": subsets.count(k) for k in range(len(SCANS_OF_SUBSET))}
    numbers |= {f"scans of {name}": splits.count(name) for name in SPLITS}
    numbers |= {f"rows of {name}": len(marks) for name, marks in tables.items()}
    positives = {
        name: int((tables[name].values == 1).sum()) for name in POSITIVES_OF if name in tables
    }
    return numbers | {f"class 1 in {name}": count for name, count in positives.items()}
