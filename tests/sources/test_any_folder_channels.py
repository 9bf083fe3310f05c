"""Several channels by patterns: a case of named channels, or one line that says why not."""

import json

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.store import channels_here, load_datalist
from medssl.store.joined import channels_of

from ..scans import save_nifti
from .test_any_folder import prepare
from .test_intensity import head
from .test_listed_sets import label
from .test_readers import save_dicom

NAMES = ("flair", "t1", "t1ce", "t2")
GLOBS = ",".join(f"{name}=**/*{name}.nii.gz" for name in NAMES)
OPTIONS = {"modality": "mr", "fractions": (0.5, 0.25, 0.25)}


def contrasts(seed):
    """Four images of one head; each is told by its rule, not by its unit."""
    grey = head(seed=seed).astype(np.float32)
    return [grey, grey.max() - grey, np.sqrt(grey), grey**2]


def brats(folder, count=4):
    """Patients with a folder each, one of them with a session and names that begin with its own."""
    for number in range(count):
        place = f"p{number}/s2/BraTS_{number:05d}_" if number == 1 else f"p{number}/"
        for name, values in zip(NAMES, contrasts(number), strict=True):
            save_nifti(folder / f"{place}{name}.nii.gz", values)
        save_nifti(folder / f"{place}seg.nii.gz", label())
    return folder


def test_a_case_has_its_channels_in_the_order_given_and_one_label(tmp_path):
    out = tmp_path / "out"
    source = brats(tmp_path / "in")
    prepare(source, out, images=GLOBS, labels="**/*seg.nii.gz", **OPTIONS)
    assert channels_here(out) == 4
    listing = json.loads((out / "datalist.json").read_text())
    assert listing["scan"]["channels"] == list(NAMES)
    splits = ("training", "validation", "test")
    cases = [item for split in splits for item in load_datalist(out, split, labelled=True)]
    assert sorted((item["id"], item["patient"]) for item in cases) == [
        (name, name) for name in ("p0", "p1__s2__BraTS_00001", "p2", "p3")
    ]
    for item in cases:
        volumes = channels_of(item)
        found = [json.loads(volume.attributes["record"])["source"] for volume in volumes]
        assert [name.removesuffix(".nii.gz").rpartition("/")[2] for name in found] == [
            name if "s2" not in item["id"] else f"BraTS_00001_{name}" for name in NAMES
        ]
        first, second = (volume.read_all() for volume in volumes[:2])
        assert np.corrcoef(first.ravel(), second.ravel())[0, 1] < -0.9


def test_without_labels_each_channel_is_a_scan_of_its_patient(tmp_path):
    """As a table or a pattern says, or by names alone."""
    source = brats(tmp_path / "in")
    (tmp_path / "p.csv").write_text("id,patient\np0,A\np2,A\n")
    for patients, expected in (
        (None, {"p0", "p1__s2__BraTS_00001", "p2", "p3"}),
        ("*/**", {"p0", "p1", "p2", "p3"}),
        ("each", {"p0", "p1__s2__BraTS_00001", "p2", "p3"}),
        (tmp_path / "p.csv", {"A", "p1__s2__BraTS_00001", "p3"}),
    ):
        out = tmp_path / f"out_{str(patients)[:1].strip('*')}{len(str(patients))}"
        images = GLOBS
        scans = prepare(source, out, images=images, patients=patients, **OPTIONS)["scans"]
        assert len(scans) == 16
        assert {scan["patient"] for scan in scans} == expected
        whole = {(scan["facts"]["case"], scan["patient"], scan["split"]) for scan in scans}
        assert len(whole) == 4


def test_channels_of_dicom_are_one_patient_whatever_their_headers_say(tmp_path):
    for number in range(4):
        for channel, name in enumerate(("T1", "T2")):
            values = contrasts(number)[channel].round().astype(np.int16)
            place = tmp_path / "in" / f"c{number}" / name
            who = f"P{number}" if channel else "ANONYMOUS"
            save_dicom(place, values, np.eye(4), uid=f"1.2.{number}.{channel}", patient=who)
    images = "T1=*/T1,T2=*/T2"
    with pytest.raises(UserError, match=r"c0/T1: a CT, expected MR; --modality other takes both"):
        prepare(tmp_path / "in", tmp_path / "out", images=images, **OPTIONS)
    options = {**OPTIONS, "modality": "other"}
    scans = prepare(tmp_path / "in", tmp_path / "out", images=images, **options)["scans"]
    assert {(scan["facts"]["case"], scan["patient"]) for scan in scans} == {
        (f"c{number}", f"P{number}") for number in range(4)
    }


def test_a_broken_case_stops_before_anything_is_read_or_is_left_out_whole(tmp_path):
    source = brats(tmp_path / "in")
    (source / "p2" / "t1ce.nii.gz").unlink()
    words = r"1 unusable scan\(s\): p2/flair.nii.gz: its case p2 has no t1ce; remove them or add"
    with pytest.raises(UserError, match=words) as caught:
        prepare(source, tmp_path / "out", images=GLOBS, **OPTIONS)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "volumes").exists()
    manifest = prepare(source, tmp_path / "out", images=GLOBS, skip_broken=True, **OPTIONS)
    assert len({scan["facts"]["case"] for scan in manifest["scans"]}) == 3
    assert manifest["skipped"] == [
        {"source": "p2/flair.nii.gz", "reason": "its case p2 has no t1ce"}
    ]


def test_channels_on_different_grids_are_one_line(tmp_path):
    source = brats(tmp_path / "in")
    save_nifti(source / "p3" / "t2.nii.gz", head((24, 22, 18)))
    with pytest.raises(UserError, match=r"p3/t2.nii.gz \[24, 22, 18\] .* on different grids"):
        prepare(source, tmp_path / "out", images=GLOBS, **OPTIONS)


def four_dimensional(folder, count=4):
    for number in range(count):
        save_nifti(folder / f"c{number}.nii.gz", np.stack(contrasts(number), -1))
    return folder


def test_volumes_of_a_file_are_channels_where_they_are_named(tmp_path):
    source = four_dimensional(tmp_path / "in")
    words = r"several volumes in one file.* name these with --channels t1,t2; no scan is left$"
    with pytest.raises(UserError, match=words):
        prepare(source, tmp_path / "out", **OPTIONS)
    one = prepare(source, tmp_path / "out", channels="flair, t1,t1ce,t2", **OPTIONS)
    four = prepare(brats(tmp_path / "b"), tmp_path / "out_b", images=GLOBS, **OPTIONS)
    assert one["scan"] == four["scan"]
    hashes = [{scan["voxels_sha256"] for scan in each["scans"]} for each in (one, four)]
    assert hashes[0] == hashes[1]
    save_nifti(source / "c1.nii.gz", np.stack(contrasts(1)[:3], -1))
    with pytest.raises(UserError, match=r"c1.nii.gz: holds 3 volume\(s\), expected 4 channels \(f"):
        prepare(source, tmp_path / "out", channels="flair,t1,t1ce,t2", **OPTIONS)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"images": "a=**/*t1.nii.gz,b=**/*t2.nii.gz", "channels": "a,b"}, "images names them al"),
        ({"channels": "a,,b"}, "^channels: a channel without name"),
        ({"images": "t1=**/*t1*,t1ce=**/*t1ce*"}, "both take p0/t1ce.nii.gz"),
    ],
)
def test_names_that_contradict_are_one_line(tmp_path, options, words):
    with pytest.raises(UserError, match=words):
        prepare(brats(tmp_path / "in", 1), tmp_path / "out", **options, **OPTIONS)


def test_one_named_pattern_names_the_channel(tmp_path):
    source = brats(tmp_path / "in")
    manifest = prepare(source, tmp_path / "out", images="T1w=*/t1.nii.gz", **OPTIONS)
    assert manifest["scan"]["channels"] == ["T1w"]
    assert {scan["id"] for scan in manifest["scans"]} == {"p0", "p2", "p3"}
