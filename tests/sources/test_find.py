"""Which scans are found below a folder, what they are called, and what is said of the rest."""

import json
import os
import sys
import threading
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.sources.find import find_sources, source_of, survey
from medssl.sources.pairing import find_cases
from medssl.sources.raw_scans import BROKEN, REASON, RawScans, find_images
from medssl.sources.readers import BrokenScanError, read_image, read_source
from odd_dicom import PLACES, origins, tags, write_enhanced, write_series

from ..scans import oblique_affine, save_nifti, small_ct

FEW = origins(PLACES[:3])


def names(folder):
    return [source.name for source in find_sources(folder)]


def test_linked_folders_are_followed_and_each_is_listed_once(tmp_path):
    save_nifti(tmp_path / "elsewhere" / "p" / "a.nii", small_ct())
    save_nifti(tmp_path / "in" / "z" / "b.nii", small_ct())
    for name, target in (("linked", "elsewhere"), ("again", "elsewhere/p"), ("loop", "in")):
        (tmp_path / "in" / name).symlink_to(tmp_path / target, target_is_directory=True)
    (tmp_path / "in" / "a").symlink_to(tmp_path / "in" / "z", target_is_directory=True)
    assert names(tmp_path / "in") == ["again/a.nii", "z/b.nii"]


def test_other_objects_beside_a_series_are_named_and_leave_it_alone(tmp_path, capsys):
    write_series(tmp_path / "ct", FEW)
    dose = tags(SOPClassUID="1.2.840.10008.5.1.4.1.1.481.2", SeriesInstanceUID="1.9")
    write_series(tmp_path / "ct", FEW[:2], change=dose, name="dose")
    write_series(tmp_path / "ct", FEW[:1], change=tags(SamplesPerPixel=3), name="screen")
    (source,) = find_sources(tmp_path)
    assert (source.name, len(source.files)) == ("ct", 3)
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "medssl: ct/dose000.dcm and 1 more in its folder: RT Dose Storage, no scan; left out",
        "medssl: ct/screen000.dcm: an image in colours, no scan; left out",
    ]


def test_nothing_that_looks_like_a_scan_is_left_out_in_silence(tmp_path):
    names = ("a.mgz", "b.nii.bz2", "c.img", "d.gipl", "g.dcm.gz", "h.TAR.gz", "i.IMA", "j.zip")
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "e").symlink_to(tmp_path / "gone")
    write_series(tmp_path / "f", FEW[:1])
    damaged = tmp_path / "f" / "000.dcm"
    damaged.write_bytes(damaged.read_bytes()[:170])
    found = survey(tmp_path)
    assert sorted(line.split(":")[0] for line in found.left_out if "f/" not in line) == [
        *(
            "a.mgz",
            "b.nii.bz2",
            "c.img",
            "d.gipl",
            "e",
            "g.dcm.gz and 2 more in its folder",
            "i.IMA",
        )
    ]


def test_a_series_in_several_folders_is_named(tmp_path):
    for name, uid in (("a", "1.7"), ("b", "1.8"), ("c", "1.7")):
        write_series(tmp_path / name, FEW, change=tags(SeriesInstanceUID=uid))
    (line,) = survey(tmp_path).left_out
    assert line.startswith("a and c: one series UID in 2 folders")


def test_a_pipe_does_not_stop_the_search(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    search = threading.Thread(target=survey, args=(tmp_path,), daemon=True)
    search.start()
    search.join(20)
    assert not search.is_alive()


def test_dicom_without_preamble_and_suffix_is_found_and_text_is_not(tmp_path):
    write_series(tmp_path / "s", FEW, bare=True)
    (tmp_path / "s" / "000.dcm").rename(tmp_path / "s" / "IM0")
    (tmp_path / "s" / "notes.txt").write_text("\b\0 not DICOM" * 20)
    (source,) = find_sources(tmp_path)
    assert len(source.files) == 3


def test_one_path_leads_to_one_scan(tmp_path):
    write_series(tmp_path / "s", FEW)
    write_series(tmp_path / "s", FEW, change=tags(SeriesInstanceUID="1.7"), name="b")
    write_enhanced(tmp_path / "many.dcm", FEW)
    with pytest.raises(UserError, match=r"2 series in it; add one of #1\.2\.3\.4, #1\.7"):
        source_of(tmp_path / "s")
    source = source_of(tmp_path / "s#1.7")
    assert [path.name for path in source.files] == ["b000.dcm", "b001.dcm", "b002.dcm"]
    assert source_of(tmp_path / "many.dcm").files == (tmp_path / "many.dcm",)
    with pytest.raises(UserError, match=r"no such series; put one of #1\.2\.3\.4, #1\.7 be"):
        source_of(tmp_path / "s#1.8")


def test_long_names_become_ids_that_fit_in_a_file_name(tmp_path):
    long = "1." + "9" * 62
    for end in ("a", "b"):
        folder = tmp_path / f"study {long}" / f"series {long}" / f"ü{long}" / end
        save_nifti(folder / "x" / "ct.nii", small_ct(), oblique_affine())
    ids = [case.id for case in find_cases(tmp_path)]
    assert len(set(ids)) == 2
    assert all(len(name.encode()) <= 160 for name in ids)
    assert ids == [case.id for case in find_cases(tmp_path)]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no such names")
def test_names_that_a_locale_cannot_read_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: "ascii")
    save_nifti(tmp_path / "a.nii", small_ct())
    assert names(tmp_path) == ["a.nii"]
    (tmp_path / os.fsdecode(b"p\xe4tient.nii")).hardlink_to(tmp_path / "a.nii")
    with pytest.raises(UserError, match="PYTHONUTF8") as caught:
        survey(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}: ")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no such names")
@pytest.mark.parametrize("odd", [b"p\xe4tient/a.nii", b"p\xe4tient.nii"])
def test_a_name_that_is_not_in_utf_8_costs_that_scan_alone(odd, tmp_path):
    """In preparation and in inference it is one of those that cannot be used."""
    raw = tmp_path / "raw"
    for name in ("b.nii", "c.nii", "d.nii", os.fsdecode(odd)):
        save_nifti(raw / name, small_ct())
    called = odd.decode("utf-8", "backslashreplace")
    assert called in names(raw)
    (broken,) = (item for item in survey(raw).sources if item.name == called)
    with pytest.raises(BrokenScanError, match=r"^its name is not in UTF-8; rename it$"):
        read_source(broken)
    found = [RawScans([item], read_item)[0] for item in find_images(raw)]
    (line,) = (item[REASON] for item in found if BROKEN in item)
    assert called in line
    assert len(found) == 4
    prepare_images(raw, tmp_path / "data", skip_broken=True, workers=1, fractions=(0.4, 0.3, 0.3))
    manifest = json.loads((tmp_path / "data" / "manifest.json").read_text())
    assert len(manifest["scans"]) == 3
    assert [skipped["source"] for skipped in manifest["skipped"]] == [called]


def read_item(item):
    return {"image": read_image(source_of(Path(item["image"])))}


def test_voxel_files_of_headers_belong_to_the_scan(tmp_path):
    (tmp_path / "a.mhd").write_text("ElementDataFile = s%02d.raw 1 3 1\n")
    (tmp_path / "b.mhd").write_text("NDims = 3\nElementDataFile = LIST\nx.raw\ny.raw\n")
    (tmp_path / "c.nhdr").write_text("NRRD0004\ndata file: c.raw\n")
    (tmp_path / "d.hdr").write_bytes(b"")
    files = [[path.name for path in source.files] for source in find_sources(tmp_path)]
    assert files == [
        ["a.mhd", "s01.raw", "s02.raw", "s03.raw"],
        ["b.mhd", "x.raw", "y.raw"],
        ["c.nhdr", "c.raw"],
        ["d.hdr", "d.img"],
    ]
