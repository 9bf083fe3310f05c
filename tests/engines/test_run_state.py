"""Which files of a run's folder belong together, and how far it came."""

import json

import pytest
import torch

from medssl.engines.run_state import check_state, read_progress, refuse_other_run, run_hash
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.weights import save_torch


@pytest.fixture
def run(tmp_path):
    """The last epoch's weights, the third, of a run that goes by the name ``ours``."""
    torch.save({"w": torch.ones(1)}, tmp_path / "model.pt")
    record = {"sha256": {"model.pt": sha256_of(tmp_path / "model.pt")}, "config_sha256": "ours"}
    record |= {"kept": "last", "epoch": 3}
    (tmp_path / "provenance.json").write_text(json.dumps(record))
    (tmp_path / "run.json").write_text(json.dumps({"hash": "ours"}))
    save_torch(tmp_path / "checkpoint.pt", {"run": "ours", "iteration": 17, "epoch_length": 5})
    return tmp_path


def test_run_or_provenance_names_the_run_whichever_can_be_read(run):
    (run / "provenance.json").write_text(json.dumps({"config_sha256": "theirs"}))
    assert run_hash(run) == "ours"
    for left in ("{", "[]", "{}"):
        (run / "run.json").write_text(left)
        assert run_hash(run) == "theirs"
    (run / "run.json").unlink()
    assert run_hash(run) == "theirs"
    (run / "provenance.json").unlink()
    assert run_hash(run) is None


def test_a_checkpoint_must_name_the_run_that_it_lies_beside(run):
    path = run / "checkpoint.pt"
    refuse_other_run(path, {"run": "ours"})
    for content in ({"run": "theirs"}, {}, [1]):
        with pytest.raises(UserError, match=r"checkpoint\.pt: not the checkpoint of the run that"):
            refuse_other_run(path, content)
    for name in ("run.json", "provenance.json"):
        (run / name).unlink()
    refuse_other_run(path, {"run": "theirs"})


def test_whole_epochs_of_a_checkpoint_are_counted(run):
    assert read_progress(run)[:2] == (17, 3)
    (run / "checkpoint.pt").unlink()
    assert read_progress(run) == (0, 0, None)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"iteration": 3, "epoch_length": 0},
        {"iteration": "x", "epoch_length": 1},
        {"iteration": 3, "epoch_length": 1, "trace": {"bytes": 3}},
    ],
)
def test_a_checkpoint_that_cannot_be_counted_is_damaged(broken, run):
    save_torch(run / "checkpoint.pt", {"run": "ours", **broken})
    with pytest.raises(UserError, match=r"checkpoint\.pt: damaged \("):
        read_progress(run)


def note(run, **changes):
    path = run / "provenance.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_weights_of_an_earlier_epoch_than_the_checkpoint_are_an_older_copy(run):
    check_state(run / "model.pt")
    note(run, epoch=4)  # written ahead of that epoch's checkpoint
    check_state(run)
    note(run, epoch=2)
    older = r"model\.pt: of epoch 2, but checkpoint\.pt beside it has done 3: an older copy"
    with pytest.raises(UserError, match=older):
        check_state(run)
    note(run, kept="best")  # of any epoch
    check_state(run)


def test_weights_of_a_run_without_their_record_are_refused_those_of_nobody_are_not(run):
    (run / "provenance.json").unlink()
    with pytest.raises(UserError, match=r"provenance\.json: gone, though run\.json beside it says"):
        check_state(run / "model.pt")
    (run / "run.json").unlink()
    check_state(run / "model.pt")


def test_replaced_weights_are_refused(run):
    torch.save({"w": torch.zeros(1)}, run / "model.pt")
    with pytest.raises(UserError, match=r"model\.pt: not the weights that provenance\.json"):
        check_state(run)
