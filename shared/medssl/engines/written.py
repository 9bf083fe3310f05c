"""The command line of a bundle, and its paths as they were typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fire.parser import DefaultParseValue
from monai.bundle import ConfigParser

from ..paths import PATHS, as_written


@dataclass(frozen=True)
class Words:
    """A command line of ``monai.bundle run``.

    Attributes:
        given: options, each as it was typed.
        defaults: options of ``args_file``.
        config: the config files, merged, with nothing resolved; empty where none is named.
    """

    given: dict[str, str]
    defaults: dict[str, Any]
    config: dict[str, Any]


def read_words(arguments: Sequence[str]) -> Words:
    """Take a command line apart, and load the files it names."""
    given: dict[str, str] = {}
    for position, argument in enumerate(arguments):
        if argument.startswith("--"):
            name, equals, value = argument[2:].partition("=")
            following = arguments[position + 1] if position + 1 < len(arguments) else ""
            given[name] = value if equals else following
    defaults = ConfigParser.load_config_file(given["args_file"]) if "args_file" in given else {}
    files = given.get("config_file", defaults.get("config_file"))
    if isinstance(files, str) and files.startswith("["):
        files = [name.strip(" '\"") for name in files.strip("[]").split(",")]
    loaded = ConfigParser.load_config_files(files) if files else {}
    return Words(given, defaults, {key.lstrip("+"): value for key, value in loaded.items()})


def typed(words: Words) -> dict[str, Any]:
    """What the options of a command line, and of its ``args_file``, are read as."""
    given = {key: DefaultParseValue(text) for key, text in words.given.items()}
    return {**words.defaults, **given}


def restore_paths(parser: ConfigParser, words: Words) -> None:
    """Put paths, and text that holds ``#``, into the configuration as they were written.

    Args:
        parser: of the bundle being run, of which nothing is resolved yet.
        words: of its command line.
    """
    said = {key: words.config[key] for key in PATHS if key in words.config}
    for key, value in {**said, **typed(words)}.items():
        wanted = as_written(key, value, words.given.get(key))
        if wanted is not value and key in parser:
            parser[key] = wanted
