"""YAML whose keys and values are what they look like."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from .errors import UserError

_TAG = "tag:yaml.org,2002:"
_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")  # text to YAML 1.1, as in 1e-3

_NO_YAML = (yaml.YAMLError, ValueError, KeyError, TypeError, RecursionError)  # as PyYAML tells it


def read_yaml(path: Path) -> Any:
    """The content of a file.

    Raises:
        UserError: it is no YAML, has a key twice or one that is no text, or a value that JSON has
            not, or that is another number than it looks.
    """
    return _read(path, _Loader)


def check_yaml(path: Path) -> None:
    """Refuse a file that others read otherwise than :func:`read_yaml` does.

    Raises:
        UserError: see there, or a number such as 1e-3, which is text to YAML 1.1.
    """
    _read(path, _OfOthers)


def _read(path: Path, loader: type[_Loader]) -> Any:
    try:
        content = loader(path.read_text(encoding="utf-8")).get_single_data()
        _refuse_circles(content, frozenset(), set())
        return content
    except _NO_YAML as error:
        text = " ".join(str(error).split())
        raise UserError(f"{path}: no valid YAML ({text}); mend it") from error


def _refuse_circles(value: Any, above: frozenset[int], done: set[int]) -> None:
    """Refuse what holds itself; each part is looked at once, however often it is referred to."""
    if id(value) in done or not isinstance(value, dict | list):
        return
    if id(value) in above:
        raise ValueError("an alias leads back to what holds it")
    for each in value.values() if isinstance(value, dict) else value:
        _refuse_circles(each, above | {id(value)}, done)
    done.add(id(value))


class _Loader(yaml.SafeLoader):
    """One that takes keys that are text, each once, and values that are what they look like.

    Else the last of two keys would count, and to YAML 1.1 ``1:30`` is 90 and ``010`` is 8.
    """

    def compose_mapping_node(self, anchor: dict[Any, yaml.Node]) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if key.tag not in (f"{_TAG}str", f"{_TAG}merge"):
                raise _refused(key, "a key that is no text")
            if key.value in seen:
                raise _refused(key, f"a key, {key.value!r} is there twice")
            seen.add(key.value)
        return node

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        read = self.construct_yaml_int if node.tag == f"{_TAG}int" else self.construct_yaml_float
        try:
            value: int | float = read(node)
        except (ValueError, IndexError) as error:
            raise _refused(node, f"{node.value!r} is no number") from error
        if isinstance(value, float) and not math.isfinite(value):
            raise _refused(node, f"{node.value}, expected a number that is finite")
        if ":" in node.value or _plain(node.value) not in (None, value):
            raise _refused(node, f"{node.value} is {value} to YAML; write that, or quote it")
        return value

    def construct_other(self, node: yaml.Node) -> None:
        kind = node.tag.removeprefix(_TAG)
        raise _refused(node, f"a value that YAML takes for a {kind}; put it in quotes")


class _OfOthers(_Loader):
    """Refuses, too, what is a number to this module alone."""

    def construct_number(self, node: yaml.ScalarNode) -> int | float:
        value = super().construct_number(node)
        if isinstance(yaml.safe_load(node.value), str):
            raise _refused(node, f"{node.value} is text to YAML; write {value:.1e}, or quote it")
        return value


for _kind in ("int", "float"):
    _Loader.add_constructor(f"{_TAG}{_kind}", _Loader.construct_number)
    _OfOthers.add_constructor(f"{_TAG}{_kind}", _OfOthers.construct_number)
_Loader.add_implicit_resolver(f"{_TAG}float", _EXPONENT, list("-+.0123456789"))
for _kind in ("timestamp", "binary", "set", "omap", "pairs"):  # which JSON does not have
    _Loader.add_constructor(f"{_TAG}{_kind}", _Loader.construct_other)


def _plain(text: str) -> float | None:
    """The number that somebody reads there who does not know YAML; None where nobody does."""
    for kind in (int, float):  # whole ones of any length are exact
        with suppress(ValueError):
            return kind(text.replace("_", ""))
    return None


def _refused(node: yaml.Node, why: str) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, why, node.start_mark)
