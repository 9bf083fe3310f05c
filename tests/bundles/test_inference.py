"""Raw scans through inference.json: seen as preparation sees them, refused as it refuses them."""

import csv
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.transforms import SaveImaged

from medssl.errors import one_line
from medssl.networks import EncoderClassifier
from medssl.sources import find_images, prepare_images
from medssl.store.volume_file import StoredVolume

from ..scans import oblique_affine, save_nifti
from ..sources.test_readers import save_dicom
from .conftest import BUNDLES, CLASSIFICATION, PRETEXT, TASKS, command
from .threshold import WINDOW, Threshold

LIVER = "liver_ct_segmentation"
CENTRE, RADIUS = np.array([-10.0, 14.0, 60.0]), 12.0
PLAIN = np.diag([2.0, 2.0, 3.0, 1.0])
SHEARED = np.array([[2.0, 0, 0, 0], [0, 2.0, 0.8, 0], [0, 0, 3.0, 0], [0, 0, 0, 1]])
FLIPPED = np.diag([-2.0, -2.0, 3.0, 1.0])


def centred(affine, shape):
    """The affine with the ball's centre in the grid's middle, a bit off a voxel's."""
    moved = np.array(affine, dtype=float)
    moved[:3, 3] = CENTRE - moved[:3, :3] @ ((np.array(shape) - 1) / 2 + [0.2, 0.1, -0.3])
    return moved


def ball(affine, shape=(30, 32, 24)):
    """A cylinder of -50 HU with a ball of 700 HU in it, and its affine."""
    affine = centred(affine, shape)
    world = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    hu = np.full(shape, -1000, np.int16)
    hu[np.hypot(*(world - CENTRE)[..., :2].T).T < 26] = -50
    hu[np.linalg.norm(world - CENTRE, axis=-1) < RADIUS] = 700
    return hu, affine


GOOD = {
    "plain.nii.gz": ball(PLAIN),
    "oblique.nii": ball(oblique_affine() @ np.diag([2, 1.5, 1.2, 1]), (34, 34, 30)),
    "a/ct.nii.gz": ball(SHEARED),
    "b/ct.nii.gz": ball(FLIPPED),
}
SERIES = {"1.2.5": ball(PLAIN), "1.2.6": ball(PLAIN, (30, 32, 20))}
WRITTEN = {
    *("plain_seg.nii.gz", "oblique_seg.nii.gz", "a/ct_seg.nii.gz", "b/ct_seg.nii.gz"),
    *("p_1.2.5_seg.nii.gz", "p_1.2.6_seg.nii.gz"),
}


def save_bad(folder):
    """Scans that no one should take, named so that good ones come before and after."""
    hu, affine = ball(PLAIN)
    with_nan = hu.astype(np.float32)
    with_nan[1, 1, 1] = np.nan
    save_nifti(folder / "b" / "nan.nii.gz", with_nan, affine)
    save_nifti(folder / "not_rescaled.nii.gz", (hu + 1024).astype(np.uint16), affine)
    save_nifti(folder / "rgb.nii", np.repeat(hu[..., None], 3, axis=-1), affine)
    cut = save_nifti(folder / "cut.nii", hu, affine)
    cut.write_bytes(cut.read_bytes()[:5000])


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder of good and bad scans."""
    folder = tmp_path_factory.mktemp("scans")
    for name, (hu, affine) in GOOD.items():
        save_nifti(folder / name, hu, affine)
    for uid, (hu, affine) in SERIES.items():
        save_dicom(folder / "p", hu, affine, uid=uid)
    save_bad(folder)
    return folder


@pytest.fixture(scope="module")
def stored(tmp_path_factory, scans):
    """The same folder, prepared at 2 mm."""
    folder = tmp_path_factory.mktemp("stored")
    prepare_images(scans, folder, spacing=2.0, skip_broken=True, workers=1)
    return folder


def thresholding(output, workers=0):
    """Overrides that put the threshold in the network's place."""
    torch.save(Threshold().state_dict(), output / "model.pt")
    return {
        "network_def": {"_target_": "tests.bundles.threshold.Threshold"},
        "window": WINDOW,
        "spacing": [2.0, 2.0, 2.0],
        "model": str(output / "model.pt"),
        "output_dir": str(output / "out"),
        "num_workers": workers,
        "amp": "off",  # the threshold is not to be rounded
    }


def found_at(mask, affine):
    """Centre in mm (RAS) and volume in mm3."""
    points = np.argwhere(mask)
    volume = len(points) * abs(np.linalg.det(affine[:3, :3]))
    return affine[:3, :3] @ points.mean(0) + affine[:3, 3], volume


@pytest.mark.parametrize("workers", [0, 2])
def test_good_scans_are_segmented_and_bad_ones_named(run_bundle, tmp_path, scans, capsys, workers):
    with pytest.raises(Exception, match="evaluator") as caught:
        run_bundle(LIVER, ["inference"], data=scans, **thresholding(tmp_path, workers))
    assert one_line(caught.value).startswith(
        "4 of 10 scans could not be processed: b/nan, cut, not_rescaled, rgb;"
    )
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("medssl: ")]
    for name in ("b/nan.nii.gz", "cut.nii", "not_rescaled.nii.gz", "rgb.nii"):
        assert [line for line in lines if line.startswith(f"medssl: {scans / name}: ")]
    out = tmp_path / "out"
    assert {str(path.relative_to(out)) for path in out.rglob("*.gz")} == WRITTEN
    for path in out.rglob("*.gz"):
        image = nib.load(path)
        centre, volume = found_at(np.asarray(image.dataobj) > 0, image.affine)
        assert np.linalg.norm(centre - CENTRE) < 1
        assert volume == pytest.approx(4 / 3 * np.pi * RADIUS**3, rel=0.06)


def test_masks_lie_on_the_scan_s_own_grid(run_bundle, tmp_path, scans):
    for name in ("a/ct.nii.gz", "b/ct.nii.gz", "oblique.nii"):
        run_bundle(LIVER, ["inference"], data=scans / name, **thresholding(tmp_path))
        mask = nib.load(tmp_path / "out" / f"{Path(name).name.split('.')[0]}_seg.nii.gz")
        hu, affine = GOOD[name]
        np.testing.assert_allclose(mask.affine, affine, atol=1e-4)
        truth = hu > 325
        assert (np.asarray(mask.dataobj) > 0)[truth].mean() > 0.97
        assert np.asarray(mask.dataobj).sum() == pytest.approx(truth.sum(), rel=0.03)


def test_preparation_and_inference_take_and_refuse_the_same(scans, stored):
    manifest = json.loads((stored / "manifest.json").read_text())
    refused = {entry["source"] for entry in manifest["skipped"]}
    assert refused == {"b/nan.nii.gz", "cut.nii", "not_rescaled.nii.gz", "rgb.nii"}
    assert len(list((stored / "volumes").glob("*.b2nd"))) == len(WRITTEN)


@pytest.mark.parametrize("bundle", [LIVER, "lung_nodule_ct_segmentation", "pretrain_pcrl"])
def test_the_network_sees_what_preparation_stored(scans, stored, bundle):
    parser = ConfigParser()
    parser.read_config(str(BUNDLES / bundle / "configs" / "inference.json"))
    parser.update({"spacing": [2.0, 2.0, 2.0], "dataset_dir": str(scans), "window": WINDOW})
    pipeline = parser.get_parsed_content("preprocessing")
    volumes = {path.stem: StoredVolume(path) for path in (stored / "volumes").glob("*.b2nd")}
    compared = 0
    for item in find_images(scans):
        name = item["name"].replace("/", "__").replace("p_", "p__")
        if name not in volumes:
            continue
        seen, volume = pipeline(item)["image"], volumes[name]
        expected = (volume.read_all() - WINDOW[0]) / (WINDOW[1] - WINDOW[0])
        np.testing.assert_allclose(seen.affine.numpy(), volume.affine, atol=1e-5)
        assert np.abs(seen[0].numpy() - expected).max() * 2000 < 0.75  # HU
        compared += 1
    assert compared == len(WRITTEN)


@pytest.mark.parametrize("bundle", PRETEXT + TASKS)
def test_all_fourteen_read_with_the_one_reader(bundle):
    config = json.loads((BUNDLES / bundle / "configs" / "inference.json").read_text())
    targets = [step["_target_"] for step in config["preprocessing"]["transforms"]]
    assert targets[:3] == ["medssl.sources.LoadScand", "Orientationd", "medssl.sources.Respaced"]
    assert config["dataset"]["_target_"] == "medssl.sources.RawScans"
    assert config["evaluator"]["_target_"] == "medssl.engines.ScanEvaluator"
    saved = [step["_target_"] for step in config["postprocessing"]["transforms"]]
    assert "SaveImaged" not in saved


def test_a_bad_scan_is_exit_status_1_and_the_table_holds_the_others(shell, tmp_path, scans):
    bundle = "pretrain_rotation"
    network = EncoderClassifier(10, base_channels=2)
    torch.save(network.state_dict(), tmp_path / "model.pt")
    settings = {"base_channels": 2, "spacing": [4.0] * 3, "crop_size": [16] * 3, "num_workers": 2}
    settings |= {"model": tmp_path / "model.pt", "output_dir": tmp_path / "out"}
    done = shell(command(bundle, ["inference"], scans, **settings))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "medssl: 4 of 10 scans could not be processed: b/nan, cut" in done.stderr
    assert f"medssl: {scans / 'b/nan.nii.gz'}: 1 voxels are NaN or infinite" in done.stderr
    with (tmp_path / "out" / "rotations.csv").open() as stream:
        rows = [row[0] for row in csv.reader(stream)][1:]
    assert sorted(rows) == sorted(
        [str(scans / name) for name in GOOD] + [f"{scans / 'p'}#{uid}" for uid in SERIES]
    )


def test_candidates_of_good_scans_are_judged(run_bundle, tmp_path, scans):
    """A scan without candidates is left out like one that cannot be read.

    Two scans of one file name are told apart by their folders, and are in the result.
    """
    torch.save(EncoderClassifier(1, base_channels=2).state_dict(), tmp_path / "model.pt")
    place = ",".join(str(value) for value in CENTRE * [-1, -1, 1])
    rows = [f"{name},{place}" for name in ("1.2.5", "1.2.6", "cut", "a/ct", "b/ct", "plain")]
    (tmp_path / "c.csv").write_text("\n".join(["seriesuid,coordX,coordY,coordZ", *rows]) + "\n")
    settings = {"base_channels": 2, "crop_size": [16] * 3, "spacing": [2.0] * 3, "num_workers": 0}
    settings |= {"model": str(tmp_path / "model.pt"), "output_dir": str(tmp_path / "out")}
    with pytest.raises(Exception, match="evaluator") as caught:
        run_bundle(
            CLASSIFICATION,
            ["inference"],
            data=scans,
            candidates=str(tmp_path / "c.csv"),
            **settings,
        )
    assert "5 of 10 scans could not be processed: b/nan, cut, not_rescaled" in one_line(
        caught.value
    )
    with (tmp_path / "out" / "candidates.csv").open() as stream:
        judged = [row[0] for row in csv.reader(stream)][1:]
    assert sorted(judged) == ["1.2.5", "1.2.6", "a/ct", "b/ct", "plain"]


@pytest.mark.parametrize("bundle", [LIVER, "liver_tumor_ct_segmentation"])
def test_masks_hold_the_label_values_of_the_data_set(run_bundle, tmp_path, bundle):
    """A network of one output that has learnt value 2 writes 2, as the labels have it."""
    save_nifti(tmp_path / "in" / "a.nii.gz", *ball(PLAIN))
    settings = {**thresholding(tmp_path), "classes": [[2]], "window_size": [16] * 3}
    run_bundle(bundle, ["inference"], data=tmp_path / "in", **settings)
    mask = np.asarray(nib.load(tmp_path / "out" / "a_seg.nii.gz").dataobj)
    assert np.unique(mask).tolist() == [0, 2]


def test_points_outside_of_a_scan_leave_that_scan_out(run_bundle, tmp_path, scans, capsys):
    where = {"plain": CENTRE * [-1, -1, 1], "a/ct": np.array([900.0, 0, 0])}
    rows = [",".join(map(str, (name, *place))) for name, place in where.items()]
    (tmp_path / "p.csv").write_text("\n".join(["seriesuid,coordX,coordY,coordZ", *rows]) + "\n")
    with pytest.raises(Exception, match="evaluator") as caught:
        run_bundle(
            "lung_nodule_ct_segmentation",
            ["inference"],
            data=scans,
            points=str(tmp_path / "p.csv"),
            crop_size=[16, 16, 16],
            **thresholding(tmp_path),
        )
    assert "9 of 10 scans could not be processed: a/ct, b/ct" in one_line(caught.value)
    assert "outside" in capsys.readouterr().err
    written = {path.name for path in (tmp_path / "out").rglob("*.gz")}
    assert written == {"plain_seg.nii.gz"}


def test_equal_stems_do_not_overwrite_each_other(run_bundle, tmp_path):
    for name, sheared in (("x.nii", True), ("x.nii.gz", False)):
        save_nifti(tmp_path / "scans" / name, *ball(SHEARED if sheared else PLAIN))
    run_bundle(LIVER, ["inference"], data=tmp_path / "scans", **thresholding(tmp_path))
    affines = [nib.load(path).affine for path in sorted((tmp_path / "out").glob("*.gz"))]
    np.testing.assert_allclose(affines[0], ball(PLAIN)[1], atol=1e-4)
    np.testing.assert_allclose(affines[1], ball(SHEARED)[1], atol=1e-4)


def test_as_monai_label_calls_it(tmp_path, scans):
    """One transform after the other on its own dictionary; it writes the result itself."""
    parser = ConfigParser()
    parser.read_config(str(BUNDLES / LIVER / "configs" / "inference.json"))
    parser.update({key: value for key, value in thresholding(tmp_path).items() if key != "model"})
    steps = parser.get_parsed_content("preprocessing").transforms
    for path in (scans / "a" / "ct.nii.gz", scans / "b" / "ct.nii.gz"):
        data = {"image": str(path), "image_path": str(path), "device": "cpu", "label": None}
        for step in steps:
            data = step(data)
        data["pred"] = Threshold()(data["image"][None])[0]
        for step in parser.get_parsed_content("postprocessing").transforms:
            data = data if isinstance(step, SaveImaged) else step(data)
        hu, affine = GOOD[f"{path.parent.name}/{path.name}"]
        assert tuple(data["image"].meta["spatial_shape"]) == data["pred"].shape[1:] == hu.shape
        np.testing.assert_allclose(data["image"].meta["original_affine"], affine, atol=1e-4)
        assert int(data["pred"].sum()) == pytest.approx(int((hu > 325).sum()), rel=0.03)
    assert not (tmp_path / "out").exists()
