"""The configuration at hand is compared with the model, and what nobody knows is said."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from monai.bundle import ConfigParser

from medssl.engines import Trained, check_config, check_trained
from medssl.errors import UserError
from medssl.store.contract import ScanContract

from .test_running import Workflow

SCAN = ScanContract((4.0, 4.0, 4.0)).as_dict()


def test_the_bundle_being_run_is_asked_for_its_task(tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "metadata.json").write_text(json.dumps({"task": "marking"}))
    (tmp_path / "provenance.json").write_text(json.dumps({"task": "restoring", "scan": SCAN}))
    workflow = Workflow({"bundle_root": str(tmp_path)})
    with pytest.raises(UserError, match="another task"):
        workflow.call(lambda: check_trained(Trained(tmp_path / "model.pt")))


@pytest.fixture
def unknown(tmp_path):
    """Weights of elsewhere, and a config that takes all but its window from their defaults."""
    (tmp_path / "model.pt").write_bytes(b"")
    default = {"spacing": (2.0, 2.0, 2.0), "window": [0, 1], "base_channels": 32, "fold": None}

    def config(**changed):
        trained = {"_target_": "medssl.engines.Trained", "model": str(tmp_path / "model.pt")}
        taken = {key: f"$@trained[{key!r}]" for key in ("base_channels", "spacing", "fold")}
        parser = ConfigParser({"window": [-200, 200], **taken})
        parser["trained"] = {**trained, "default": {**default, **changed}}
        return parser, parser.get_parsed_content("trained")

    return config


def test_what_is_assumed_of_weights_of_elsewhere_is_one_line(unknown, capsys):
    check_config(*unknown())
    (line,) = capsys.readouterr().err.splitlines()
    assert "nothing is known of these weights" in line
    assert "assumed: spacing [2.0, 2.0, 2.0], base_channels 32; give --spacing" in line


@pytest.mark.parametrize(
    ("data", "said"), [([{"image": "a", "scan": SCAN}], "[4.0, 4.0, 4.0]"), ([], "native")]
)
def test_a_voxel_size_that_is_left_open_is_that_of_the_scans(data, said, unknown, capsys):
    """An evaluation takes scans of any, and inference has to be told of it."""
    check_config(*unknown(spacing=None), data)
    assert f"assumed: spacing {said}, base_channels" in capsys.readouterr().err


def test_nothing_is_said_of_weights_that_are_known_or_not_there(unknown, tmp_path, capsys):
    (tmp_path / "provenance.json").write_text(json.dumps({"scan": SCAN, "trained": True}))
    check_config(*unknown())
    (tmp_path / "provenance.json").unlink()
    (tmp_path / "model.pt").unlink()
    check_config(*unknown())
    assert capsys.readouterr().err == ""


def test_nothing_is_said_where_all_is_given(unknown, capsys):
    parser, _ = unknown()
    parser.update({"spacing": [4.0] * 3, "base_channels": 16})
    check_config(parser, parser.get_parsed_content("trained"))
    assert capsys.readouterr().err == ""


REGIONS = [[1, 2], [2]]


@pytest.mark.parametrize("config", [["inference"], ["train", "evaluate"]])
@pytest.mark.parametrize(
    ("bundle", "refused"),
    [
        ("liver_ct_segmentation", True),
        ("liver_tumor_ct_segmentation", True),
        ("volume_segmentation", False),
    ],
)
def test_regions_are_refused_where_classes_are_taken_to_exclude_each_other(
    bundle, refused, config, tmp_path
):
    """Three outputs in a softmax would be read as regions, whatever the weights learnt."""
    folder = Path(__file__).resolve().parents[2] / "bundles" / bundle
    parser = ConfigParser()
    parser.read_config([str(folder / "configs" / f"{name}.json") for name in config])
    parser.config.update({"bundle_root": str(folder), "output_dir": str(tmp_path)})
    parser.config.update({"model": str(tmp_path / "model.pt"), "classes": REGIONS})
    with (
        pytest.raises(UserError, match=r"need 2 .*volume_segmentation takes regions")
        if refused
        else nullcontext()
    ):
        check_config(parser, parser.get_parsed_content("trained"))


@pytest.mark.parametrize(
    ("given", "said"), [({}, ""), ({"mask_rate": 0.9}, "mask_rate 0.9 (trained with 0.25)")]
)
def test_a_task_that_is_made_another_one_is_told(given, said, tmp_path, capsys):
    learnt = {**SCAN, "mask_rate": 0.25, "cube_size": [16, 16, 16]}
    (tmp_path / "provenance.json").write_text(json.dumps({"scan": learnt}))
    trained = Trained(tmp_path / "model.pt")
    check_config(ConfigParser({"mask_rate": 0.25, "cube_size": (16, 16, 16), **given}), trained)
    told = capsys.readouterr().err
    assert told.strip().endswith(said)
    assert bool(told) == bool(said)
