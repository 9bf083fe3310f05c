"""Odd scans of every kind are read at their true place and size, or refused by their own words.

Each is also held against its row of docs/reliability.md.
"""

import json
import re
from dataclasses import asdict

import numpy as np
import pytest

from measured import made_now
from medssl.sources.readers import BrokenScanError, find_sources, read_image
from medssl.sources.resampling import prepare_image
from odd_cases import READ, REFUSED, SCANS
from odd_dicom import errors_of
from odd_rows import PAGE, Row, agree, figures, load_report, load_rows, page, save

ROWS = {(row.case, row.scan): row for row in load_rows()}


def held_against_the_page(case, source, said, prepared):
    row = ROWS[case, source.name]
    assert [line.removeprefix("medssl: ") for line in said.splitlines()] == row.left_out
    assert agree(row.preparation, prepared), (row.preparation, prepared)


@pytest.mark.parametrize("case", READ)
def test_the_ball_is_found_where_it_is(tmp_path, capsys, case):
    READ[case](tmp_path)
    sources = find_sources(tmp_path)
    said = capsys.readouterr().err
    assert len(sources) == SCANS.get(case, 1)
    for source in sources:
        scan = read_image(source)
        for spacing in (None, (1.0, 1.0, 1.0)):
            volume, _ = prepare_image(scan, spacing)
            off, share = errors_of(volume.array, volume.affine)
            assert off < 1
            assert abs(share) < 0.03
            axes = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
            np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-3)
        held_against_the_page(case, source, said, figures(off, share))


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_right_is_refused_by_its_own_words(tmp_path, capsys, case):
    write, words = REFUSED[case]
    write(tmp_path)
    (source,) = find_sources(tmp_path)
    said = capsys.readouterr().err
    with pytest.raises(BrokenScanError) as caught:
        read_image(source)
    assert re.search(words, str(caught.value))
    assert "\n" not in str(caught.value)
    held_against_the_page(case, source, said, f"refused: {caught.value}")


def test_the_page_says_what_its_rows_say_and_no_case_is_missing():
    rows = load_rows()
    text = PAGE.read_text(encoding="utf-8")
    assert text.partition("\n<!-- ")[0] == page(rows, load_report())
    cases = [row.case for row in rows]
    assert cases == [case for case in (*READ, *REFUSED) for _ in range(SCANS.get(case, 1))]
    for row in rows:
        refused = row.case in REFUSED
        assert row.preparation.startswith("refused: ") == refused
        assert not refused or row.inference == row.preparation


def test_rows_are_kept_with_their_day_and_commit_and_sections_below_stay(tmp_path):
    page_path = tmp_path / "page.md"
    page_path.write_text("of before\n<!-- other: begin -->\n", encoding="utf-8")
    row = Row("plain", "scan", "0.00 mm, +0.1 %", "0.04 mm, +0.5 %")
    save([row], page_path)
    made = made_now()
    kept = json.loads(page_path.with_suffix(".json").read_text(encoding="utf-8"))
    assert kept == {**made, "rows": [asdict(row)]}
    text = page_path.read_text(encoding="utf-8")
    assert f" Measured {made['date']} by commit {made['commit']}.\n" in text
    assert text.endswith("\n<!-- other: begin -->\n")


@pytest.mark.parametrize(
    ("written", "now", "same"),
    [
        ("0.04 mm, +0.5 %", "0.05 mm, +0.4 %", True),
        ("0.04 mm, +0.5 %", "0.44 mm, +0.5 %", False),
        ("0.04 mm, +0.5 %", "0.04 mm, -0.5 %", False),
        ("0.04 mm, +0.5 %", "refused: one slice", False),
        ("refused: 3 slices are doubled", "refused: 2 slices are doubled", False),
        ("refused: cannot be read: CRC", "refused: cannot be read: crc", True),
    ],
)
def test_entries_agree_but_for_the_last_digit_and_a_library_s_words(written, now, same):
    assert agree(written, now) is same
