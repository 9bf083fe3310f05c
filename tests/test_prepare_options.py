"""Names and defaults that the help of ``medssl prepare`` shows are those that hold."""

import inspect
from functools import partial

import pytest

from medssl import sources
from medssl.phantom import prepare_phantom
from medssl.prepare import Prepare


@pytest.mark.parametrize(
    ("command", "function"),
    [
        ("images", sources.prepare_images),
        ("luna16", sources.prepare_luna16),
        ("lidc", sources.prepare_lidc),
        ("msd_liver", partial(sources.prepare_liver, "msd_liver")),
        ("lits", partial(sources.prepare_liver, "lits")),
        ("nnunet", partial(sources.prepare_listed, "nnunet")),
        ("decathlon", partial(sources.prepare_listed, "decathlon")),
        ("phantom", prepare_phantom),
    ],
)
def test_every_option_is_told_as_the_function_has_it(command, function):
    told = inspect.signature(getattr(Prepare(), command)).parameters
    real = inspect.signature(function).parameters
    # Of the Decathlon there is no file of splits.
    without = {"data_set"} | ({"splits"} if command == "decathlon" else set())
    assert set(told) == set(real) - without
    assert {name: one.default for name, one in told.items()} == {
        name: real[name].default for name in told
    }
