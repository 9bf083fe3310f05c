"""The files of nnU-Net's layout and of the Decathlon's, and what does not fit together."""

import json

import itk
import pytest

from medssl.errors import UserError

from ..scans import save_nifti
from .test_intensity import head
from .test_listed_sets import decathlon, label, nnunet, prepare


def spoil_channel(folder):
    save_nifti(folder / "imagesTr" / "case_000_0001.nii.gz", head())


def spoil_label(folder):
    save_nifti(folder / "labelsTr" / "case_777.nii.gz", label())


def spoil_name(folder):
    save_nifti(folder / "imagesTr" / "case_000_0000.nii", head())


def spoil_test(folder):
    """Other scans under the names of those to learn from."""
    save_nifti(folder / "imagesTs" / "case_000_0000.nii.gz", head(seed=9))
    save_nifti(folder / "labelsTs" / "case_000.nii.gz", label())


def spoil_json(folder):
    (folder / "dataset.json").write_text('{"labels": {}}')


def spoil_channels(folder):
    content = json.loads((folder / "dataset.json").read_text())
    content["channel_names"] = {"0": "T1", "1": "FLAIR"}
    (folder / "dataset.json").write_text(json.dumps(content))


def spoil_grid(folder):
    spoil_channels(folder)
    for number in range(6):
        path = folder / "imagesTr" / f"case_{number:03d}_0001.nii.gz"
        save_nifti(path, head((24, 22, 19 if number == 3 else 20), seed=number))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_channel, r"imagesTr holds case_000_0001.nii.gz, expected case_000_0000 \(T1\), as"),
        (spoil_label, r"no image in imagesTr for labelsTr/case_777.nii.gz"),
        (spoil_json, r"dataset.json: expected channel_names"),
        (spoil_channels, r"case_000_0001.nii.gz: .*case_000_0001.nii.gz is missing; .* no scan"),
        (spoil_name, r"case_000_0000.nii and case_000_0000.nii.gz are one scan by name; remove"),
        (spoil_test, r"^patients: case_000 has cases in imagesTr and in imagesTs"),
        (spoil_grid, r"case_003_0000.nii.gz \[24, 22, 20\] .*\[24, 22, 19\] .* on different grids"),
    ],
)
def test_what_does_not_fit_together_is_named(tmp_path, spoil, words):
    source = nnunet(tmp_path / "in")
    spoil(source)
    with pytest.raises(UserError, match=words):
        prepare("nnunet", source, tmp_path / "out")


def test_a_listed_name_that_no_file_can_have_is_named(tmp_path):
    source = decathlon(tmp_path / "in")
    path = source / "dataset.json"
    content = json.loads(path.read_text())
    content["training"][0] = "x" * 5000
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"lists .*x, which is not there"):
        prepare("decathlon", source, tmp_path / "out")


def test_a_listed_file_that_is_missing_is_named(tmp_path):
    source = decathlon(tmp_path / "in")
    (source / "imagesTr" / "case_003_0000.nii.gz").unlink()
    with pytest.raises(UserError, match=r"lists .*case_003_0000.nii.gz, which is not there"):
        prepare("decathlon", source, tmp_path / "out")


def test_a_case_without_one_channel_is_left_out_as_a_whole(tmp_path):
    source, out = nnunet(tmp_path / "in"), tmp_path / "out"
    spoil_channels(source)
    for number in range(5):
        path = source / "imagesTr" / f"case_{number:03d}_0001.nii.gz"
        save_nifti(path, head(seed=number))
    with pytest.raises(UserError, match=r"case_005_0001.nii.gz is missing.*--skip-broken"):
        prepare("nnunet", source, out)
    listing = prepare("nnunet", source, out, skip_broken=True)
    items = [item["id"] for part in ("training", "validation", "test") for item in listing[part]]
    assert len(items) == 10
    assert not any(name.startswith("case_005") for name in items)


def test_what_is_no_scan_is_passed_over(tmp_path):
    source = nnunet(tmp_path / "in")
    (source / "imagesTr" / "notes.txt").write_text("x")
    (source / "imagesTr" / "older").mkdir()
    (source / "labelsTr" / "Thumbs.db").write_text("x")
    assert prepare("nnunet", source, tmp_path / "out")["numTraining"]


def test_voxels_beside_their_header_are_part_of_the_scan(tmp_path):
    """Others under an unchanged header are seen by a second preparation."""
    source, out = nnunet(tmp_path / "in"), tmp_path / "out"
    path = source / "imagesTr" / "case_000_0000.nii.gz"
    itk.imwrite(itk.imread(str(path)), str(path.with_name("case_000_0000.mhd")))
    path.unlink()

    def stored():
        listing = prepare("nnunet", source, out)
        items = [item for part in ("training", "validation", "test") for item in listing[part]]
        return {item["id"]: item["voxels_sha256"] for item in items}["case_000"]

    before = stored()
    voxels = next((source / "imagesTr").glob("case_000_0000.*raw"))
    content = bytearray(voxels.read_bytes())
    content[: len(content) // 2] = bytes(len(content) // 2)
    voxels.write_bytes(bytes(content))
    assert stored() != before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pairs: pairs.append(pairs[0]), r"are both called case_000_0000; rename or remove"),
        (lambda pairs: pairs[0].update(image="/etc/hostname"), r"expected a path relative to"),
        (lambda pairs: pairs[0].pop("image"), r"dataset.json: .* under training, which has no im"),
    ],
)
def test_odd_lists_are_refused_by_name(tmp_path, change, words):
    source = decathlon(tmp_path / "in")
    content = json.loads((source / "dataset.json").read_text())
    change(content["training"])
    (source / "dataset.json").write_text(json.dumps(content))
    with pytest.raises(UserError, match=words):
        prepare("decathlon", source, tmp_path / "out")
