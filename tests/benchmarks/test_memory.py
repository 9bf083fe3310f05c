"""Memory is the worst moment's, not what is left."""

import sys

import numpy as np
import pytest

from memory import grown_mib


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nobody tells")
def test_what_is_given_back_counts_and_what_was_there_before_does_not():
    kept = np.ones(64 * 2**20, np.uint8)
    found, grown = grown_mib(lambda: int(np.ones(32 * 2**20, np.uint8)[0]))
    assert found == kept[0] == 1
    assert 24 < grown < 48
