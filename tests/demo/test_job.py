"""What the demo cannot use is refused before anything is made."""

import json
import re

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.demo import job, run_demo
from medssl.demo.folders import PRETRAIN, TASK
from medssl.demo.report import load_network
from medssl.demo.runs import Run
from medssl.errors import UserError
from medssl.store.manifest import DATALIST
from medssl.store.splits import SPLITS
from medssl.transfer import transfer
from tests.scans import save_nifti, small_ct


def network(run):
    """The network that a run trains, and the voxel size that its scans must have."""
    parser = ConfigParser()
    parser.read_config(run.files)
    parser.update(run.keys)
    return parser.get_parsed_content("network_def"), parser["spacing"]


def test_pretraining_fits_the_scans_the_task_and_the_pictures(tmp_path):
    """Whatever the small recipe is like, which is made for other scans and may do without skips."""
    pretrained, spacing = network(Run(PRETRAIN, ("train", "small"), job.PRETRAINING))
    assert spacing == job.SPACING_MM
    torch.save(pretrained.state_dict(), tmp_path / "model.pt")
    load_network(tmp_path / "model.pt", "sigmoid")
    keys = {"base_channels": job.WIDTH, **job.FINE_TUNING}
    task, _ = network(Run(TASK, ("train",), keys))
    report = transfer(tmp_path / "model.pt", task, "shared")
    assert {part.part for part in report.parts if part.loaded} == {"encoder", "decoder"}


@pytest.mark.slow
def test_the_whole_demo_writes_its_page(tmp_path, monkeypatch):
    """Every step, however short."""
    monkeypatch.setattr(job, "SCANS", 12)
    for settings in (job.PRETRAINING, job.FINE_TUNING):
        monkeypatch.setitem(settings, "max_epochs", 1)
        monkeypatch.setitem(settings, "val_interval", 1)
    page = run_demo(tmp_path).read_text()
    assert len(re.findall("<p class=verdict>", page)) == 2
    assert len(re.findall("<img src='data:image/png", page)) == 4


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with one scan; phantoms are an error, as there is to be no need of them."""

    def fail(*_, **__):
        raise AssertionError("phantoms were asked for")

    monkeypatch.setattr("medssl.phantom.prepare_phantom", fail)
    save_nifti(tmp_path / "own" / "one.nii.gz", small_ct((40, 40, 40)))
    return tmp_path / "own"


def test_too_few_own_scans_are_told_ahead_of_the_phantoms(own, tmp_path):
    for count in (1, 2):
        expected = rf"own: {count} usable scan\(s\), the demo needs 3 or more; add"
        with pytest.raises(UserError, match=expected):
            run_demo(tmp_path / "out", own)
        save_nifti(own / f"{count}.nii.gz", small_ct((40, 40, 40), seed=count))
    with pytest.raises(AssertionError, match="phantoms were asked for"):
        run_demo(tmp_path / "out", own)
    listed = json.loads((tmp_path / "out" / "own_data" / "data_own" / DATALIST).read_text())
    assert [len(listed[split]) for split in SPLITS] == [1, 1, 1]


def test_a_prepared_folder_is_no_folder_of_scans(own, tmp_path):
    (own / DATALIST).write_text("{}")
    with pytest.raises(UserError, match="own: is a prepared folder; give the folder of the orig"):
        run_demo(tmp_path / "out", own)
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_is_told(own, tmp_path):
    (tmp_path / "file").write_text("x")
    for data in (None, own):
        with pytest.raises(UserError, match="file: expected a folder; choose another name"):
            run_demo(tmp_path / "file", data)
