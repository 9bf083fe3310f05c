"""What training knows, evaluation and inference need not be told, and may not contradict."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest
from monai.bundle import run as run_config

from medssl.errors import UserError, one_line
from medssl.sources import prepare_images
from medssl.zoo import pack, unpack
from tests.scans import save_nifti

from .conftest import BUNDLES, arguments, tiny
from .organs import COARSE, dice_of, save_organs, scan_with_organs

BUNDLE = "liver_ct_segmentation"
FINE = 2.0
SHARES = (0.5, 0.25, 0.25)
NAMES = {"image": "ct", "label": "organs"}  # of the files


def run(bundle: str, configs: list[str], data, **overrides) -> None:
    run_config(**arguments(bundle, configs, data, **overrides))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    return save_organs(tmp_path_factory.mktemp("organs"))


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
