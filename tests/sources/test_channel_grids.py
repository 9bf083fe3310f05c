"""A case is prepared with all of its channels or not at all."""

import json

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.listed_sets import prepare_listed
from medssl.store import StoredVolume, load_datalist
from medssl.store.joined import channels_of, read_all

from ..scans import save_nifti
from .test_intensity import head
from .test_listed_sets import LABELS, label

NAMES = ("T1", "FLAIR")


def two_channels(folder, count=4):
    """Cases of two channels, the second one inverted; the first is in another unit."""
    for number in range(count):
        for channel, values in enumerate((head(seed=number, gain=3.0), 300 - head(seed=number))):
            path = folder / "imagesTr" / f"c{number}_{channel:04d}.nii.gz"
            save_nifti(path, values.astype(np.float32))
        save_nifti(folder / "labelsTr" / f"c{number}.nii.gz", label())
    named = {str(number): name for number, name in enumerate(NAMES)}
    content = json.dumps({"channel_names": named, "labels": LABELS})
    (folder / "dataset.json").write_text(content)
    return folder


def four_dimensional(folder, count=4):
    """The same in the Decathlon's layout."""
    pairs = []
    for number in range(count):
        channels = [head(seed=number, gain=3.0), 300 - head(seed=number)]
        image, drawn = f"imagesTr/c{number}.nii.gz", f"labelsTr/c{number}.nii.gz"
        save_nifti(folder / image, np.stack(channels, -1).astype(np.float32))
        save_nifti(folder / drawn, label())
        pairs.append({"image": f"./{image}", "label": f"./{drawn}"})
    named = {str(number): name for number, name in enumerate(NAMES)}
    labels = {str(value): name for name, value in LABELS.items()}
    content = {"modality": named, "labels": labels, "training": pairs}
    (folder / "dataset.json").write_text(json.dumps(content))
    return folder


def prepare(kind, source, output, **options):
    settings = {"spacing": "native", "workers": 1, "fractions": (0.5, 0.25, 0.25), **options}
    prepare_listed(kind, source, output, **settings)
    return output


def test_both_layouts_give_the_same_channels_in_order(tmp_path):
    """Joined where labels count, each on its own where nobody asks for labels."""
    out = [
        prepare("nnunet", two_channels(tmp_path / "a"), tmp_path / "out_a"),
        prepare("decathlon", four_dimensional(tmp_path / "b"), tmp_path / "out_b"),
    ]
    voxels = []
    for folder in out:
        items = load_datalist(folder, "training", labelled=True)
        assert {tuple(item["scan"]["channels"]) for item in items} == {NAMES}
        assert all(item["label_values"] == [1, 2] for item in items)
        voxels.append({item["id"]: read_all(item) for item in items})
    assert voxels[0].keys() == voxels[1].keys()
    for name, both in voxels[0].items():
        np.testing.assert_array_equal(both, voxels[1][name])
        first, second = both.astype(float)
        assert np.corrcoef(first.ravel(), second.ravel())[0, 1] < -0.9
    apart = load_datalist(out[0], "training")
    assert len(apart) == 2 * len(voxels[0]) > 0
    assert {item["patient"] for item in apart} == voxels[0].keys()
    assert {tuple(item["scan"]["channels"]) for item in apart} == {("T1 or FLAIR",)}
    assert not any("label" in item for item in apart)


def test_a_channel_of_another_grid_leaves_the_case_out(tmp_path):
    source = two_channels(tmp_path / "in")
    affine = np.diag([1.0, 1, 1, 1])
    affine[2, 3] = 0.5
    save_nifti(source / "imagesTr" / "c1_0001.nii.gz", head(seed=1), affine)
    words = r"\] of 1 x 1 x 1 mm at \(0, 0, 0\) and .*c1_0001.nii.gz .* at \(0, 0, 0.5\) are chan"
    with pytest.raises(UserError, match=words) as caught:
        prepare("nnunet", source, tmp_path / "out")
    assert str(caught.value).count("different grids") == 1
    assert "1 unusable scan(s)" in str(caught.value)
    prepare("nnunet", source, tmp_path / "out", skip_broken=True)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {scan["patient"] for scan in manifest["scans"]} == {"c0", "c2", "c3"}
    reasons = [scan["reason"] for scan in manifest["skipped"]]
    assert reasons[0].endswith("different grids; resample one")
    assert reasons[1] == "belongs to imagesTr/c1_0000.nii.gz, which cannot be used"


def test_a_broken_channel_takes_the_others_along(tmp_path):
    source = two_channels(tmp_path / "in")
    save_nifti(source / "imagesTr" / "c2_0000.nii.gz", np.full((24, 22, 20), 7, np.int16))
    prepare("nnunet", source, tmp_path / "out", skip_broken=True)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    reasons = sorted(scan["reason"] for scan in manifest["skipped"])
    assert reasons[0] == "belongs to imagesTr/c2_0000.nii.gz, which cannot be used"
    assert reasons[1].startswith("every voxel is 7")


def test_patients_are_named_by_case(tmp_path):
    source = two_channels(tmp_path / "in")
    (tmp_path / "patients.csv").write_text("id,patient\nc0,P\nc1,P\n")
    out = prepare("nnunet", source, tmp_path / "out", patients=tmp_path / "patients.csv")
    scans = json.loads((out / "manifest.json").read_text())["scans"]
    patients = {(scan["facts"]["case"], scan["patient"]) for scan in scans}
    assert patients == {("c0", "P"), ("c1", "P"), ("c2", "c2"), ("c3", "c3")}
    (tmp_path / "patients.csv").write_text("id,patient\nx,P\n")
    with pytest.raises(UserError, match="names x, which is no case here"):
        prepare("nnunet", source, tmp_path / "other", patients=tmp_path / "patients.csv")


@pytest.mark.parametrize("pattern", ["imagesTr/*", "imagesTr/*.nii.gz", "**/*"])
def test_a_pattern_never_parts_the_channels_of_a_case(tmp_path, pattern):
    """Else one could be learnt from and the other tested."""
    sources = {"nnunet": two_channels, "decathlon": four_dimensional}
    for kind, write in sources.items():
        out = prepare(kind, write(tmp_path / kind), tmp_path / f"out_{kind}", patients=pattern)
        scans = json.loads((out / "manifest.json").read_text())["scans"]
        found = {(scan["facts"]["case"], scan["patient"], scan["split"]) for scan in scans}
        assert len(found) == len({patient for _, patient, _ in found}) == 4


def test_a_time_series_is_not_taken_for_channels(tmp_path):
    source = four_dimensional(tmp_path / "in")
    series = np.stack([head(seed=n) for n in range(5)], -1)
    save_nifti(source / "imagesTr" / "c1.nii.gz", series)
    words = r"c1.nii.gz: holds 5 volume\(s\), expected 2 channels \(T1, FLAIR\); remove them or"
    with pytest.raises(UserError, match=words):
        prepare("decathlon", source, tmp_path / "out")
    assert not (tmp_path / "out" / "volumes").exists(), "known before the others are read"
    out = prepare("decathlon", source, tmp_path / "out", skip_broken=True)
    manifest = json.loads((out / "manifest.json").read_text())
    assert {scan["facts"]["case"] for scan in manifest["scans"]} == {"c0", "c2", "c3"}
    assert [each["source"] for each in manifest["skipped"]] == ["imagesTr/c1.nii.gz"]


def test_volumes_of_a_case_are_opened_in_order(tmp_path):
    out = prepare("nnunet", two_channels(tmp_path / "in"), tmp_path / "out")
    item = load_datalist(out, "training", labelled=True)[0]
    paths = [volume.path.name for volume in channels_of(item)]
    assert paths == [f"{item['id']}_0000.b2nd", f"{item['id']}_0001.b2nd"]
    for number, path in enumerate(paths):
        stored = StoredVolume(out / "volumes" / path).read_all()
        np.testing.assert_array_equal(read_all(item)[number], stored)
