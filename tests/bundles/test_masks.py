"""Rubik's cube+ without masks at first: which batches of a run of the bundle have them."""

from medssl.engines import read_trace
from medssl.pretext import rubiks_cube_plus

from .conftest import tiny

BUNDLE = "pretrain_rubiks_cube_plus"


def test_the_first_epochs_train_without_masks_and_validation_has_them(
    run_bundle, tmp_path, monkeypatch
):
    met, mask_cubes = [], rubiks_cube_plus.mask_cubes

    def watched(cubes, masked, *rest):
        met.append((masked.all(), masked.any()))
        return mask_cubes(cubes, masked, *rest)

    monkeypatch.setattr(rubiks_cube_plus, "mask_cubes", watched)
    lengths = {"unmasked_epochs": 1, "max_epochs": 2, "val_interval": 1}
    output = tmp_path / "run"
    settings = {**tiny(BUNDLE), **lengths, "mask_rate": 1.0, "output_dir": str(output)}
    run_bundle(BUNDLE, ["train"], **settings)
    an_epoch = len(read_trace(output / "trace.jsonl")) // 2
    validations = len(met) - 2 * an_epoch
    assert validations > 0
    assert met == [(False, False)] * an_epoch + [(True, True)] * (an_epoch + validations)
