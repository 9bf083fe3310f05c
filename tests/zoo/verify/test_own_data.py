"""The phantom of a bundle's own channels and classes."""

import contextlib
import json

import nibabel as nib
import numpy as np
import pytest
from monai.bundle import run

from medssl.engines import Trained
from medssl.sources import find_images, prepare_images
from medssl.store import StoredVolume, load_datalist
from medssl.store.case_table import read_case_table, table_classes
from medssl.store.contract import ScanContract
from medssl.store.joined import channels_of as volumes_of
from medssl.zoo import pack
from medssl.zoo.verify import QUICK, run_checks, table
from medssl.zoo.verify.own_data import channels_of, own_data, parted

from ...bundles.conftest import BUNDLES, arguments, tiny
from ...scans import save_nifti, small_ct

TASK = "lung_nodule_ct_segmentation"
NAMES = ("T1 / native", "T2", "FLAIR", "T1ce")


@pytest.fixture
def phantom(tmp_path):
    """Prepared scans with labels of one value, and raw ones with a table beside them."""
    folder = tmp_path / "phantom"
    for number in range(5):
        values = small_ct(seed=number)
        save_nifti(folder / "raw" / "images" / f"c{number}.nii.gz", values)
        label = (np.indices(values.shape)[0] > 6).astype(np.uint8)
        save_nifti(folder / "raw" / "labels" / f"c{number}.nii.gz", label)
    (folder / "raw" / "annotations.csv").write_text("seriesuid\nc0\n")
    patterns = {"images": "images/*.nii.gz", "labels": "labels/*.nii.gz"}
    shares = {"fractions": (0.4, 0.4, 0.2), "workers": 1, "spacing": 1.0}
    prepare_images(folder / "raw", folder / "data", **patterns, **shares)
    return folder / "data", folder / "raw" / "images"


def knows(folder, contract=None, **more):
    folder.mkdir()
    record = {"scan": {**contract.as_dict(), **more}} if contract else {"trained": False}
    (folder / "provenance.json").write_text(json.dumps(record))
    return Trained(folder / "model.pt")


def test_channels_are_images_of_their_own_in_one_range():
    values = small_ct()
    made = channels_of(values, 5)
    assert np.array_equal(made[0], values)
    for one in made:
        assert one.min() == values.min()
        assert one.max() == values.max()
    different = {one.tobytes() for one in made}
    assert len(different) == 5


def test_objects_are_cut_along_x():
    label = np.zeros((6, 2, 2), np.uint8)
    label[1:5] = 7
    found = parted(label, [3, 8])
    assert np.unique(found[1:3]).tolist() == [3]
    assert np.unique(found[3:5]).tolist() == [8]
    assert not found[[0, 5]].any()


@pytest.mark.parametrize("contract", [None, ScanContract()])
def test_of_one_channel_the_phantom_will_do(contract, phantom, tmp_path):
    trained = knows(tmp_path / "models", contract, classes=[[1]])
    assert own_data(trained, *phantom, tmp_path / "own") == phantom
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("rule", ["percentile", "hu"])
def test_data_and_scans_have_the_channels_of_the_weights(rule, phantom, tmp_path):
    contract = ScanContract(intensity=rule, channels=NAMES, clip=(-900.0, 900.0))
    trained = knows(tmp_path / "models", contract, classes=[[2, 3], [5]])
    data, scans = own_data(trained, *phantom, tmp_path / "own")
    assert json.loads((data / "datalist.json").read_text())["scan"] == contract.as_dict()
    items = load_datalist(data, "training", labelled=True)
    assert [len(volumes_of(item)) for item in items] == [4, 4]
    assert set(np.unique(StoredVolume(items[0]["label"]).read_all())) == {0, 2, 3, 5}
    assert sorted(item["name"] for item in find_images(scans, channels=4)) == [
        f"c{number}" for number in range(5)
    ]
    whole = np.asarray(nib.load(scans / "c3.nii.gz").dataobj)
    assert np.array_equal(whole[..., 0], small_ct(seed=3))
    assert (scans.parent / "annotations.csv").read_text() == "seriesuid\nc0\n"
    written = {path: path.stat().st_mtime_ns for path in data.rglob("*.*")}
    assert own_data(trained, *phantom, tmp_path / "own") == (data, scans)
    assert written == {path: path.stat().st_mtime_ns for path in data.rglob("*.*")}


def test_classes_that_the_phantom_does_not_show_are_parts_of_its_objects(phantom, tmp_path):
    trained = knows(tmp_path / "models", ScanContract(), classes=[[1], [2]])
    data, scans = own_data(trained, *phantom, tmp_path / "own")
    assert data != phantom[0]
    assert load_datalist(data, "training", labelled=True)[0]["label_values"] == [1, 2]
    assert nib.load(scans / "c0.nii.gz").ndim == 3


@pytest.fixture(scope="module")
def packed(data, scans, tmp_path_factory):
    """A task that was trained for one epoch on four channels, as a release."""
    work = tmp_path_factory.mktemp("four")
    contract = ScanContract(intensity="percentile", channels=NAMES)
    folder, _ = own_data(knows(work / "known", contract), data, scans / "subset0", work / "own")
    with contextlib.chdir(work):
        settings = {**tiny(TASK), "output_dir": str(work / "run")}
        run(**arguments(TASK, ["train"], folder, **settings))
        return pack(BUNDLES / TASK, work / "dist", work / "run")


def test_a_release_of_four_channels_passes_the_quick_checks(packed, phantoms):
    results = run_checks(packed, phantoms, QUICK)
    assert all(result.passed for result in results), table(results)
    assert {each.check: each.note for each in results}["shapes"] == "4 to 1 channels"


@pytest.mark.slow
def test_its_commands_run_on_four_channels(packed, phantoms):
    (result,) = run_checks(packed, phantoms, ["commands"])
    assert result.passed, result.note


def test_rows_of_a_table_get_the_classes_of_the_weights(phantom, tmp_path):
    data, scans = phantom
    lines = [f"c{number},{'ab'[number % 2]}" for number in range(5)]
    for folder in (scans.parent, data):
        (folder / "labels.csv").write_text("\n".join(["case,label", *lines]) + "\n")
    same = knows(tmp_path / "same", ScanContract(), classes=["b", "a"])
    assert own_data(same, data, scans, tmp_path / "own") == (data, scans)
    other = knows(tmp_path / "other", ScanContract(), classes=["x, y", "2", "z"])
    ours, _ = own_data(other, data, scans, tmp_path / "own")
    assert table_classes(ours) == ["2", "x, y", "z"]
    rows = read_case_table(ours / "labels.csv")
    assert [row.label for row in rows] == ["x, y", "2", "z", "x, y", "2"]
    assert [row.case for row in rows] == [f"c{number}" for number in range(5)]
