"""Damage to JSON and YAML by what they mean: types, keys, numbers, nesting, paths."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from .kind import ABSOLUTE, Damage, Damager, Place
from .of_bytes import damage_bytes

DEEP = 100_000
_NESTED = 30
LONG = 200_000
_HUGE = (10**30, -(10**30), 2**63, 1e308, 2**31)
_NO_NUMBERS = (float("nan"), float("inf"), -float("inf"))
ESCAPES = ("../../../outside", ABSOLUTE, "volumes/../../outside", "~/outside", "C:\\outside")
_ODD = ("", " ", "\x00", "\ud800", "null", "é" * 50, "$x", "s%", "@", "{}", "..", "a" * LONG)
_OTHERS = (None, True, False, 0, 3, -7, 2.5, "text", [], {}, [[]], {"a": 1}, [1, "a", None])


def damage_tree(parse: Callable[[str], Any], write: Callable[[Any], str]) -> Damager:
    """Damage that takes a file apart; one time in four to its bytes.

    Args:
        parse: text to plain containers.
        write: back.
    """

    def damage(rng: random.Random, content: bytes) -> Damage:
        if rng.random() < 0.25:
            return damage_bytes(rng, content)
        if rng.random() < 0.02:
            opening = rng.choice(("[", '{"a":'))
            return Damage("tree: nested without end", opening.encode() * DEEP)
        return damage_values(parse, write)(rng, content)

    return damage


damage_json = damage_tree(json.loads, json.dumps)


def damage_values(parse: Callable[[str], Any], write: Callable[[Any], str]) -> Damager:
    """Damage that leaves a file one that can be parsed, and of an object."""

    def damage(rng: random.Random, content: bytes) -> Damage:
        what, tree, places = change_tree(rng, parse(content.decode()), root=False)
        return Damage(f"tree: {what}", write(tree).encode("utf-8", "surrogatepass"), places)

    return damage


def damage_lines(rng: random.Random, content: bytes) -> Damage:
    """Of a file with a JSON object in each line, one line, or the order of lines."""
    lines = content.decode().splitlines(keepends=True)
    place = rng.randrange(len(lines))
    if rng.random() < 0.2:
        other = rng.randrange(len(lines))
        lines[place], lines[other] = lines[other], lines[place]
        return Damage("lines: two exchanged", "".join(lines).encode())
    if rng.random() < 0.2:
        lines.insert(place, rng.choice(("\n", "x\n", "{}\n", "[]\n", lines[place])))
        return Damage("lines: one more", "".join(lines).encode())
    damage = damage_json(rng, lines[place].encode())
    start = "".join(lines[:place]).encode()
    end = "".join(lines[place + 1 :]).encode()
    return damage._replace(content=start + damage.content.rstrip(b"\n") + b"\n" + end)


def change_tree(
    rng: random.Random, tree: Any, root: bool = True
) -> tuple[str, Any, tuple[Place, ...]]:
    """What was done, a changed copy of plain containers, and where; maybe to all of it."""
    whole = [copy.deepcopy(tree)]
    places = list(_places(whole[0], (0,)))[0 if root else 1 :]
    *above, last = rng.choice(places)
    holder: Any = whole
    for step in above:
        holder = holder[step]
    before = copy.copy(holder)
    what = f"{rng.choice(_CHANGES)(rng, holder, last)} at {_called((*above, last))}"
    keys = _changed(before, holder) if isinstance(holder, dict) else set()
    return what, whole[0], tuple((*above[1:], key) for key in sorted({last, *keys}, key=str))


def _changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {key for key in {*before, *after} if before.get(key) is not after.get(key)}


def _called(place: Place) -> str:
    return ".".join("*" if isinstance(step, int) else step[:30] for step in place[1:]) or "root"


def _places(node: Any, place: Place) -> Iterator[Place]:
    yield place
    pairs = (
        node.items() if isinstance(node, dict) else enumerate(node if type(node) is list else ())
    )
    for key, child in pairs:
        yield from _places(child, (*place, key))


def _remove(_rng: random.Random, holder: Any, key: Any) -> str:
    if isinstance(holder, list):
        holder[key : key + 1] = [] if len(holder) > 1 else [{}]
    else:
        del holder[key]
    return "removed"


def _other_type(rng: random.Random, holder: Any, key: Any) -> str:
    others = [other for other in _OTHERS if type(other) is not type(holder[key])]
    holder[key] = copy.deepcopy(rng.choice(others))
    return f"{type(holder[key]).__name__} instead"


def _huge(rng: random.Random, holder: Any, key: Any) -> str:
    holder[key] = rng.choice(_HUGE)
    return "huge number"


def _no_number(rng: random.Random, holder: Any, key: Any) -> str:
    holder[key] = rng.choice(_NO_NUMBERS)
    return "no finite number"


def _nearby(rng: random.Random, holder: Any, key: Any) -> str:
    if type(holder[key]) not in (int, float):
        return _other_type(rng, holder, key)
    holder[key] += rng.choice((1, -1, 0.5, holder[key]))
    return "another number"


def _negative(_rng: random.Random, holder: Any, key: Any) -> str:
    value = holder[key]
    holder[key] = -value if type(value) in (int, float) and value else -1
    return "negative number"


def _odd_text(rng: random.Random, holder: Any, key: Any) -> str:
    holder[key] = rng.choice(_ODD)
    return "odd text"


def _escape(rng: random.Random, holder: Any, key: Any) -> str:
    holder[key] = rng.choice(ESCAPES)
    return "path that leads out"


def _deep(_rng: random.Random, holder: Any, key: Any) -> str:
    for _ in range(_NESTED):
        holder[key] = [holder[key]]
    return "nested deeply"


def _twice(rng: random.Random, holder: Any, key: Any) -> str:
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
        return "there twice"
    holder[rng.choice(("unknown", f"{key}x"))] = copy.deepcopy(holder[key])
    return "one key more"


def _exchange(rng: random.Random, holder: Any, key: Any) -> str:
    other = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    holder[key], holder[other] = holder[other], holder[key]
    return "exchanged"


_CHANGES = (
    *(_remove, _remove, _other_type, _other_type, _huge, _no_number, _nearby, _negative),
    *(_odd_text, _escape, _deep, _twice, _exchange),
)
