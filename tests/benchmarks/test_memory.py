"""Memory is the worst moment's, not what is left."""

import mmap
import sys
from functools import partial

import numpy as np
import pytest

from memory import grown_mib


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nobody tells")
def test_what_is_given_back_counts_and_what_was_there_before_does_not():
    def fill(size):
        """In pages of its own: what the process has freed before is not used again."""
        with mmap.mmap(-1, size) as pages:
            pages.write(b"1" * size)
            return pages[0]

    kept = np.ones(64 * 2**20, np.uint8)
    found, grown = grown_mib(partial(fill, 32 * 2**20))
    assert (found, kept[0]) == (ord("1"), 1)
    assert 24 < grown < 80
