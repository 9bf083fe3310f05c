"""Damage to bytes, whatever they mean."""

from __future__ import annotations

import random

from .kind import Damage

_HEAD = 600  # bytes; half of the damage falls into them, where headers are
_EXTREMES = (
    b"\xff" * 4,
    b"\xff\xff\xff\x7f",
    b"\x7f\xff\xff\xff",
    b"\x00" * 4,
    b"\x00\x00\xc0\x7f",
)


def damage_bytes(rng: random.Random, content: bytes) -> Damage:
    """One bit, one byte, a number, a block, or an end."""
    change = rng.choice(_CHANGES)
    return Damage(f"bytes: {change.__name__.strip('_')}", bytes(change(rng, bytearray(content))))


def _place(rng: random.Random, content: bytearray) -> int:
    end = len(content) if rng.random() < 0.5 else min(len(content), _HEAD)
    return rng.randrange(end) if end else 0


def _block(rng: random.Random, content: bytearray) -> slice:
    start = _place(rng, content)
    return slice(start, min(len(content), start + rng.choice((4, 16, 64, 512))))


def _flip_bit(rng: random.Random, content: bytearray) -> bytearray:
    if content:
        content[_place(rng, content)] ^= 1 << rng.randrange(8)
    return content


def _set_byte(rng: random.Random, content: bytearray) -> bytearray:
    if content:
        content[_place(rng, content)] = rng.randrange(256)
    return content


def _set_number(rng: random.Random, content: bytearray) -> bytearray:
    place = _place(rng, content) & ~3
    content[place : place + 4] = rng.choice(_EXTREMES)
    return content


def _zero_block(rng: random.Random, content: bytearray) -> bytearray:
    where = _block(rng, content)
    content[where] = bytes(where.stop - where.start)
    return content


def _repeat_block(rng: random.Random, content: bytearray) -> bytearray:
    where = _block(rng, content)
    content[where.stop : where.stop] = content[where]
    return content


def _drop_block(rng: random.Random, content: bytearray) -> bytearray:
    del content[_block(rng, content)]
    return content


def _swap_blocks(rng: random.Random, content: bytearray) -> bytearray:
    a, b = _block(rng, content), _block(rng, content)
    first, second = content[a], content[b]
    content[b] = first
    content[a] = second
    return content


def _noise_block(rng: random.Random, content: bytearray) -> bytearray:
    where = _block(rng, content)
    content[where] = rng.randbytes(where.stop - where.start)
    return content


def _cut_end(rng: random.Random, content: bytearray) -> bytearray:
    return content[: rng.randrange(len(content) + 1)]


def _cut_start(rng: random.Random, content: bytearray) -> bytearray:
    return content[rng.randrange(len(content) + 1) :]


def _append(rng: random.Random, content: bytearray) -> bytearray:
    return content + rng.randbytes(rng.choice((1, 4, 1000)))


def _empty(_rng: random.Random, _content: bytearray) -> bytearray:
    return bytearray()


_CHANGES = (
    *(_flip_bit, _flip_bit, _flip_bit, _set_byte, _set_number, _zero_block, _repeat_block),
    *(_drop_block, _swap_blocks, _noise_block, _cut_end, _cut_end, _cut_start, _append, _empty),
)
