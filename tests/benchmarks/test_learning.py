"""What a training costs is counted over all its starts."""

import json
import time

import pytest

from learning import cpu_minutes


def work(stop):
    began = time.process_time()
    while time.process_time() - began < 0.12:
        pass
    if stop:
        raise KeyboardInterrupt


def test_minutes_of_a_stopped_training_are_kept(tmp_path):
    file = tmp_path / "run" / "minutes.json"
    counted = cpu_minutes(file)(work)
    with pytest.raises(KeyboardInterrupt):
        counted(stop=True)
    first = json.loads(file.read_text())
    assert 0.1 / 60 < first < 5 / 60
    cpu_minutes(file)(work)(stop=False)
    assert first + 0.1 / 60 < json.loads(file.read_text()) < first + 5 / 60
