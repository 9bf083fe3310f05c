"""A study of one's own goes before all published evidence, and says what it knows alone."""

from dataclasses import replace

import pytest

from medssl.commands.weights import Weights
from medssl.errors import UserError
from medssl.study import advice
from medssl.study.advice import SYNTHETIC, study_advice

from .made_up import made_up
from .results import write_results


def level(run):
    return 0.5 + 0.1 * (run.start == "mg")


STORE = made_up("labels", "handed_over", file="hippocampus.yaml", level=level)


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A folder, and a store in place of what it would hold."""
    monkeypatch.setattr(advice, "collect", lambda folder: STORE)
    return tmp_path


def test_the_answer_and_the_nearest_number_of_labels_go_first(study, capsys):
    Weights().advise("segmentation", 30, own=str(study))
    said = [" ".join(part.split()) for part in capsys.readouterr().out.split("\n\n")]
    assert said[0].startswith("your own study, parts: does any start help over all numbers")
    assert "Gain with mg +0.100" in said[0]
    assert said[1].startswith(
        "your own study, parts: does any start help at 20 subjects (40 cases)?"
    )
    assert said[2].startswith("your own study, parts: does the encoder alone do as well at 3")
    assert len(said) > 3
    assert not any(part.startswith("your own study") for part in said[3:])


def test_synthetic_data_say_nothing_about_methods(study, monkeypatch):
    synthetic = replace(STORE, plan=replace(STORE.plan, synthetic=True))
    monkeypatch.setattr(advice, "collect", lambda folder: synthetic)
    assert {line.sure for line in study_advice(study, "segmentation", 30)} == {SYNTHETIC}


def test_a_study_that_does_not_know_is_refused(tmp_path, study, monkeypatch):
    with pytest.raises(UserError, match=r"without numbers of labels .* in a classification"):
        study_advice(study, "classification", 30)
    monkeypatch.undo()
    with pytest.raises(UserError, match="without numbers of labels"):
        study_advice(write_results(tmp_path / "known"), "segmentation", 30)
    with pytest.raises(UserError, match="no such file; write it with `medssl study plan"):
        study_advice(tmp_path, "segmentation", 30)
