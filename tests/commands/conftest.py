"""Stands in for the work behind a command and notes what it was asked for."""

import importlib
import inspect

import pytest


@pytest.fixture
def asked(monkeypatch):
    """Replace a function; returns the list of its calls' arguments by name, defaults included."""

    def replace(path, result=None):
        module, _, name = path.rpartition(".")
        signature = inspect.signature(getattr(importlib.import_module(module), name))
        calls = []

        def stand_in(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            calls.append(dict(bound.arguments))
            return result

        monkeypatch.setattr(path, stand_in)
        return calls

    return replace
