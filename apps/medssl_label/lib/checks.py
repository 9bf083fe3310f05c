"""What ``inference.json`` checks before it runs, for a server that loads networks its own way."""

import sys
from pathlib import Path
from typing import Any

LOADER = "handlers#0"  # LoadModel, the first handler of every inference.json


def check_model(config: Any, model: Path) -> None:
    """Refuse weights and keys as the bundle itself does.

    The library is the one inside the bundle, whatever its name.

    Args:
        config: parser of the bundle's ``inference.json``.
        model: weight file that the server is about to load.

    Raises:
        UserError: of that library: weights that are damaged, of another network or task or not
            those of their ``provenance.json``, or a key that contradicts it.
    """
    config.parse()  # anew: a round of training changes what the folder knows
    loader = config.get_parsed_content(LOADER)
    loader.path = model
    loader()
    trained = config.get_parsed_content("trained")
    engines = sys.modules[type(trained).__module__.rpartition(".")[0]]
    engines.check_config(config, trained)


def user_error(error: BaseException | None) -> BaseException | None:
    """What a bundle's library says of bad input, under what MONAI puts around it."""
    while error is not None and type(error).__name__ != "UserError":
        error = error.__cause__ or error.__context__
    return error
