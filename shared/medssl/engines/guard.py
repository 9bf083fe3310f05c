"""Typing errors and bad input end in one line, not in a page of traceback."""

from __future__ import annotations

import difflib
import json
import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from monai.bundle.reference_resolver import ReferenceResolver

from ..bars import reading
from ..errors import DEBUG, of_workers, readable, told
from ..paths import unreadable
from ..processes import too_many
from ..signals import interruption, leave, listen
from .config_parts import no_parts
from .running import current_parser
from .sizes import wrong_sizes
from .switches import EXPRESSION, no_switches
from .usable import held_at, no_numbers, no_values, unusable
from .written import Words, read_words, restore, typed

# Arguments of `monai.bundle run` itself and keys that its experiment tracking adds.
RUN_ARGUMENTS = {
    *("run_id", "init_id", "final_id", "meta_file", "config_file", "logging_file", "args_file"),
    *("tracking", "tracking_uri", "experiment_name", "run_name", "save_execute_config"),
}

_NEARLY = 0.8  # of difflib: a letter or two
CHOSEN = ".chosen_precision"  # the component that works out what amp comes to
PARTS = ("network_def", "network", "loss", "optimizer", "lr_scheduler")  # objects in every bundle


def _excepthook(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if number := interruption(error):
        leave(number)
    if os.environ.get(DEBUG):
        sys.__excepthook__(kind, error, trace)
        return
    print(f"medssl: {told(error)}", file=sys.stderr)


def _unraisablehook(unraisable: Any) -> None:
    """Whoever waits for a loader's worker tells of its death; torch raises it anywhere, too."""
    if not of_workers(str(unraisable.exc_value)):
        sys.__unraisablehook__(unraisable)


class _NoTracebacks(logging.Filter):
    """Drop the engines' own reports of an exception that is about to be told once, by us.

    Also dropped is "resuming from iteration 0", which engines say whenever they start.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        dropped = ("terminating due to exception", "resuming from iteration 0")
        return not (record.exc_info or any(words in text for words in dropped))


def _log_handlers() -> list[logging.Handler]:
    """Every handler a record can reach, the one for loggers without any included."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    handlers = [handler for logger in loggers for handler in logger.handlers]
    return handlers + ([logging.lastResort] if logging.lastResort else [])


@contextmanager
def without_reports() -> Iterator[None]:
    """Leave out the engines' own reports of what is raised within, unless debugging asks."""
    handlers, dropping = _log_handlers(), _NoTracebacks()
    if os.environ.get(DEBUG):
        handlers = []
    for handler in handlers:
        handler.addFilter(dropping)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(dropping)


def is_bundle_command() -> bool:
    """True when this process is ``python -m monai.bundle ...``."""
    return Path(sys.argv[0]).as_posix().endswith("monai/bundle/__main__.py")


def unknown_overrides(words: Words) -> list[str]:
    """Override names on the command line that no config file defines.

    MONAI adds such a key silently, so that a misspelt ``--epochs 5`` changes nothing.
    """
    if not words.config:
        return []
    return sorted(
        f"--{name}{did_you_mean(name, words.config)}"
        for name in {*words.given, *words.defaults} - RUN_ARGUMENTS
        if not name.startswith(("+", "%")) and not has_key(words.config, name)
    )


def misspelt_keys(words: Words) -> list[str]:
    """Keys of an overlay that nothing refers to and that are nearly those of the first file.

    Others an overlay may add as it likes.
    """
    text = json.dumps(words.config, default=str)
    known = words.config.keys() - words.added
    return sorted(
        f"{name}{did_you_mean(name, known, '')}"
        for name in words.added
        if difflib.get_close_matches(name, known, n=1, cutoff=_NEARLY)
        and not re.search(rf"[@%]{re.escape(name)}\b", text)
    )


def too_many_workers(words: Words) -> str:
    """Why ``num_workers`` is refused, or nothing."""
    text = words.given.get("num_workers", "")
    return too_many("num_workers", int(text)) if text.isdecimal() else ""


def unchecked_precision(config: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Why a precision is refused, or nothing: of ``amp`` alone it is known what the device can do.

    Where a config file has a plain value in its place, as for TensorRT, that is taken.

    Args:
        config: the config files, merged, with nothing resolved.
        given: values by key, which stand above those of the files.
    """
    for key, value in given.items():
        held = held_at(config, key.replace("::", "#"))
        if isinstance(held, Mapping) and str(held.get("_target_")).endswith(CHOSEN):
            return (
                f"{key}: {value}, but amp alone says in what precision to compute, and is checked "
                f"against the device; give --amp {value} instead"
            )
    return ""


def unfit_parts(config: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """What is wrong with each reference to a key that is not there, and each value for a part.

    MONAI tells of the one by what it looked up last; the other fails in whoever is given the part.

    Args:
        config: the config files, merged, with nothing resolved.
        given: values by key, which stand above those of the files.
    """
    wrong = []
    added = {key[1:]: value for key, value in given.items() if key.startswith("+")}
    known = {**config, **added}
    for key, value in given.items():
        expression = isinstance(value, str) and value.startswith(EXPRESSION)
        names = ReferenceResolver.match_refs_pattern(value) if expression else {}
        # One that begins with a separator is relative to the key that it stands at.
        lost = [name for name in names if name[:1] not in ("", ":") and not has_key(known, name)]
        if lost:
            hint = did_you_mean(lost[0], known, "@")
            wrong.append(f"{key}: {value}, expected a key of the config after @{hint}")
        elif key in PARTS and not expression and not isinstance(value, Mapping):
            shown = "null" if value is None else value
            wrong.append(
                f"{key}: {shown}, expected an object with a _target_; leave it out for the "
                f"bundle's own, or name another class as --{key}#_target_"
            )
    return wrong


def did_you_mean(name: str, config: Iterable[str], sign: str = "--") -> str:
    """A hint on the top-level key nearest to a misspelt one, or nothing.

    Args:
        name: as it was written.
        config: the keys that there are.
        sign: what stands before a key where it is written.
    """
    top, known = name.replace("::", "#").split("#")[0], list(config)
    close = [] if top in known else difflib.get_close_matches(top, known, n=1)
    return f" (did you mean {sign}{close[0]}?)" if close else ""


def has_key(config: Mapping[str, Any], name: str) -> bool:
    """Whether ``name``, such as ``train#trainer#max_epochs``, is in a config or may be added.

    A component, which has a ``_target_``, takes further arguments and checks them itself. What a
    reference stands for is not looked into.
    """
    node: Any = config
    parts = name.replace("::", "#").split("#")
    for place, part in enumerate(parts):
        if isinstance(node, Mapping):
            if part not in node:
                return "_target_" in node and place == len(parts) - 1
            node = node[part]
        elif isinstance(node, list):
            if not part.isdigit() or int(part) >= len(node):
                return False
            node = node[int(part)]
        else:
            return isinstance(node, str) and node.startswith(("$", "@", "%"))
    return True


def plain_texts(config: Mapping[str, Any]) -> dict[str, str]:
    """Plain top-level values of the config files, as they would be typed."""
    plain = {key: value for key, value in config.items() if not isinstance(value, Mapping)}
    return {key: "null" if value is None else str(value) for key, value in plain.items()}


def guard_command_line() -> None:
    """First item of every bundle's ``initialize``: check the overrides, keep errors to one line.

    So are the ends by signals, of which nothing half-written stays.

    Of ``run``, where a configuration has no ``initialize``.
    Paths that MONAI's command line has read as numbers, ``#`` in a value, and true, false and null
    are put right.

    Does nothing outside ``python -m monai.bundle``, where the caller handles exceptions.

    Raises:
        SystemExit: an override is empty, names or refers to no key of the config or is nothing
            that the key takes, a precision goes round ``amp``, more loaders than cores can feed, or
            a part of the config is none.
    """
    if not is_bundle_command():
        return
    sys.excepthook, sys.unraisablehook = _excepthook, _unraisablehook
    listen()
    if not os.environ.get(DEBUG):
        for handler in _log_handlers():
            handler.addFilter(_NoTracebacks())
    _refuse(unreadable(sys.argv))
    words = read_words(sys.argv[1:])
    _refuse(*no_values({**words.defaults, **words.given}))
    if unknown := unknown_overrides(words) or misspelt_keys(words):
        raise SystemExit(f"medssl: no such key in the config: {', '.join(unknown)}")
    values = typed(words)
    wrong = wrong_sizes(words.config, values) or unusable(
        {**plain_texts(words.config), **words.given}
    )
    _refuse(*(wrong or no_switches(words.config, values) or no_numbers(words.config, values)))
    _refuse(*unfit_parts(words.config, values))
    _refuse(unchecked_precision(words.config, values) or too_many_workers(words))
    if (parser := current_parser()) is not None:
        restore(parser, words)
        _refuse(*no_parts(parser.config))
    _say_what_is_read(words)


def _refuse(*reasons: str) -> None:
    """End with what is wrong, in one line, if anything is."""
    if any(reasons):
        raise SystemExit(f"medssl: {readable('; '.join(reasons))}")


def _say_what_is_read(words: Words) -> None:
    """A first word, of one rank: a list of 100,000 scans takes a while."""
    place = {**plain_texts(words.config), **words.given}.get("dataset_dir", "$")
    if not place.startswith(("$", "@", "%")) and os.environ.get("RANK", "0") == "0":
        reading(place)
