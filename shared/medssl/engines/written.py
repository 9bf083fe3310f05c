"""The command line of a bundle, and its paths as they were typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fire.parser import DefaultParseValue
from monai.bundle import ConfigParser

from ..paths import PATHS, as_written
from .switches import meant, said

_FLAG = re.compile(r"--|-[a-zA-Z]")  # what begins so is one for fire; a negative number is not


@dataclass(frozen=True)
class Words:
    """A command line of ``monai.bundle run``.

    Attributes:
        given: options, each as it was typed.
        defaults: options of ``args_file``.
        config: the config files, merged, with nothing resolved; empty where none is named.
        added: those of its keys that the first file does not have.
    """

    given: dict[str, str]
    defaults: dict[str, Any]
    config: dict[str, Any]
    added: frozenset[str] = frozenset()


def read_words(arguments: Sequence[str]) -> Words:
    """Take a command line apart, and load the files it names."""
    given: dict[str, str] = {}
    for position, argument in enumerate(arguments):
        if argument.startswith("--"):
            name, equals, value = argument[2:].partition("=")
            following = arguments[position + 1] if position + 1 < len(arguments) else ""
            alone = position + 1 == len(arguments) or _FLAG.match(following)
            true = "" if name in PATHS else "True"  # a path alone is a variable that is not set
            given[name] = value if equals else true if alone else following  # as fire reads it
    refuse_misread_yaml([given["args_file"]] if "args_file" in given else [])
    defaults = ConfigParser.load_config_file(given["args_file"]) if "args_file" in given else {}
    files = given.get("config_file", defaults.get("config_file"))
    if isinstance(files, str) and files.startswith("["):
        files = [name.strip(" '\"") for name in files.strip("[]").split(",")]
    refuse_misread_yaml([files] if isinstance(files, str) else files or [])
    loaded = ConfigParser.load_config_files(files) if files else {}
    config = {key.lstrip("+"): value for key, value in loaded.items()}
    first = ConfigParser.load_config_file(files[0]) if isinstance(files, list) else config
    return Words(given, defaults, config, frozenset(config.keys() - first.keys()))


def refuse_misread_yaml(files: Iterable[str]) -> None:
    """Refuse YAML that MONAI reads otherwise than it looks: 1:30 as 90, 1e-3 as text.

    Raises:
        UserError: naming the file, see :func:`~medssl.yaml_text.check_yaml`.
    """
    for path in map(Path, files):
        if path.suffix.lower() in (".yaml", ".yml") and path.is_file():
            from ..yaml_text import check_yaml  # PyYAML is there where such files are used

            check_yaml(path)


def typed(words: Words) -> dict[str, Any]:
    """What the options of a command line, and of its ``args_file``, stand for."""
    return {key: meant(words.config, key, value) for key, value in _read(words).items()}


def _read(words: Words) -> dict[str, Any]:
    """What fire and MONAI read the same options as."""
    given = {key: DefaultParseValue(text) for key, text in words.given.items()}
    return {**words.defaults, **given}


def restore(parser: ConfigParser, words: Words) -> None:
    """Put what MONAI reads otherwise into the configuration as it was written.

    That are paths, text that holds ``#``, and true, false and null.

    Args:
        parser: of the bundle being run, of which nothing is resolved yet.
        words: of its command line.
    """
    own = {key: words.config[key] for key in (*PATHS, *said(words.config)) if key in words.config}
    for key, value in {**own, **_read(words)}.items():
        wanted = as_written(key, meant(words.config, key, value), words.given.get(key))
        if (wanted is None or wanted is not value) and key in parser:
            parser[key] = wanted
