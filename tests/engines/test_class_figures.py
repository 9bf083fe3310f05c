"""Metrics of single classes."""

from types import SimpleNamespace

import pytest
import torch

from medssl.engines import ClassFigures


def engine(details):
    return SimpleNamespace(state=SimpleNamespace(metrics={"dice": 0.5}, metric_details=details))


def test_means_by_class_leave_out_what_has_no_figure():
    details = {"dice": torch.tensor([[1.0, 0.2], [0.5, float("nan")]]), "other": torch.ones(2, 3)}
    found = engine(details)
    ClassFigures(["liver", "tumour"])(found)
    expected = {"dice": 0.5, "dice_liver": 0.75, "dice_tumour": pytest.approx(0.2)}
    assert found.state.metrics == expected


def test_one_class_alone_has_no_figure_of_its_own():
    found = engine({"dice": torch.ones(2, 1)})
    ClassFigures(["liver"])(found)
    assert found.state.metrics == {"dice": 0.5}
