"""What scans are called: one name each for results, and the names that a table may use."""

from pathlib import Path

import numpy as np
import pytest
from monai.data import DataLoader, Dataset

from medssl.sources import LoadScand, find_images
from medssl.sources.scan import Source
from medssl.sources.scan_names import called, name_of, output_names, table_names

from ..scans import save_nifti, small_ct
from .test_readers import save_dicom


def names(folder):
    return [item["name"] for item in find_images(folder)]


def test_no_two_results_are_called_alike(tmp_path):
    """Equal stems, folders with dots, capitals where a file system ignores them."""
    for name in ("ct.nii", "ct.nii.gz", "a/ct.nii", "b/ct.nii", "b/CT.nii.gz", "ct_nii.nii"):
        save_nifti(tmp_path / name, small_ct())
    for uid in ("1.2.840.5", "1.2.840.6"):
        save_dicom(tmp_path / uid, small_ct((6, 6, 5)), np.eye(4), uid=uid)
    found = names(tmp_path)
    assert len({name.casefold() for name in found}) == len(found) == 8
    assert {"a/ct", "b/ct_nii", "b/CT_nii_gz", "ct_nii_gz", "1.2.840.5", "1.2.840.6"} < set(found)


def test_long_names_are_shortened_and_stay_apart(tmp_path):
    long = "ä" * 120
    for end in "ab":
        save_nifti(tmp_path / f"{long}{end}.nii", small_ct())
    found = names(tmp_path)
    assert len(set(found)) == 2
    assert all(len(f".{name}_reproduced.nii.gz.4194304.tmp".encode()) <= 255 for name in found)
    assert all(name.startswith("ä" * 80) for name in found)


def test_names_of_two_hundred_bytes_are_kept():
    names = [f"{'x' * length}.nii" for length in (200, 201)]
    sources = [Source(name, Path(name), ()) for name in names]
    kept, shortened = output_names(sources)
    assert kept == "x" * 200
    assert shortened.startswith("x" * 180)
    assert len(shortened) < 200


def test_a_folder_keeps_its_dots(tmp_path):
    (tmp_path / "1.2.3").mkdir()
    assert name_of(tmp_path / "1.2.3") == "1.2.3"
    assert name_of("/x/1.2.3.nii.gz") == "1.2.3"


def own_and_shared(*paths):
    """By path below the folder ``/d``."""
    sources = [Source(path, Path("/d") / path, ()) for path in paths]
    found = table_names(sources, output_names(sources))
    return {path: called(names) for path, names in zip(paths, found, strict=True)}


def test_a_name_of_several_scans_is_known_to_be_shared():
    found = own_and_shared("a/ct.nii.gz", "b/ct.nii.gz", "b/mr.nii.gz")
    assert found["a/ct.nii.gz"] == (["a/ct.nii.gz", "a/ct"], ["ct.nii.gz", "ct"])
    assert found["b/ct.nii.gz"] == (["b/ct.nii.gz", "b/ct"], ["ct.nii.gz", "ct"])
    assert found["b/mr.nii.gz"] == (["b/mr.nii.gz", "b/mr", "mr.nii.gz", "mr"], [])


def test_deeper_folders_may_be_left_out_while_that_is_clear():
    found = own_and_shared("x/1/a/ct.nii", "x/2/a/ct.nii", "x/2/b/ct.nii")
    assert found["x/1/a/ct.nii"][0] == ["x/1/a/ct.nii", "x/1/a/ct"]
    assert found["x/2/b/ct.nii"][0] == ["x/2/b/ct.nii", "x/2/b/ct", "b/ct.nii", "b/ct"]
    assert found["x/1/a/ct.nii"][1] == ["a/ct.nii", "a/ct", "ct.nii", "ct"]


def test_a_name_means_the_scan_of_which_it_says_most():
    """The whole path of one scan is the bare file name of another."""
    found = own_and_shared("ct.nii", "a/ct.nii")
    assert found["ct.nii"] == (["ct.nii", "ct", "d/ct.nii", "d/ct"], [])
    assert found["a/ct.nii"] == (["a/ct.nii", "a/ct"], [])


def test_results_name_scans_that_differ_in_their_suffix_alone():
    found = own_and_shared("ct.nii", "ct.nii.gz")
    assert found["ct.nii"][0][:2] == ["ct.nii", "ct_nii"]
    assert found["ct.nii.gz"][0][:2] == ["ct.nii.gz", "ct_nii_gz"]
    assert found["ct.nii"][1] == ["ct", "d/ct"]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_names_travel_with_the_scan(tmp_path, workers):
    save_nifti(tmp_path / "a/ct.nii", small_ct())
    for place in ("a", "b"):
        save_dicom(tmp_path / place / "s", small_ct((6, 6, 5)), np.eye(4), uid="1.2.3")
    data = Dataset(find_images(tmp_path), LoadScand("image"))
    loaded = DataLoader(data, batch_size=1, num_workers=workers)
    found = [called(image.meta) for batch in loaded for image in batch["image"]]
    assert found[0] == (["a/ct.nii", "a/ct", "ct.nii", "ct"], [])
    assert found[1] == (["a/s"], ["1.2.3", "s"])


def test_a_scan_alone_knows_its_names(tmp_path):
    """As MONAI Label hands it over: a path, no folder that was searched."""
    path = save_nifti(tmp_path / "a" / "ct.nii.gz", small_ct())
    own, shared = called(LoadScand("image")({"image": str(path)})["image"].meta)
    assert {"a/ct.nii.gz", "a/ct", "ct.nii.gz", "ct"} < set(own)
    assert shared == []
