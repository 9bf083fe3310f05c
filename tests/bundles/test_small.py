"""The small recipes: every pretraining trains by them, also in few epochs, and to the last step."""

import pytest

from medssl.engines import read_metrics
from medssl.weights import load_torch

from .conftest import PRETEXT, SPACING, tiny

# Their rate is set at each validation, that of the others after each epoch.
BY_VALIDATION = ("pretrain_models_genesis", "pretrain_autoencoder")
SHORT = {"max_epochs": 5, "batch_size": 4, "crops_per_scan": 4}


@pytest.mark.parametrize(
    ("bundle", "interval"),
    [*((bundle, 2) for bundle in PRETEXT), *((bundle, 10) for bundle in BY_VALIDATION)],
)
def test_the_rate_falls_and_is_not_used_up_before_the_end(bundle, interval, run_bundle, tmp_path):
    settings = {**tiny(bundle), **SHORT, "val_interval": interval, "spacing": SPACING}
    settings |= {"unmasked_epochs": 3} if bundle == "pretrain_rubiks_cube_plus" else {}
    run_bundle(bundle, ["train", "small"], output_dir=str(tmp_path), **settings)
    assert len(read_metrics(tmp_path / "trace.jsonl")) == max(1, 4 // interval)
    (group,) = load_torch(tmp_path / "checkpoint.pt")["state"]["optimizer"]["param_groups"]
    # After the last epoch the rate of a next one is set, which may be none.
    assert 0 <= group["lr"] < group["initial_lr"]
    if bundle in BY_VALIDATION and interval == 2:
        assert group["lr"] > 0
