"""From a folder of scans to a prepared folder: contents, repetition, interruption, bad input."""

import json
import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from medssl.files import sha256_of
from medssl.sources import prepare_images
from medssl.sources.volume_facts import find_objects
from medssl.store import StoredVolume

from ..scans import save_nifti, small_ct

PATTERNS = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz"}


def prepare(source, output, **options):
    """Prepare in this process at native spacing and return the manifest."""
    prepare_images(source, output, **{"spacing": "native", "workers": 1, **options})
    return json.loads((output / "manifest.json").read_text())


def datalist(output):
    listing = json.loads((output / "datalist.json").read_text())
    return {item["id"]: item for split in SPLITS for item in listing[split]}


SPLITS = ("training", "validation", "test")


def snapshot(folder):
    """Content and time of every file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in files
    }


def test_what_is_written(scans, tmp_path):
    out = tmp_path / "out"
    manifest = prepare(scans, out, spacing=1.0, **PATTERNS)
    items = datalist(out)
    assert sorted(items) == [f"case{i}" for i in range(7)]
    for scan in manifest["scans"]:
        item, source = items[scan["id"]], scans / scan["source"]
        volume = StoredVolume(out / item["image"])
        array = volume.read_all()
        assert list(volume.shape) == item["shape"] == scan["shape"]
        assert list(volume.spacing_mm) == item["spacing_mm"] == [1.0, 1.0, 1.0]
        np.testing.assert_array_equal(volume.affine, scan["affine"])
        assert scan["source_sha256"] == sha256_of(source)
        assert scan["original"]["shape"] == list(nib.load(source).shape)
        assert scan["original"]["spacing_mm"] == [1.0, 1.0, 1.5]
        assert scan["values"]["mean"] == pytest.approx(array.mean(), abs=1e-3)
        assert scan["patient"] == item["patient"] == scan["id"]
        if scan["id"] == "case6":
            assert "label" not in item
            assert "objects" not in item
            continue
        label = StoredVolume(out / item["label"])
        assert label.dtype == np.uint8
        assert label.shape == volume.shape
        assert item["objects"] == find_objects(label.read_all(), (1, 1, 1))[0]
        assert [o["label"] for o in item["objects"]] == [1, 2]
        values, counts = np.unique(label.read_all(), return_counts=True)
        assert scan["voxels_per_label"] == {str(v): c for v, c in zip(values, counts)}


def test_data_list_is_decathlon_style(scans, tmp_path):
    from monai.data import load_decathlon_datalist

    prepare(scans, tmp_path / "out", **PATTERNS)
    path = tmp_path / "out" / "datalist.json"
    listing = json.loads(path.read_text())
    assert listing["labels"] == {"0": "background", "1": "label 1", "2": "label 2"}
    assert listing["numTraining"] == len(listing["training"])
    loaded = load_decathlon_datalist(path, False, "training")
    assert all(Path(item["image"]).is_file() for item in loaded)
    assert len(loaded) == listing["numTraining"] > 0


def test_second_run_changes_nothing(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    before = snapshot(out)
    prepare(scans, out, **PATTERNS)
    after = snapshot(out)
    assert {n: c for n, (c, _) in before.items()} == {n: c for n, (c, _) in after.items()}
    volumes = [name for name in before if name.endswith(".b2nd")]
    assert len(volumes) == 7 + 6
    assert [before[n][1] for n in volumes] == [after[n][1] for n in volumes]


@pytest.mark.slow  # two new processes import torch and MONAI
def test_two_processes_write_what_one_writes(scans, tmp_path):
    lists = []
    for workers in (1, 2):
        prepare(scans, tmp_path / f"out{workers}", workers=workers, **PATTERNS)
        names = ("manifest.json", "datalist.json")
        texts = [(tmp_path / f"out{workers}" / name).read_text() for name in names]
        lists.append([text.replace(f"out{workers}", "out") for text in texts])
        volume = tmp_path / f"out{workers}" / "volumes" / "case3.b2nd"
        lists[-1].append(StoredVolume(volume).read_all().tobytes())
    assert lists[0] == lists[1]


def times(out):
    return {path.stem: path.stat().st_mtime_ns for path in (out / "volumes").glob("*.b2nd")}


def test_only_what_changed_is_redone(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    before = times(out)
    os.utime(scans / "case0" / "ct.nii.gz")  # another time, the same content
    save_nifti(scans / "case1" / "ct.nii.gz", small_ct((15, 12, 10), 99), np.diag([1, 1, 1.5, 1]))
    label = nib.load(scans / "case2" / "nodules.nii.gz")
    save_nifti(scans / "case2" / "nodules.nii.gz", np.asarray(label.dataobj) * 2, label.affine)
    save_nifti(scans / "case9" / "ct.nii.gz", small_ct(seed=9))
    prepare(scans, out, **PATTERNS)
    changed = {name for name, time in times(out).items() if before.get(name) != time}
    assert changed == {"case1", "case2", "case9"}
    expected = small_ct((15, 12, 10), 99)
    np.testing.assert_array_equal(StoredVolume(out / "volumes/case1.b2nd").read_all(), expected)
    assert StoredVolume(out / "labels/case2.b2nd").read_all().max() == 4


def test_other_settings_redo_everything(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    before = times(out)
    manifest = prepare(scans, out, hu_clip=(-500, 100), **PATTERNS)
    assert all(before[name] != time for name, time in times(out).items())
    assert {scan["values"]["min"] for scan in manifest["scans"]} == {-500}


def test_goes_on_after_a_kill(scans, tmp_path):
    """What a killed run leaves: a temporary file, an image or a label alone, half a volume."""
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    whole = {n: c for n, (c, _) in snapshot(out).items() if n.endswith(".json")}
    (out / "manifest.json").unlink()
    (out / "volumes" / ".case0.b2nd.4194305.tmp").write_bytes(b"half")
    (out / "volumes" / "case1.b2nd").unlink()
    (out / "labels" / "case2.b2nd").unlink()
    cut = out / "volumes" / "case3.b2nd"
    cut.write_bytes(cut.read_bytes()[:500])
    prepare(scans, out, **PATTERNS)
    after = snapshot(out)
    assert {n: c for n, (c, _) in after.items() if n.endswith(".json")} == whole
    assert not [name for name in after if name.endswith(".tmp")]
    assert StoredVolume(cut).read_all().shape == (17, 12, 10)
    assert (out / "labels" / "case2.b2nd").is_file()


def test_label_file_of_another_run_is_redone(scans, tmp_path):
    """A run killed between label and image, after which the old label map came back."""
    out, label = tmp_path / "out", scans / "case2" / "nodules.nii.gz"
    prepare(scans, out, **PATTERNS)
    record, image, old = (
        datalist(out),
        (out / "volumes/case2.b2nd").read_bytes(),
        label.read_bytes(),
    )
    affine = nib.load(label).affine
    save_nifti(label, np.ones((16, 12, 10), np.uint8), affine)
    prepare(scans, out, **PATTERNS)
    (out / "volumes/case2.b2nd").write_bytes(image)
    label.write_bytes(old)
    prepare(scans, out, **PATTERNS)
    assert datalist(out) == record
    assert StoredVolume(out / "labels/case2.b2nd").read_all().min() == 0


def test_dropped_label_is_forgotten(scans, tmp_path):
    out = tmp_path / "out"
    prepare(scans, out, **PATTERNS)
    prepare(scans, out, images=PATTERNS["images"])
    assert all("label" not in item for item in datalist(out).values())


def test_default_ids_are_paths(tmp_path):
    for name in ("a/x.nii.gz", "a/y.z.nii", "b c/x.nii.gz"):
        save_nifti(tmp_path / "in" / name, small_ct())
    prepare(tmp_path / "in", tmp_path / "out")
    assert sorted(datalist(tmp_path / "out")) == ["a__x", "a__y.z", "b__c__x"]


def test_last_asterisk_is_the_id(tmp_path):
    for i in range(3):
        save_nifti(tmp_path / "in" / f"subset{i}" / f"uid{i}.nii.gz", small_ct(seed=i))
        label = (small_ct(seed=i) > 0).astype(np.uint8)
        save_nifti(tmp_path / "in" / "masks" / f"uid{i}_mask.nii.gz", label)
    patterns = {"images": "subset*/*.nii.gz", "labels": "masks/*_mask.nii.gz"}
    prepare(tmp_path / "in", tmp_path / "out", **patterns)
    items = datalist(tmp_path / "out")
    assert sorted(items) == ["uid0", "uid1", "uid2"]
    assert all("label" in item for item in items.values())
    nested = {"images": "**/uid*.nii.gz", "labels": "**/uid*_mask.nii.gz"}
    prepare(tmp_path / "in", tmp_path / "nested", **nested)
    assert sorted(datalist(tmp_path / "nested")) == ["0", "1", "2"]


def test_patients_of_a_table_stay_together(scans, tmp_path):
    table = tmp_path / "patients.csv"
    rows = [f"case{i},{'anna' if i % 2 else 'berta'}" for i in range(6)]
    table.write_text("id,patient\n" + "\n".join(rows) + "\n")
    manifest = prepare(scans, tmp_path / "out", patients=table, **PATTERNS)
    patient_of = {scan["id"]: scan["patient"] for scan in manifest["scans"]}
    assert patient_of == {**dict(row.split(",") for row in rows), "case6": "case6"}
    split_of = {(scan["patient"], scan["split"]) for scan in manifest["scans"]}
    assert len(split_of) == 3


def test_dicom_patients(tmp_path):
    from .test_readers import save_dicom

    for i in range(2):
        save_dicom(tmp_path / "in" / f"s{i}", small_ct(seed=i), np.eye(4), uid=f"1.2.{i}")
    manifest = prepare(tmp_path / "in", tmp_path / "out")
    assert [(s["id"], s["patient"]) for s in manifest["scans"]] == [
        ("s0", "PAT 7"),
        ("s1", "PAT 7"),
    ]
