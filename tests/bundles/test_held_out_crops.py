"""Contrastive bundles are judged on the same held-out crops every time, and as the named model."""

import hashlib
import json
import shutil

import pytest

from medssl.crops import CropDataset
from medssl.errors import UserError

from .conftest import tiny

CONTRASTIVE = ("pretrain_pcrl", "pretrain_simclr", "pretrain_byol")


@pytest.fixture
def seen(monkeypatch):
    """Scan, seed and voxels of every crop that is cut, in the order of cutting."""
    crops: list[tuple[str, int, str]] = []
    cut = CropDataset.__getitem__

    def record(self, key):
        sample = cut(self, key)
        voxels = hashlib.sha256(sample["image"].numpy().tobytes()).hexdigest()
        crops.append((sample["case"], int(sample["seed"]), voxels))
        return sample

    monkeypatch.setattr(CropDataset, "__getitem__", record)
    return crops


@pytest.mark.parametrize("bundle", CONTRASTIVE)
def test_every_evaluation_sees_the_same_crops(bundle, run_bundle, tmp_path, seen):
    """Of one model or another, in batches of one size or another, after one epoch or two."""
    one, two = tmp_path / "one", tmp_path / "two"
    run_bundle(bundle, ["train"], output_dir=str(one), **tiny(bundle))
    run_bundle(bundle, ["train"], output_dir=str(two), **{**tiny(bundle), "max_epochs": 2})
    evaluations = []
    for number, (model, batch_size) in enumerate([(one, 2), (one, 2), (two, 2), (two, 4)]):
        seen.clear()
        settings = {**tiny(bundle), "batch_size": batch_size, "model": str(model)}
        output = tmp_path / f"eval{number}"
        run_bundle(bundle, ["train", "evaluate"], output_dir=str(output), **settings)
        metrics = json.loads((output / "metrics.json").read_text())
        evaluations.append((list(seen), metrics))
    crops = [crops for crops, _ in evaluations]
    assert len(crops[0]) == len(set(crops[0])) == 4
    assert crops[0] == crops[1] == crops[2] == crops[3]
    # An interval over scans that one scan does not give is null.
    metrics = [
        {name: value for name, value in metrics.items() if value is not None}
        for _, metrics in evaluations
    ]
    assert metrics[0] == metrics[1] != metrics[2]
    numbers = [
        {name: value for name, value in each.items() if isinstance(value, float)}
        for each in metrics
    ]
    assert numbers[2] == pytest.approx(numbers[3], rel=1e-3)


@pytest.mark.parametrize("bundle", CONTRASTIVE)
def test_the_model_that_is_judged_is_the_one_that_is_audited(bundle, run_bundle, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    run_bundle(bundle, ["train"], output_dir=str(one), **tiny(bundle))
    run_bundle(bundle, ["train"], output_dir=str(two), **{**tiny(bundle), "seed": 7})
    elsewhere = {**tiny(bundle), "model": str(one), "output_dir": str(tmp_path / "eval")}
    with pytest.raises(RuntimeError) as error:
        run_bundle(bundle, ["train", "evaluate"], split="validation", **elsewhere)
    assert isinstance(error.value.__cause__, UserError)
    assert "in its validation" in str(error.value.__cause__)
    for name in ("checkpoint.pt", "model.pt"):
        shutil.copyfile(two / name, one / name)
    with pytest.raises((RuntimeError, UserError)) as error:
        run_bundle(bundle, ["train", "evaluate"], **elsewhere)
    assert "provenance.json beside it describe" in str(error.value.__cause__ or error.value)
