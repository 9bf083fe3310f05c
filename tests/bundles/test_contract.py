"""What training knows, evaluation and inference need not be told, and may not contradict."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.bundle import run as run_config
from monai.data import MetaTensor
from monai.transforms import Invertd

from medssl.crops import CandidateCropDataset
from medssl.errors import UserError, one_line
from medssl.sources import prepare_images
from medssl.store import load_datalist, open_volume
from medssl.zoo import pack, unpack
from tests.scans import save_nifti

from .conftest import BUNDLES, arguments, tiny

BUNDLE = "liver_ct_segmentation"
COARSE, FINE = 4.0, 2.0
SHARES = (0.5, 0.25, 0.25)
NAMES = {"image": "ct", "label": "organs"}  # of the files


def scan_with_organs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A body with three bright organs, 48 x 40 x 32 voxels of 4 mm; int16 HU and labels."""
    rng = np.random.default_rng(seed)
    hu = np.full((48, 40, 32), -1000.0)
    hu[4:44, 4:36] = -80
    label = np.zeros(hu.shape, np.uint8)
    for value, start in enumerate(((8, 8, 4), (24, 8, 6), (14, 21, 8)), start=1):
        x, y, z = np.add(start, rng.integers(0, 3, 3))
        label[x : x + 12, y : y + 10, z : z + 16] = value
    hu[label > 0] = 40 + 50 * label[label > 0]
    return (hu + rng.normal(0, 8, hu.shape)).astype(np.int16), label


def run(bundle: str, configs: list[str], data, **overrides) -> None:
    run_config(**arguments(bundle, configs, data, **overrides))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("organs")
    for number in range(4):
        hu, label = scan_with_organs(number)
        affine = np.diag([COARSE, COARSE, COARSE, 1.0])
        save_nifti(folder / f"c{number}" / "ct.nii.gz", hu, affine)
        save_nifti(folder / f"c{number}" / "organs.nii.gz", label, affine)
    return folder


@pytest.fixture(scope="module")
def prepared(scans, tmp_path_factory):
    def at(spacing):
        folder = tmp_path_factory.mktemp("data")
        patterns = {"images": "*/ct.nii.gz", "labels": "*/organs.nii.gz"}
        fractions = (0.5, 0.25, 0.25)
        prepare_images(scans, folder, **patterns, spacing=spacing, fractions=fractions, workers=1)
        return folder

    return {spacing: at(spacing) for spacing in (FINE, COARSE)}


@pytest.fixture(scope="module")
def trained(prepared, tmp_path_factory):
    """A network of width 4 that has learnt three classes at 4 mm."""
    folder = tmp_path_factory.mktemp("run")
    settings = tiny(BUNDLE) | {
        "base_channels": 4,
        "classes": [[1], [2], [3]],
        "window": [-100, 300],
        "class_rates": 0.9,
        "crops_per_scan": 8,
        "learning_rate": 0.01,
        "max_epochs": 8,
        "lr_milestones": [50],
    }
    run(BUNDLE, ["train"], prepared[COARSE], output_dir=str(folder), **settings)
    return folder


WINDOW = {"window_size": [16, 16, 16], "num_workers": 0}


def test_provenance_says_what_a_user_of_the_weights_must_know(trained):
    provenance = json.loads((trained / "provenance.json").read_text())
    assert provenance["scan"]["spacing"] == [COARSE] * 3
    assert provenance["scan"]["window"] == [-100, 300]
    assert provenance["scan"]["classes"] == [[1], [2], [3]]
    built = {"in_channels": 1, "out_channels": 4, "base_channels": 4, "batch_norm": "running"}
    assert provenance["network"] == {**built, "stride": 8}


def dice_of(written, drawn) -> dict[int, float]:
    """Dice of each organ in a mask that inference wrote and the label map on the same grid."""
    mask, truth = (np.asarray(nib.load(path).dataobj) for path in (written, drawn))
    pairs = {value: (mask == value, truth == value) for value in (1, 2, 3)}
    return {n: 2 * (a & b).sum() / (a.sum() + b.sum()) for n, (a, b) in pairs.items()}


def test_evaluation_and_masks_agree_without_a_word(trained, prepared, scans, tmp_path):
    run(BUNDLE, ["train", "evaluate"], prepared[COARSE], output_dir=str(trained), **WINDOW)
    metrics = json.loads((trained / "metrics.json").read_text())
    assert {"dice", "dice_1", "dice_2", "dice_3", "hd95_3"} <= set(metrics)
    (case,) = json.loads((prepared[COARSE] / "datalist.json").read_text())["test"]
    model = str(trained / "model.pt")
    source = scans / case["id"] if (scans / case["id"]).is_dir() else scans / f"c{case['id']}"
    scan = source / "ct.nii.gz"
    run(BUNDLE, ["inference"], scan, output_dir=str(tmp_path), model=model, **WINDOW)
    for value, dice in dice_of(tmp_path / "ct_seg.nii.gz", source / "organs.nii.gz").items():
        assert dice == pytest.approx(metrics[f"dice_{value}"], abs=0.01)
        assert metrics[f"dice_{value}"] > 0.05


@pytest.fixture(scope="module")
def finer(tmp_path_factory):
    """Scans of 1 x 1 x 2.5 mm, and the same prepared at the 4 mm of the model."""
    folder, spacing = tmp_path_factory.mktemp("finer"), (1.0, 1.0, 2.5)
    for number in range(4):
        parts = scan_with_organs(number + 4)
        sides = [int(n * COARSE / mm) for n, mm in zip(parts[0].shape, spacing, strict=True)]
        places = [(np.arange(n) * mm / COARSE).astype(int) for n, mm in zip(sides, spacing)]
        for name, part in zip(("ct", "organs"), parts, strict=True):
            path = folder / "scans" / f"n{number}" / f"{name}.nii.gz"
            save_nifti(path, part[np.ix_(*places)], np.diag([*spacing, 1.0]))
    patterns = {
        "images": "*/ct.nii.gz",
        "labels": "*/organs.nii.gz",
        "fractions": (0.5, 0.25, 0.25),
    }
    prepare_images(folder / "scans", folder / "data", **patterns, spacing=COARSE, workers=1)
    return folder


def test_of_another_native_grid_evaluation_states_the_dice_of_the_masks(trained, finer, tmp_path):
    """On the network's grid the dice is another figure; on the scan's own it is the masks'."""
    settings = {"model": str(trained), "output_dir": str(tmp_path), "raw_dir": finer / "scans"}
    run(BUNDLE, ["train", "evaluate"], finer / "data", **settings, **WINDOW)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    (case,) = json.loads((finer / "data" / "datalist.json").read_text())["test"]
    source = finer / "scans" / case["id"]
    settings = {"model": str(trained), "output_dir": str(tmp_path)}
    run(BUNDLE, ["inference"], source / "ct.nii.gz", **settings, **WINDOW)
    for value, dice in dice_of(tmp_path / "ct_seg.nii.gz", source / "organs.nii.gz").items():
        assert dice == pytest.approx(metrics[f"dice_own_grid_{value}"], abs=0.01)
        assert dice > 0.05


def test_another_raw_folder_is_refused(trained, finer, scans, tmp_path):
    settings = {"model": str(trained), "output_dir": str(tmp_path), **WINDOW}
    for folder, message in ((scans, "no label map n"), (tmp_path, "not the file that was")):
        if folder == tmp_path:
            shutil.copytree(finer / "scans", tmp_path, dirs_exist_ok=True)
            for number in range(4):
                path = tmp_path / f"n{number}" / "organs.nii.gz"
                shutil.copy(finer / "scans" / f"n{(number + 1) % 4}" / "organs.nii.gz", path)
        with pytest.raises(RuntimeError) as caught:
            run(BUNDLE, ["train", "evaluate"], finer / "data", raw_dir=str(folder), **settings)
        assert message in one_line(caught.value)


def test_weights_alone_take_the_bundles_own_settings_or_what_is_given(
    trained, prepared, scans, tmp_path, capfd
):
    """Weights of elsewhere, without a provenance.json: what they need can be said.

    What was not said is named: an evaluation takes the voxel size of its scans, inference 2 mm.
    """
    shutil.copy(trained / "model.pt", tmp_path)
    given = {"base_channels": 4, "classes": [[1], [2], [3]], "window": [-100, 300]}
    folder = str(tmp_path)
    run(BUNDLE, ["train", "evaluate"], prepared[COARSE], output_dir=folder, **given, **WINDOW)
    assert json.loads((tmp_path / "metrics.json").read_text())["dice_3"] > 0.05
    assert "assumed: spacing [4.0, 4.0, 4.0], in_channels 1, batch" in capfd.readouterr().err
    model = {"model": str(tmp_path / "model.pt"), "output_dir": str(tmp_path / "masks")}
    run(BUNDLE, ["inference"], scans / "c0" / "ct.nii.gz", **given, **WINDOW, **model)
    told = "assumed: spacing [2.0, 2.0, 2.0], intensity hu, clip none, antialias"
    assert told in capfd.readouterr().err
    with pytest.raises(RuntimeError, match="evaluator") as caught:
        run(BUNDLE, ["train", "evaluate"], prepared[COARSE], output_dir=folder, **WINDOW)
    assert "check base_channels" in one_line(caught.value)


@pytest.mark.parametrize(
    ("configs", "override"),
    [
        (["train", "evaluate"], {"base_channels": 8}),
        (["train", "evaluate"], {"window": [-200, 200]}),
        (["inference"], {"spacing": [2.0, 2.0, 2.0]}),
        (["inference"], {"classes": [[1, 2, 3]]}),
        (["inference"], {"antialias": "false"}),
    ],
)
def test_contradictions_name_both_values(configs, override, trained, prepared, scans, tmp_path):
    where = {"model": str(trained / "model.pt"), "output_dir": str(tmp_path)}
    if "evaluate" in configs:
        where = {"output_dir": str(trained)}
    data = prepared[COARSE] if "evaluate" in configs else scans
    with pytest.raises(RuntimeError, match="check_trained") as caught:
        run(BUNDLE, configs, data, **where, **WINDOW, **override)
    (key,) = override
    assert one_line(caught.value).startswith(f"{key}: {override[key]} is asked for")


def test_scans_prepared_at_another_spacing_are_refused(trained, prepared):
    with pytest.raises(RuntimeError, match="load_datalist") as caught:
        run(BUNDLE, ["train", "evaluate"], prepared[FINE], output_dir=str(trained), **WINDOW)
    assert "was prepared at [2.0, 2.0, 2.0] mm" in one_line(caught.value)


def test_scans_prepared_with_other_blurring_are_refused(trained, scans, tmp_path):
    options = {"images": "*/ct.nii.gz", "labels": "*/organs.nii.gz", "antialias": False}
    prepare_images(scans, tmp_path, **options, spacing=COARSE, fractions=SHARES, workers=1)
    with pytest.raises(RuntimeError, match="check_trained") as caught:
        run(BUNDLE, ["train", "evaluate"], tmp_path, output_dir=str(trained), **WINDOW)
    assert "prepared with antialias False, the model was trained with True" in one_line(
        caught.value
    )


STRAIGHT, NEARLY, TILTED = 0.0, 9e-4, 0.2  # mm along y for each along z
KEPT, INTERPOLATED = 1e-3, 0.51  # HU; what is interpolated is stored whole


def sheared_scan(path, shear):
    """HU of 40 x 36 x 24 voxels of 1 x 1 x 2.5 mm, whose slices are shifted against each other."""
    affine = np.diag([1, 1, 2.5, 1.0])
    affine[1, 2] = 2.5 * shear
    hu = np.random.default_rng(1).normal(-300, 400, (40, 36, 24)).clip(-1000, 1000)
    return save_nifti(path, hu.astype(np.int16), affine)


def prepared_and_seen(scans, folder, **options):
    """A raw file through preparation, and through inference with what the weights know."""
    shares = {"images": "*.nii.gz", "fractions": (1, 0, 0), "workers": 1}
    prepare_images(scans, folder, **shares, **options)
    (item,) = load_datalist(folder, "training")
    known = {"scan": {**item["scan"], "window": [-1000, 1000]}}
    (folder / "provenance.json").write_text(json.dumps(known))
    reader = ConfigParser()
    reader.read_config(str(BUNDLES / BUNDLE / "configs" / "inference.json"))
    reader.update({"model": str(folder / "model.pt")})
    chain = reader.get_parsed_content("preprocessing")
    return open_volume(item["image"]), chain, chain({"image": str(next(scans.glob("*.nii.gz")))})


@pytest.mark.parametrize(
    ("spacing", "shear", "antialias", "limit"),
    [
        (COARSE, STRAIGHT, True, INTERPOLATED),
        (COARSE, STRAIGHT, False, INTERPOLATED),
        (COARSE, NEARLY, True, INTERPOLATED),
        (COARSE, TILTED, True, INTERPOLATED),
        ("native", STRAIGHT, True, KEPT),
        ("native", NEARLY, True, KEPT),
        ("native", TILTED, True, INTERPOLATED),
    ],
)
def test_inference_sees_what_was_prepared(spacing, shear, antialias, limit, tmp_path):
    path = sheared_scan(tmp_path / "scans" / "ct.nii.gz", shear)
    options = {"spacing": spacing, "antialias": antialias}
    volume, chain, data = prepared_and_seen(path.parent, tmp_path / "data", **options)
    seen, expected = data["image"], volume.read_all()
    assert seen.shape[1:] == expected.shape
    np.testing.assert_allclose(seen.affine, volume.affine, atol=1e-4)
    assert np.abs(seen[0].numpy() * 2000 - 1000 - expected.clip(-1000, 1000)).max() < limit
    data["pred"] = seen  # and the way back
    undone = Invertd("pred", chain, orig_keys="image", nearest_interp=False)(data)["pred"]
    own = nib.load(path)
    np.testing.assert_allclose(undone.affine, own.affine, atol=1e-6)
    assert undone.shape[1:] == own.shape
    if limit == KEPT:
        assert np.abs(undone[0].numpy() * 2000 - 1000 - own.get_fdata()).max() < KEPT


@pytest.mark.parametrize(
    ("shear", "spacing"), [(NEARLY, "native"), (NEARLY, COARSE), (TILTED, COARSE)]
)
def test_a_mask_lies_on_a_sheared_scan_where_the_network_saw_it(shear, spacing, tmp_path):
    """Each voxel of the scan has the value of the field at its own place in mm."""
    path = sheared_scan(tmp_path / "scans" / "ct.nii.gz", shear)
    options = {"spacing": spacing}
    volume, chain, data = prepared_and_seen(path.parent, tmp_path / "data", **options)

    def field(shape, affine):
        voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
        return (voxels @ affine[:3, :3].T + affine[:3, 3]) @ np.array([0.01, -0.02, 0.005])

    seen = torch.from_numpy(field(volume.shape, volume.affine)).float()[None]
    data["pred"] = MetaTensor(seen).copy_meta_from(data["image"])
    undone = Invertd("pred", chain, orig_keys="image", nearest_interp=False)(data)["pred"]
    own = nib.load(path)
    covered = (slice(2, -5), slice(8, -8), slice(2, -3))  # what the new grid continues is left out
    error = undone[0].numpy() - field(own.shape, own.affine)
    assert np.abs(error[covered]).max() < 1e-4


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"in_channels": 2}, "in_channels: 2, the scans have 1 (CT)"),
        ({"classes": [[1], [2]], "out_channels": 2}, "out_channels: 2, classes [[1], [2]] need 3"),
    ],
)
def test_channels_that_do_not_fit_are_refused(override, message, prepared, tmp_path):
    with pytest.raises(RuntimeError, match="start_run") as caught:
        run(BUNDLE, ["train"], prepared[FINE], output_dir=str(tmp_path), **override)
    assert one_line(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("bundle", "spacing", "expected"),
    [
        (BUNDLE, None, 2.0),
        (BUNDLE, 5, 5.0),
        ("lung_nodule_ct_segmentation", [5.0] * 3, 5.0),
        ("lung_nodule_ct_segmentation", "native", COARSE),
    ],
)
def test_raw_pairs_take_the_spacing_that_is_asked_for(bundle, spacing, expected, scans, tmp_path):
    """What MONAI Label trains on; of nothing asked, the bundle's own."""
    reader = ConfigParser()
    reader.read_config(str(BUNDLES / bundle / "configs" / "train.json"))
    pair = {key: str(scans / "c0" / f"{name}.nii.gz") for key, name in NAMES.items()}
    settings = {"spacing": spacing, "classes": [[1]], "output_dir": str(tmp_path)}
    reader.update({key: settings[key] for key in settings if key in reader.config})
    for part in ("train", "validate"):
        reader[f"{part}#dataset#data"] = [pair]
        (item,) = reader.get_parsed_content(f"{part}#dataset").data
        assert item["spacing_mm"] == pytest.approx([expected] * 3)


@pytest.mark.parametrize("bundle", [BUNDLE, "lung_nodule_ct_segmentation"])
@pytest.mark.parametrize(
    ("clip", "antialias"), [([-50, 100], False), ([-50, 100], True), (None, True)]
)
def test_raw_pairs_are_prepared_as_the_bundle_says(bundle, clip, antialias, scans, tmp_path):
    """Voxel by voxel what ``medssl prepare`` makes with the same settings."""
    one, spacing = {"images": "*0/ct.nii.gz", "labels": "*0/organs.nii.gz"}, 2 * COARSE
    made = {"spacing": spacing, "hu_clip": clip, "antialias": antialias, "fractions": (1, 0, 0)}
    prepare_images(scans, tmp_path / "data", **one, **made, workers=1)
    (expected,) = load_datalist(tmp_path / "data", "training", labelled=True)
    reader = ConfigParser()
    reader.read_config(str(BUNDLES / bundle / "configs" / "train.json"))
    pair = {key: str(scans / "c0" / f"{name}.nii.gz") for key, name in NAMES.items()}
    settings = {"spacing": spacing, "raw_clip": clip, "raw_antialias": antialias}
    settings |= {"output_dir": str(tmp_path / "run")}
    reader.update(settings | ({"classes": [[1]]} if "classes" in reader.config else {}))
    for part in ("train", "validate"):
        reader[f"{part}#dataset#data"] = [pair]
        (item,) = reader.get_parsed_content(f"{part}#dataset").data
        assert item["scan"] == expected["scan"]
        for key in ("image", "label"):
            ours, theirs = open_volume(item[key]), open_volume(expected[key])
            assert np.array_equal(ours.read_all(), theirs.read_all())
            assert np.array_equal(ours.affine, theirs.affine)
    assert (expected["scan"]["clip"], expected["scan"]["antialias"]) == (clip, antialias)


def test_what_raw_pairs_are_asked_for_changes_voxels(scans, tmp_path):
    """So that the comparison above could fail."""
    made = {"images": "*0/ct.nii.gz", "spacing": 2 * COARSE, "fractions": (1, 0, 0), "workers": 1}
    clipped, sharp = {"hu_clip": (-50, 100)}, {"antialias": False}
    ways = [{}, clipped, sharp, clipped | sharp]
    found = []
    for number, way in enumerate(ways):
        prepare_images(scans, tmp_path / str(number), **made, **way)
        (item,) = load_datalist(tmp_path / str(number), "training")
        found.append(open_volume(item["image"]).read_all().tobytes())
    assert len(set(found)) == len(ways)


@pytest.mark.parametrize(
    ("spacing", "isotropic_mm"), [("native", 1.0), ("native", None), (1.5, None), (2.0, 1.3)]
)
def test_inference_cuts_the_crops_of_the_training(spacing, isotropic_mm, tmp_path):
    """The same candidate through preparation and data set, and through inference."""
    affine = np.diag([0.8, 0.7, 2.5, 1.0])
    rng = np.random.default_rng(2)
    hu = rng.normal(-300, 400, (40, 44, 18)).astype(np.int16)
    path = save_nifti(tmp_path / "scans" / "a.nii.gz", hu, affine)
    options = {"spacing": spacing, "workers": 1, "fractions": (1, 0, 0)}
    prepare_images(tmp_path / "scans", tmp_path / "data", **options)
    places = [(16.0, 15.0, 22.0), (1.0, 29.0, 40.3), (8.3, 20.9, 5.2)]
    rows = [f"a,{-x},{-y},{z},1" for x, y, z in places]
    table = tmp_path / "candidates.csv"
    table.write_text("\n".join(["seriesuid,coordX,coordY,coordZ,class", *rows]))
    items = load_datalist(tmp_path / "data", "training")
    size, window = [12, 12, 12], [-1000, 1000]
    crops = CandidateCropDataset(items, table, size, isotropic_mm)
    known = {**items[0]["scan"], "isotropic_mm": isotropic_mm, "crop_size": size, "window": window}
    (tmp_path / "provenance.json").write_text(json.dumps({"scan": known}))
    reader = ConfigParser()
    configs = BUNDLES / "lung_nodule_ct_classification" / "configs"
    reader.read_config(str(configs / "inference.json"))
    reader.update({"model": str(tmp_path / "model.pt"), "candidates": str(table)})
    found = reader.get_parsed_content("preprocessing")({"image": str(path)})["image"]
    expected = np.stack([crops[index]["image"][0].numpy() for index in range(3)])
    assert found.shape == expected.shape
    difference = found.numpy() * 2000 - 1000 - expected.clip(*window)
    assert np.abs(difference).max() <= 1.01  # HU


@pytest.mark.parametrize("spacing", ["native", "fine", [2, 2]])
def test_a_spacing_that_is_none_or_another_is_one_line(spacing, prepared, tmp_path):
    with pytest.raises(RuntimeError, match="load_datalist") as caught:
        run(BUNDLE, ["train"], prepared[FINE], output_dir=str(tmp_path), spacing=spacing)
    assert one_line(caught.value).startswith("spacing: ")


def test_training_at_another_spacing_than_asked_for_is_refused(prepared, tmp_path):
    with pytest.raises(RuntimeError, match="load_datalist") as caught:
        run(BUNDLE, ["train"], prepared[FINE], output_dir=str(tmp_path), spacing=4)
    assert one_line(caught.value).startswith("spacing: ")


@pytest.fixture(scope="module")
def released(trained, tmp_path_factory):
    """The bundle with these weights, packed and unpacked."""
    folder = tmp_path_factory.mktemp("released")
    return unpack(pack(BUNDLES / BUNDLE, folder / "dist", trained), folder / "bundles")


def test_a_release_says_what_its_weights_take_and_give(released):
    metadata = json.loads((released / "configs" / "metadata.json").read_text())
    assert metadata["scan"]["spacing"] == [COARSE] * 3
    assert metadata["image_classes"].endswith("clipped to [-100, 300] and scaled to [0, 1]")
    image = metadata["network_data_format"]["inputs"]["image"]
    pred = metadata["network_data_format"]["outputs"]["pred"]
    assert (image["num_channels"], pred["num_channels"]) == (1, 4)
    assert image["spatial_shape"] == pred["spatial_shape"] == ["8*n", "8*n", 16]
    assert pred["channel_def"] == {"0": "background", "1": "1", "2": "2", "3": "3"}
    assert json.loads((released / "configs" / "train.json").read_text())["raw_spacing"] == [4.0] * 3


def test_a_release_infers_without_a_key(released, trained, scans, tmp_path, monkeypatch):
    scan = scans / "c0" / "ct.nii.gz"
    model = str(trained / "model.pt")
    run(BUNDLE, ["inference"], scan, output_dir=str(tmp_path / "run"), model=model, **WINDOW)
    monkeypatch.syspath_prepend(str(released))
    run_config(
        config_file=str(released / "configs" / "inference.json"),
        bundle_root=str(released),
        dataset_dir=str(scan),
        output_dir=str(tmp_path / "release"),
        logging_file=False,
    )
    ours, theirs = (
        np.asarray(nib.load(tmp_path / name / "ct_seg.nii.gz").dataobj)
        for name in ("run", "release")
    )
    assert set(np.unique(ours)) > {0}
    assert np.array_equal(ours, theirs)


def test_a_preparation_that_did_not_end_well_is_noticed_in_training(scans, tmp_path):
    data, patterns = tmp_path / "data", {"images": "*/ct.nii.gz", "labels": "*/organs.nii.gz"}
    copies = tmp_path / "scans"
    shutil.copytree(scans, copies)
    options = {"fractions": (0.5, 0.25, 0.25), "workers": 1}
    prepare_images(copies, data, **patterns, spacing=COARSE, **options)
    (copies / "c3" / "ct.nii.gz").write_bytes(b"broken")
    with pytest.raises(UserError, match="unusable"):
        prepare_images(copies, data, **patterns, spacing=2 * COARSE, **options)
    with pytest.raises(RuntimeError) as caught:
        run(BUNDLE, ["train"], data, output_dir=str(tmp_path / "run"), **tiny(BUNDLE))
    assert "not the volume that its data list describes" in one_line(caught.value)
