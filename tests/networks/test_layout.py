"""Where channels lie last."""

import pytest

from medssl.errors import UserError
from medssl.networks.layout import lies_last


def test_auto_is_what_was_measured():
    assert lies_last("auto", "cpu")
    assert not lies_last("auto", "cuda:0")


def test_a_choice_holds_everywhere():
    for device in ("cpu", "cuda"):
        assert lies_last(True, device)
        assert not lies_last(False, device)


def test_other_values_are_refused():
    with pytest.raises(UserError, match=r"^channels_last: expected .*, got 'yes'$"):
        lies_last("yes", "cpu")
