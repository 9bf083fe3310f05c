"""What every preparation of scans shares: what is refused, and what is left when it ends."""

import json

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import cases
from medssl.sources.asked import Asked
from medssl.sources.data_set import prepare_data_set
from medssl.sources.pairing import Case, find_cases
from medssl.sources.scan import Source

from ..scans import save_nifti, small_ct

HALVES = (0.5, 0.25, 0.25)


def prepare(source, cases, out, **asked):
    asked = {"spacing": None, "workers": 1, "fractions": HALVES, **asked}
    path = prepare_data_set(source, cases, out, Asked(**asked))
    manifest = json.loads((path.parent / "manifest.json").read_text())
    return {scan["id"]: scan for scan in manifest["scans"]}, manifest


def test_scans_beside_other_files_are_named_by_a_pattern(tmp_path):
    for case in "ab":
        save_nifti(tmp_path / "in" / case / "ct.nii.gz", small_ct(seed=ord(case)))
        save_nifti(tmp_path / "in" / case / "mask.nii.gz", np.ones((12, 10, 8), np.uint8))
    with pytest.raises(UserError, match=r"; name the scans alone with --images '\*/ct\.nii\.gz'"):
        prepare(tmp_path / "in", find_cases(tmp_path / "in"), tmp_path / "out")


def test_broken_scans_stop_all_of_it_or_are_left_out_by_name(source, tmp_path):
    (source / "7.nii.gz").write_bytes(b"")
    for number in range(8, 15):
        (source / f"{number:02}.nii.gz").write_bytes(b"no scan")
    out = tmp_path / "out"
    with pytest.raises(UserError) as caught:
        prepare(source, find_cases(source), out)
    message = str(caught.value)
    assert message.startswith(f"{source}: 8 unusable scan(s): ")
    assert message.endswith("; and 3 more; remove them or add --skip-broken")
    assert "\n" not in message
    assert not (out / "datalist.json").exists()
    scans, manifest = prepare(source, find_cases(source), out, skip_broken=True)
    assert sorted(scans) == [str(number) for number in range(6)]
    assert len(manifest["skipped"]) == 8
    assert all(each["reason"] for each in manifest["skipped"])


def test_where_no_scan_is_left_skipping_is_no_way_out(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.nii").write_bytes(b"no scan")
    cases = find_cases(tmp_path / "in")
    with pytest.raises(UserError, match=r"1 unusable scan.*; no scan is left$"):
        prepare(tmp_path / "in", cases, tmp_path / "out", skip_broken=True)


def test_what_lay_there_before_and_belongs_to_nobody_goes_when_lists_are_written(source, tmp_path):
    out = tmp_path / "out"
    prepare(source, find_cases(source), out)
    (source / "5.nii.gz").unlink()
    (out / "volumes" / ".x.b2nd.999999999.tmp").write_bytes(b"of a process that is gone")
    scans, _ = prepare(source, find_cases(source), out)
    assert sorted(path.stem for path in (out / "volumes").iterdir()) == sorted(scans)
    assert "5" not in scans


def test_a_file_in_the_place_of_the_output_is_kept(source, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UserError, match="out: not a folder; choose another --output"):
        prepare(source, find_cases(source), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_ids_that_differ_in_letter_case_alone_are_refused(tmp_path):
    """Many file systems take their files for one."""
    path = save_nifti(tmp_path / "a.nii.gz", small_ct())
    cases = [Case(name, Source(f"{name}.nii.gz", path, (path,))) for name in ("a", "A")]
    with pytest.raises(UserError, match=r"a.nii.gz and A.nii.gz are both called A; rename"):
        prepare_data_set(tmp_path, cases, tmp_path / "out", Asked())


def test_a_folder_that_is_taken_away_meanwhile_gets_no_lists(source, tmp_path, monkeypatch):
    """They would name volumes that went with it."""
    output, read, seen = tmp_path / "out", cases.read_image, []

    def taken_away(*given):
        seen.append(given)
        if output.joinpath("volumes").is_dir() and not (tmp_path / "away").exists():
            output.rename(tmp_path / "away")
        return read(*given)

    monkeypatch.setattr(cases, "read_image", taken_away)
    with pytest.raises(UserError, match=r"out: gone, removed or moved away while"):
        prepare(source, find_cases(source), output)
    assert not (output / "datalist.json").exists()
    assert len(seen) == 2  # of six: it is told before hours go into the others
