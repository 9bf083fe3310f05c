"""The demo's page: its verdicts first, its figures from the runs that they name."""

import json
import re

import numpy as np
import pytest
import torch

from medssl.demo import report
from medssl.demo.folders import ARMS, SEEDS
from medssl.demo.report import WIDTH, load_network, write_report
from medssl.engines import apply_window
from medssl.errors import UserError
from medssl.networks import UNet3D
from medssl.sources import prepare_images
from medssl.store import load_datalist, open_volume

from .conftest import NODULES, write

CROP = (8, 8, 8)


def save_model(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    network = UNet3D(base_channels=WIDTH)
    torch.save(network.state_dict(), path)
    return network


def log(path, *entries):
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))


@pytest.fixture
def runs(folders, scans):
    """A finished demo of six labelled scans; returns the networks of the first seed."""
    patterns = {"images": "*/ct.nii.gz", "labels": "*/nodules.nii.gz", "fractions": (0.5, 0, 0.5)}
    prepare_images(scans, folders.labelled, spacing="native", workers=1, **patterns)
    write(folders, lambda arm, _: np.full(len(NODULES), 0.625 if arm == "scratch" else 0.75))
    networks = {}
    for arm in ARMS:
        networks[arm] = save_model(folders.task(arm, SEEDS[0]) / "model.pt", ARMS.index(arm))
        for seed in SEEDS:
            dice = {epoch: 0.1 * epoch + 0.01 * seed for epoch in (1, 2)}
            lines = [{"epoch": e, "metrics": {"dice": value}} for e, value in dice.items()]
            log(folders.task(arm, seed) / "trace.jsonl", *lines)
    save_model(folders.pretraining / "model.pt", 9)
    errors = [{"mse": 0.1 / epoch, "mse_copy": 0.04, "corrupted_mse_copy": 1} for epoch in (1, 2)]
    lines = [{"epoch": epoch, "metrics": each} for epoch, each in enumerate(errors, 1)]
    log(folders.pretraining / "trace.jsonl", {"iteration": 1, "epoch": 1, "loss": 0.5}, *lines)
    found = {"mse": 0.02, "mse_copy": 0.04, "skill": 0.5, "skill_low": 0.25, "skill_high": 0.75}
    (folders.pretraining / "metrics.json").write_text(json.dumps(found))
    return networks


@pytest.fixture
def pictures(monkeypatch):
    """What each picture is drawn of, by its name."""
    given = {}

    def instead(name):
        def draw(*arguments):
            given[name] = arguments
            return f"picture-{name}"

        return draw

    for name in ("restoration", "segmentation"):
        monkeypatch.setattr(report.figures, name, instead(name))
    monkeypatch.setattr(
        report.figures, "curves", lambda series, label: instead(label.split()[0])(series)
    )
    return given


def test_verdicts_come_first_and_every_picture_is_there(folders, runs, pictures, capsys):
    page = write_report(folders, folders.labelled, CROP, "any", own=False).read_text()
    verdicts = re.findall(r"<p class=verdict>(.*?)</p>", page)
    assert len(verdicts) == 2
    assert "has learnt to restore" in verdicts[0]
    assert verdicts[1].startswith("Higher with pretraining")
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[-2:]] == verdicts
    assert page.index(verdicts[1]) < page.index("<img")
    assert set(re.findall(r"src='picture-([\w-]+)'", page)) == set(pictures)
    cells = re.findall(r"<td>([^<]*)</td>", page)
    assert cells[:4] == ["the network", "0.02", "copying the input", "0.04"]
    assert [cells[4:][i] for i in (1, 4, 7)] == ["0.750", "0.625", "0.125"]
    assert '<meta name="viewport" content="width=device-width' in page
    assert len(re.findall("<img src='[^']*' alt='[^']+'>", page)) == page.count("<img") == 4
    assert "synthetic scans" in page
    assert (
        "your own scans"
        in write_report(folders, folders.labelled, CROP, "any", own=True).read_text()
    )


def test_curves_are_means_over_the_seeds_and_errors_stand_beside_trivial_ones(
    folders, runs, pictures
):
    write_report(folders, folders.labelled, CROP, "any", own=False)
    (series,) = pictures["validation"]
    for arm in ARMS:
        assert series[arm] == pytest.approx({1: 0.1 + 0.01 * np.mean(SEEDS), 2: 0.21})
    (series,) = pictures["held-out"]
    assert series == {"the network": {1: 0.1, 2: 0.05}, "copying the input": {1: 0.04, 2: 0.04}}


def test_the_largest_test_nodule_is_shown_with_the_masks_of_the_first_seed(folders, runs, pictures):
    page = write_report(folders, folders.labelled, CROP, "any", own=False).read_text()
    image, truth, masks = pictures["segmentation"]
    items = load_datalist(folders.labelled, "test", labelled=True)
    (case,) = re.findall(r"<small>Scan (\S+)</small>", page)
    assert case in {item["id"] for item in items}
    # Of both boxes of every scan the second is larger, and a crop holds it whole.
    label = open_volume(next(item["label"] for item in items if item["id"] == case)).read_all()
    assert truth.sum() >= np.count_nonzero(label == 2)
    for arm, network in runs.items():
        network.eval()
        with torch.no_grad():
            expected = network(apply_window(image[None, None], (-1000, 1000)))[0, 0] > 0
        assert torch.equal(masks[arm], expected)
    assert not torch.equal(masks["pretrained"], masks["scratch"])


def test_restoration_is_of_one_crop_of_each_of_four_held_out_scans_at_most(folders, runs, pictures):
    write_report(folders, folders.labelled, CROP, "any", own=False)
    network, batch = pictures["restoration"]
    assert not network.training
    held_out = load_datalist(folders.labelled, "test", CROP)
    assert batch["image"].shape == (min(4, len(held_out)), 1, *CROP)
    assert set(batch["case"]) <= {item["id"] for item in held_out}


def test_a_network_is_loaded_whole_or_not_at_all(tmp_path):
    saved = save_model(tmp_path / "model.pt", 3)
    found = load_network(tmp_path / "model.pt")
    assert not found.training
    assert all(value.equal(found.state_dict()[n]) for n, value in saved.state_dict().items())
    torch.save(UNet3D(base_channels=2).state_dict(), tmp_path / "model.pt")
    with pytest.raises(UserError, match=r"model\.pt: "):
        load_network(tmp_path / "model.pt")
