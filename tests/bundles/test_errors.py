"""What goes wrong for users ends in one clear line and a non-zero exit."""

import json

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.engines.claim import FORMAT
from medssl.errors import one_line
from medssl.networks import UNet3D

from .conftest import BUNDLES, PRETEXT, TASKS, command, tiny

TASK = TASKS[0]


def complaint(process) -> str:
    """The one line of a failed run, without the hint on how to see the traceback."""
    assert process.returncode == 1, process.stdout + process.stderr
    assert "Traceback" not in process.stdout + process.stderr, process.stdout + process.stderr
    lines = [line for line in process.stderr.splitlines() if line.startswith("medssl: ")]
    assert len(lines) == 1, process.stderr
    return lines[0]


def configs(bundle: str, *names: str) -> ConfigParser:
    """Those of a bundle, one laid over the other."""
    parser = ConfigParser()
    parser.read_config([BUNDLES / bundle / "configs" / f"{name}.json" for name in names])
    return parser


@pytest.fixture
def fail(prepared, tmp_path, shell):
    """Run the task with one thing wrong and return the complaint."""

    def call(data=None, configs=("train",), shell=shell, **overrides) -> str:
        overrides = {**tiny(TASK), "output_dir": str(tmp_path / "out"), **overrides}
        return complaint(shell(command(TASK, list(configs), data or prepared, **overrides)))

    return call


def test_unknown_key(fail, new_shell):
    expected = "--max_epoch (did you mean --max_epochs?)"
    assert expected in fail(max_epoch=3)
    assert expected in fail(max_epoch=3, shell=new_shell)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"seed": "abc"}, "seed: abc, expected a whole number"),
        ({"device": "cuda:99"}, "device: cuda:99, expected one that PyTorch finds here"),
    ],
)
def test_what_only_initialize_uses_is_checked_before_it(fail, setting, expected):
    assert expected in fail(**setting)


@pytest.mark.parametrize("key", ["pretrained", "output_dir", "dataset_dir", "transfer_parts"])
def test_an_empty_option_is_told_by_its_name(fail, key):
    assert f"--{key}: empty, expected a value; is a variable of the shell" in fail(**{key: ""})


@pytest.mark.parametrize("bundle", PRETEXT + TASKS)
@pytest.mark.parametrize("overlay", [(), ("multi_gpu_train",), ("evaluate",)])
def test_every_initialize_checks_the_command_line_first(bundle, overlay):
    config = configs(bundle, "train", *overlay).config
    assert config["initialize"][0] == {"_target_": "medssl.engines.guard_command_line"}


@pytest.mark.parametrize("bundle", PRETEXT + TASKS)
def test_ranks_take_the_device_as_text(bundle):
    """As ``--device cpu`` gives it."""
    parser = configs(bundle, "train", "multi_gpu_train")
    parser["device"] = "cpu"
    assert parser.get_parsed_content("network#device_ids") is None
    assert parser.get_parsed_content("initialize#2") is None


def test_empty_folder(fail, tmp_path):
    (tmp_path / "empty").mkdir()
    text = fail(data=tmp_path / "empty")
    assert "empty" in text
    assert "medssl prepare" in text


def test_checkpoint_of_another_network(fail, tmp_path):
    torch.save(UNet3D(base_channels=3).state_dict(), tmp_path / "other.pt")
    text = fail(pretrained=str(tmp_path / "other.pt"))
    assert "other.pt" in text
    assert "base_channels" in text


def test_truncated_checkpoint(fail, tmp_path):
    torch.save(UNet3D(base_channels=2).state_dict(), tmp_path / "whole.pt")
    (tmp_path / "half.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:5000])
    assert "half.pt: not a readable" in fail(pretrained=str(tmp_path / "half.pt"))


def test_damaged_volume_in_a_worker(fail, tmp_path, prepared):
    """A file that broke after preparation is named even when a worker process meets it."""
    listing = json.loads((prepared / "datalist.json").read_text())
    broken = tmp_path / "broken"
    for folder in ("volumes", "labels"):
        (broken / folder).mkdir(parents=True)
        for source in (prepared / folder).iterdir():
            (broken / folder / source.name).write_bytes(source.read_bytes()[:3000])
    (broken / "datalist.json").write_text(json.dumps(listing))
    assert ".b2nd" in fail(data=broken, num_workers=2)


def test_another_run_in_the_same_folder(fail, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    run = {"medssl": "0.1.0", "format": FORMAT, "hash": "x", "config": {"seed": 7}}
    run |= {"data": {}, "contents": {}}
    (out / "run.json").write_text(json.dumps(run))
    step = {"iteration": 1, "epoch": 1, "loss": 1.0}
    (out / "trace.jsonl").write_text(json.dumps(step) + "\n")
    text = fail()
    assert "holds another run" in text
    assert "seed" in text


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"scheme": "half"}, "scheme"),
        ({"amp": "fp8"}, "amp"),
        ({"label_fraction": 0}, "label_fraction"),
        ({"batch_norm": "group"}, "batch_norm"),
        ({"augmentation": "S9"}, "augmentation"),
        ({"window": [5, 5]}, "window"),
    ],
)
def test_bad_values_name_their_key(overrides, expected, run_bundle, tmp_path):
    with pytest.raises(Exception, match=r".") as caught:
        run_bundle(TASK, ["train"], output_dir=str(tmp_path), **{**tiny(TASK), **overrides})
    assert one_line(caught.value).startswith(expected)


@pytest.mark.parametrize("bundle", ["pretrain_models_genesis", "lung_nodule_ct_segmentation"])
def test_a_diverging_run_names_step_and_scans_and_leaves_no_weights(bundle, run_bundle, tmp_path):
    settings = {**tiny(bundle), "learning_rate": 1e30, "max_epochs": 4}
    with pytest.raises(RuntimeError) as caught:
        run_bundle(bundle, ["train"], output_dir=str(tmp_path), **settings)
    line = one_line(caught.value)
    assert line.startswith("loss: ")
    assert " at step " in line
    assert " on " in line
    if bundle.startswith("pretrain"):
        assert not (tmp_path / "model.pt").exists()


@pytest.mark.parametrize("bundle", ["pretrain_simclr", "pretrain_byol"])
def test_methods_that_compare_pairs_refuse_a_batch_of_one(bundle, run_bundle, tmp_path):
    """The folder stays free for the run that is meant."""
    settings = {**tiny(bundle), "output_dir": str(tmp_path / "out")}
    with pytest.raises(RuntimeError) as caught:
        run_bundle(bundle, ["train"], **{**settings, "batch_size": 1})
    assert one_line(caught.value).startswith("batch_size: 1, expected 2 or more: ")
    run_bundle(bundle, ["train"], **settings)
