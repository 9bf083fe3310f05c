"""Volumes of one file as channels, and what is prepared for each channel."""

from pathlib import Path

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.case_channels import check_names, each_channel, volumes_in, with_volumes
from medssl.sources.pairing import Case
from medssl.sources.readers import source_of
from medssl.sources.scan import Source

from ..scans import save_nifti


def source(path):
    return Source(path.name, path, (path,))


def test_each_channel_is_prepared_by_itself_and_the_first_has_the_label():
    scans = [source(Path(f"{name}.nii")) for name in "xyl"]
    whole = Case("a", scans[0], scans[2], "P", facts={"site": 1}, channels=tuple(scans[:2]))
    first, second = each_channel([whole])
    assert (first.id, first.image, first.label) == ("a_0000", scans[0], scans[2])
    assert (second.id, second.image, second.label) == ("a_0001", scans[1], None)
    assert [each.patient for each in (first, second)] == ["P", "P"]
    assert [each.facts for each in (first, second)] == [
        {"site": 1, "case": "a", "channel": number} for number in range(2)
    ]
    alone = Case("b", scans[0])
    assert each_channel([alone]) == [alone]


def test_volumes_are_channels_where_there_are_as_many_as_names(tmp_path):
    four = save_nifti(tmp_path / "a.nii.gz", np.zeros((3, 3, 3, 4), np.int16))
    case = with_volumes(Case("a", source(four)), ("f", "g", "h", "i"))
    assert [(each.name, each.channel, each.stem) for each in case.channels] == [
        (f"a.nii.gz#{number}", number, "a") for number in range(4)
    ]
    case = with_volumes(Case("a", source(four)), ("f", "g"))
    assert (case.channels, case.fault) == ((), "holds 4 volume(s), expected 2 channels (f, g)")
    assert with_volumes(Case("a", source(four)), ("f",)) == Case("a", source(four))


def test_other_formats_and_damaged_files_hold_no_channels(tmp_path):
    three = save_nifti(tmp_path / "a.nii", np.zeros((3, 3, 3), np.int16))
    assert volumes_in(source_of(three)) == 1
    assert volumes_in(source(tmp_path / "a.nrrd")) == 1
    (tmp_path / "bad.nii").write_bytes(b"no NIfTI")
    assert "cannot be read" in with_volumes(Case("b", source(tmp_path / "bad.nii")), "fg").fault


def test_names_are_told_apart():
    assert check_names([" t1", "t2 "], "channels") == ("t1", "t2")
    for names, words in ((["a", "a"], "a names two"), (["a", ""], "without name")):
        with pytest.raises(UserError, match=rf"^channels: .*{words}"):
            check_names(names, "channels")
