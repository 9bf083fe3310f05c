"""What a training costs is counted over all its starts."""

import json
import time

import pytest
from learning import cpu_minutes


def test_minutes_of_a_stopped_training_are_kept(tmp_path):
    file = tmp_path / "run" / "minutes.json"
    with pytest.raises(KeyboardInterrupt), cpu_minutes(file):
        began = time.process_time()
        while time.process_time() - began < 0.12:
            pass
        raise KeyboardInterrupt
    first = json.loads(file.read_text())
    assert 0.1 / 60 < first < 5 / 60
    with cpu_minutes(file):
        pass
    assert first <= json.loads(file.read_text()) < first + 1 / 60
