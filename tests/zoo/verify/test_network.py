"""A network's shapes, weights and exported module are held against each other."""

import pickle
import re
import zipfile

import pytest
import torch
from monai.bundle import ConfigParser

from medssl.errors import UserError
from medssl.transfer import transfer
from medssl.weights import load_torch
from medssl.zoo.verify import CHECKS, Subject, network, run_checks

from .conftest import NAME, archive_of, metadata, named_in_one_line


def test_another_number_of_channels_is_named_in_one_line(subject):
    damage = metadata(lambda m: m["network_data_format"]["outputs"]["pred"].update(num_channels=3))
    named_in_one_line(subject, "shapes", "channel", damage)


def weights_of(subject):
    """Seeded weights of the bundle's inference network, where models/model.pt belongs."""
    parser = ConfigParser()
    parser.read_config(str(subject.folder / "configs" / "inference.json"))
    state = parser.get_parsed_content("network_def").state_dict()
    (subject.folder / "models").mkdir()
    return state, subject.folder / "models" / "model.pt"


def test_weights_must_fit_and_be_finite(subject):
    state, path = weights_of(subject)
    torch.save(state, path)
    assert "7,027,776" in CHECKS["weights"](subject)
    name = next(iter(state))
    torch.save({**state, name: state[name] / 0}, path)
    with pytest.raises(UserError, match="not finite"):
        CHECKS["weights"](subject)
    torch.save({key: value for key, value in state.items() if key != name}, path)
    with pytest.raises(UserError, match=re.escape(name)):
        CHECKS["weights"](subject)


class Code:
    def __reduce__(self):
        return print, ("executed",)


def test_a_pickle_with_code_is_one_line_and_not_executed(subject, capsys):
    _, path = weights_of(subject)
    path.write_bytes(pickle.dumps(Code()))
    (result,) = run_checks(subject.folder, subject.phantoms, ["weights"])
    assert not result.passed
    assert "\n" not in result.note
    assert "executed" not in capsys.readouterr().out


def test_a_module_of_other_weights_is_found(releases, tmp_path):
    with zipfile.ZipFile(archive_of(releases)) as archive:
        archive.extractall(tmp_path)
    subject = Subject(tmp_path / NAME, tmp_path, tmp_path)
    path = subject.folder / "models" / "model.pt"
    torch.save({key: value * 2 for key, value in load_torch(path).items()}, path)
    results = run_checks(subject.folder, tmp_path, ["torchscript"])
    assert "No module named 'medssl_" not in results[0].note
    assert "another output" in results[0].note


def test_a_hand_over_that_loses_a_weight_is_found(subject, monkeypatch):
    assert CHECKS["hand-over"](subject) == "encoder, 56 entries"

    def lossy(source, target):
        report = transfer(source, target)
        torch.nn.init.zeros_(target.encoder.blocks[0].unit1.conv.weight)
        return report

    monkeypatch.setattr(network, "transfer", lossy)
    with pytest.raises(UserError, match="encoder computes other features after the hand-over"):
        CHECKS["hand-over"](subject)
