"""``model.pt`` holds what inference needs, and ``provenance.json`` says what it is."""

import json
from types import SimpleNamespace

import pytest
import torch
from ignite.engine import Engine, Events
from monai.engines import Evaluator
from torch import nn

from medssl.engines.model_file import MODEL, TARGET, SaveModel, missing_files
from medssl.engines.provenance import PROVENANCE, check_sha256
from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.weights import load_torch


class Network(nn.Module):
    """A trunk, a head, and a moving average of the trunk."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv3d(1, 2, 1), nn.BatchNorm3d(2))
        self.encoders = nn.Linear(1, 1)  # another part, though its name begins alike
        self.head = nn.Linear(2, 1)
        self.target = nn.Module()
        self.target.encoder = nn.Sequential(nn.Conv3d(1, 2, 1), nn.BatchNorm3d(2))


def engine(epoch=3, best=None):
    return SimpleNamespace(state=SimpleNamespace(epoch=epoch, best_metric_epoch=best, metrics={}))


def provenance(folder):
    return json.loads((folder / PROVENANCE).read_text())


@pytest.fixture
def saved(tmp_path):
    """Network and folder after a save of its encoder and the encoder's average."""
    network = Network()
    SaveModel(tmp_path, network, ["encoder"], target="target").save(engine())
    return network, tmp_path


@pytest.mark.parametrize("figure", [float("nan"), torch.tensor(float("nan"))])
def test_weights_are_not_chosen_by_a_figure_that_is_none(figure, tmp_path):
    """MONAI takes the first NaN for the best, and nothing is better than it, ever after."""
    evaluator = Evaluator(torch.device("cpu"), [0], prepare_batch=lambda *_: None)
    evaluator._iteration = None
    save = SaveModel(tmp_path, Network())
    save.attach(evaluator)
    state = evaluator.state
    state.key_metric_name, state.metrics = "dice", {"dice": figure}
    state.epoch = state.best_metric_epoch = 1
    with pytest.raises(UserError, match=r"validation: dice is not a number.*add labelled scans"):
        evaluator.fire_event(Events.COMPLETED)
    assert not (tmp_path / MODEL).exists()


def test_only_the_parts_asked_for_are_saved_and_the_average_has_their_names(saved):
    network, folder = saved
    ours, theirs = load_torch(folder / MODEL), load_torch(folder / TARGET)
    names = [f"encoder.{name}" for name in network.encoder.state_dict()]
    assert list(ours) == list(theirs) == names
    for name in names:
        assert torch.equal(ours[name], network.state_dict()[name])
        assert torch.equal(theirs[name], network.state_dict()[f"target.{name}"])


def test_the_bytes_are_of_the_weights_alone(saved, monkeypatch):
    """Not of the process that wrote them, so that a run done again has the same SHA-256."""
    network, folder = saved
    first = sha256_of(folder / MODEL)
    monkeypatch.setattr("os.getpid", lambda: 1)
    SaveModel(folder, network, ["encoder"], target="target").save(engine())
    assert sha256_of(folder / MODEL) == first


def test_all_parts_keep_their_precision(tmp_path):
    network = Network().bfloat16()
    SaveModel(tmp_path, network).save(engine())
    loaded = load_torch(tmp_path / MODEL)
    assert loaded.keys() == network.state_dict().keys()
    assert loaded["head.weight"].dtype == torch.bfloat16


def test_provenance_takes_scan_and_network_from_the_run_and_its_rest_apart(tmp_path):
    run = {
        **{"hash": "h", "seed": 1, "data": {"training": []}, "config": {"amp": "off"}},
        **{"extensions": [1], "scan": {"window": [0, 1]}, "network": {"skip": True}},
    }
    (tmp_path / "run.json").write_text(json.dumps(run))
    (tmp_path / "ancestors.json").write_text('[{"name": "older"}]')
    (tmp_path / "crops.json").write_text('{"rule": "lung"}')
    (tmp_path / "trace.jsonl").write_text('{"iteration": 7, "epoch": 9, "loss": 0.5}\n')
    SaveModel(tmp_path, Network()).save(engine(epoch=9))
    found = provenance(tmp_path)
    for key in ("scan", "network", "extensions", "config"):
        assert found[key] == run[key]
        assert key not in found["run"]
    assert found["run"] == {"hash": "h", "seed": 1, "data": {"training": []}}
    assert (found["epoch"], found["config_sha256"], found["iteration"]) == (9, "h", 7)
    assert found["ancestors"] == [{"name": "older"}]
    assert found["sha256"] == {MODEL: sha256_of(tmp_path / MODEL)}


def test_weights_that_are_no_number_leave_the_files_as_they_were(saved):
    network, folder = saved
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with torch.no_grad():
        network.target.encoder[0].bias[0] = float("nan")
    with pytest.raises(UserError, match=r"target\.pt"):
        SaveModel(folder, network, ["encoder"], target="target").save(engine())
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


class Validation(Evaluator):
    """An evaluator that only counts who attached what."""

    def __init__(self):
        self.events = []

    def add_event_handler(self, event, handler):
        self.events.append((str(event), handler))


def test_of_a_task_only_the_best_epoch_is_kept(tmp_path):
    save, evaluator = SaveModel(tmp_path, Network()), Validation()
    save.attach(evaluator)
    (_, (event, handler)) = evaluator.events
    assert event.endswith("COMPLETED")
    handler(engine(epoch=3, best=2))
    assert not (tmp_path / MODEL).exists()
    handler(engine(epoch=4, best=4))
    assert (provenance(tmp_path)["kept"], provenance(tmp_path)["epoch"]) == ("best", 4)


def test_a_pretraining_keeps_its_best_epoch_where_asked(tmp_path):
    """Attached to the trainer, as configs do, it listens to the validation."""
    trainer, evaluator = Engine(lambda engine, batch: None), Validation()
    SaveModel(tmp_path, Network(), keep="best", evaluator=evaluator).attach(trainer)
    (_, (event, handler)) = evaluator.events
    handler(engine(epoch=3, best=2))
    assert event.endswith("COMPLETED")
    assert not (tmp_path / MODEL).exists()
    handler(engine(epoch=4, best=4))
    assert provenance(tmp_path)["kept"] == "best"
    with pytest.raises(UserError, match="keep: 'first', expected last or best"):
        SaveModel(tmp_path, Network(), keep="first")


def test_one_changed_byte_or_other_weights_are_noticed(saved):
    _, folder = saved
    check_sha256(folder / MODEL)
    check_sha256(folder / "gone.pt")
    content = bytearray((folder / MODEL).read_bytes())
    content[-1] ^= 1
    (folder / MODEL).write_bytes(content)
    check_sha256(folder / TARGET)
    with pytest.raises(UserError, match=r"model\.pt: not the weights that provenance\.json"):
        check_sha256(folder / MODEL)
    (folder / PROVENANCE).unlink()
    check_sha256(folder / MODEL)


@pytest.mark.parametrize(
    ("kept", "finished", "missing"),
    [("last", False, []), ("best", False, [TARGET]), ("last", True, [TARGET])],
)
def test_files_that_nobody_will_write_again_are_missed(kept, finished, missing, saved):
    """A pretraining writes its weights anew each epoch; the best of a task are lost for good."""
    _, folder = saved
    assert missing_files(folder, True) == []
    (folder / TARGET).write_bytes(b"other")
    (folder / PROVENANCE).write_text(json.dumps({**provenance(folder), "kept": kept}))
    assert missing_files(folder, finished) == missing


def test_a_finished_run_without_record_misses_it_and_an_empty_folder_nothing(tmp_path):
    assert missing_files(tmp_path, True) == []
    (tmp_path / "run.json").write_text("{}")
    assert missing_files(tmp_path, True) == [PROVENANCE]
    assert missing_files(tmp_path, False) == []
    (tmp_path / PROVENANCE).write_text('{"kept": "best"}')
    with pytest.raises(UserError, match="damaged"):
        missing_files(tmp_path, True)
