"""A note of why a run ended is written once and read back in one line."""

import json

import pytest
from ignite.engine import Engine

from medssl.engines.stopped import STOPPED, note_stop, read_stop
from medssl.errors import UserError


@pytest.fixture
def engine():
    engine = Engine(lambda *_: None)
    engine.state.iteration, engine.state.epoch = 7, 2
    return engine


def test_what_was_noted_is_told_in_the_words_of_the_user_error(engine, tmp_path):
    assert read_stop(tmp_path) is None
    error = RuntimeError("Caught RuntimeError in worker\nTraceback")
    error.__cause__ = UserError("scan_a: no such file")
    note_stop(tmp_path, engine, error)
    expected = "stopped at step 7 (epoch 2) by an error: scan_a: no such file"
    assert read_stop(tmp_path) == expected


def test_the_first_of_several_ranks_counts(engine, tmp_path):
    note_stop(tmp_path, engine, UserError("loss: nan"))
    engine.state.iteration = 8
    note_stop(tmp_path, engine, ConnectionError("a peer is gone"))
    assert json.loads((tmp_path / STOPPED).read_text())["reason"] == "loss: nan"
    assert read_stop(tmp_path).startswith("stopped at step 7 ")


@pytest.mark.parametrize("content", ["{", "[]", '{"iteration": 7}', "null"])
def test_a_damaged_note_still_says_that_an_error_ended_it(content, tmp_path):
    (tmp_path / STOPPED).write_text(content)
    assert read_stop(tmp_path) == (
        "stopped by an error; stopped.json, which says by which, is damaged"
    )
