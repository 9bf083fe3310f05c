"""LUNA16's published numbers agree with each other, and a copy is held against them."""

from pathlib import Path

import numpy as np

from medssl.sources.luna16_published import (
    POSITIVES_OF,
    ROWS_OF,
    SCANS_OF_SPLIT,
    SCANS_OF_SUBSET,
    compare_with_published,
    print_differences,
)
from medssl.store.marks import Marks

from .test_luna16 import SPLIT


def test_the_published_numbers_agree_with_each_other():
    assert sum(SCANS_OF_SUBSET) == sum(SCANS_OF_SPLIT.values()) == 888
    for name, count in SCANS_OF_SPLIT.items():
        assert count == sum(n for n, split in zip(SCANS_OF_SUBSET, SPLIT) if split == name)


def marks(series, values=None):
    count = len(series)
    values = np.zeros(count) if values is None else values
    series = np.array(series, dtype=object)
    return Marks(series, np.zeros((count, 3)), values, np.arange(count) + 2)


def published():
    """All of LUNA16's scans and rows, as far as they are counted."""
    scans = [
        {"id": f"s{subset}_{n}", "facts": {"subset": subset}, "split": SPLIT[subset]}
        for subset, count in enumerate(SCANS_OF_SUBSET)
        for n in range(count)
    ]
    name = "candidates_V2.csv"
    values = (np.arange(ROWS_OF[name]) < POSITIVES_OF[name]).astype(float)
    tables = {
        "annotations.csv": marks(["s0_0"] * ROWS_OF["annotations.csv"]),
        name: marks(["s0_0"] * ROWS_OF[name], values),
    }
    return scans, tables


def test_the_published_collection_does_not_differ_and_one_table_of_candidates_is_enough(capsys):
    scans, tables = published()
    assert compare_with_published(scans, tables, paper_split=True) == []
    print_differences(Path("out"), [])
    assert capsys.readouterr().out == ""
    del tables["candidates_V2.csv"]
    assert compare_with_published(scans, tables, paper_split=True) == [
        {"what": "rows of candidates.csv", "expected": 551_065, "found": None}
    ]


def test_a_scan_that_is_lost_is_missed_in_its_subset_and_split_with_its_rows():
    scans, tables = published()
    lost = scans.pop(0)
    for paper in (True, False):
        found = compare_with_published(scans, tables, paper)
        assert {row["what"]: (row["expected"], row["found"]) for row in found} == {
            "scans": (888, 887),
            "scans of subset0": (89, 88),
            **({"scans of training": (445, 444)} if paper else {}),
            "rows of annotations.csv": (1186, 0),
            "rows of candidates_V2.csv": (754_975, 0),
            "class 1 in candidates_V2.csv": (1557, 0),
            "series of annotations.csv without scan": (0, 1),
            "series of candidates_V2.csv without scan": (0, 1),
        }
    assert found[-1]["such_as"] == [lost["id"]]


def test_differences_are_printed_with_what_is_missing(capsys):
    print_differences(Path("out"), [{"what": "rows of x.csv", "expected": 7, "found": None}])
    head, _, row = capsys.readouterr().out.splitlines()
    assert head.startswith("out differs from LUNA16 as published")
    assert row.split() == ["rows", "of", "x.csv", "7", "no", "file"]
