"""The YAML file of a study: read, laid over the one it starts from, checked against the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from ..engines.guard import did_you_mean
from ..errors import UserError

SCHEMA = Path(__file__).with_name("schema.json")
BASE = "base"
_ENTRIES = 2  # how deep the entries of the sections lie
Settings = dict[str, Any]
_TAG = "tag:yaml.org,2002:"
_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")  # text to YAML 1.1, as in 1e-3
_WHOLE = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
)
_Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=_WHOLE)


def read_settings(path: str | Path) -> Settings:
    """The settings of a study, with what its ``base`` says beneath.

    Args:
        path: YAML file; ``base`` is another one beside it. Tables are laid over each other key by
            key, everything else replaces what the base says. Null takes away an entry of a section,
            such as an experiment; further in it is a value.

    Raises:
        UserError: no such file, no YAML, or something that the schema does not know.
    """
    settings = _layered(Path(path), ())
    _check(settings, Path(path))
    return settings


def _layered(path: Path, above: tuple[Path, ...]) -> Settings:
    own = _read(path)
    if path.resolve() in above:
        raise UserError(f"{path}: base leads back to {above[0]}; take one of them out")
    base = own.pop(BASE, None)
    if base is None:
        return own
    return lay_over(_layered(path.parent / str(base), (*above, path.resolve())), own)


def lay_over(below: Mapping[str, Any], above: Mapping[str, Any], depth: int = 0) -> Settings:
    """One table over another, key by key; see :func:`read_settings`."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        if value is None and depth < _ENTRIES:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(under, Mapping):
            merged[key] = lay_over(under, value, depth + 1)
        else:
            merged[key] = value
    return merged


def _read(path: Path) -> Settings:
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected the YAML file of a study")
    try:
        content = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        text = " ".join(str(error).split())
        raise UserError(f"{path}: no valid YAML ({text}); mend it") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected keys and values, such as `name: mine`")
    return content


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
        if ":" in node.value or _plain(node.value) not in (None, value):
            raise _refused(node, f"{node.value} is {value} to YAML; write that, or quote it")
        return value

    def construct_other(self, node: yaml.Node) -> None:
        kind = node.tag.removeprefix(_TAG)
        raise _refused(node, f"a value that YAML takes for a {kind}; put it in quotes")


for _kind in ("int", "float"):
    _Loader.add_constructor(f"{_TAG}{_kind}", _Loader.construct_number)
_Loader.add_implicit_resolver(f"{_TAG}float", _EXPONENT, list("-+.0123456789"))
for _kind in ("timestamp", "binary", "set", "omap", "pairs"):  # which JSON does not have
    _Loader.add_constructor(f"{_TAG}{_kind}", _Loader.construct_other)


def _plain(text: str) -> float | None:
    """The number that somebody reads there who does not know YAML; None where nobody does."""
    try:
        return float(text.replace("_", ""))
    except ValueError:
        return None


def _refused(node: yaml.Node, why: str) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, why, node.start_mark)


def _check(settings: Settings, path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = _Validator(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(settings))
    if error is None:
        return
    where = ": ".join(str(part) for part in error.absolute_path)
    place = f"{path}: {where}" if where else str(path)
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        name = next(key for key in error.instance if key not in known)
        hint = did_you_mean(name, known, "")
        raise UserError(f"{place}: {name}: no such key{hint}; expected some of {', '.join(known)}")
    raise UserError(f"{place}: {error.message}; see {SCHEMA.name} of medssl.study")
