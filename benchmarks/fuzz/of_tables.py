"""Damage to CSV tables: cells, rows, columns, separators, encodings."""

from __future__ import annotations

import random

from .kind import Damage
from .of_bytes import damage_bytes

_CELLS = ("", " ", "nan", "inf", "-1", "0", "1e308", "1e999", "text", "'", '"', "\x00", "../../x")
_Rows = list[list[str]]


def damage_csv(rng: random.Random, content: bytes) -> Damage:
    """One time in four to its bytes."""
    if rng.random() < 0.25:
        return damage_bytes(rng, content)
    if rng.random() < 0.1:
        return _as_a_whole(rng, content)
    rows = [line.split(",") for line in content.decode().splitlines()]
    what = rng.choice(_CHANGES)(rng, rows)
    return Damage(f"table: {what}", ("\n".join(map(",".join, rows)) + "\n").encode())


def _as_a_whole(rng: random.Random, content: bytes) -> Damage:
    return rng.choice(
        (
            Damage("table: semicolons", content.replace(b",", b";")),
            Damage("table: tabs", content.replace(b",", b"\t")),
            Damage("table: UTF-16", content.decode().encode("utf-16")),
            Damage("table: byte order mark", b"\xef\xbb\xbf" + content),
            Damage("table: Latin-1", content + "é".encode("latin-1") + b"\n"),
            Damage("table: header alone", content.splitlines(keepends=True)[0]),
            Damage("table: no header", b"".join(content.splitlines(keepends=True)[1:])),
            Damage("table: carriage returns", content.replace(b"\n", b"\r")),
        )
    )


def _row(rng: random.Random, rows: _Rows) -> int:
    return rng.randrange(1, len(rows)) if len(rows) > 1 else 0


def _odd_cell(rng: random.Random, rows: _Rows) -> str:
    row = rows[_row(rng, rows)]
    row[rng.randrange(len(row))] = value = rng.choice((*_CELLS, "x" * 200_000))
    return f"cell {value[:8]!r}"


def _another_number(rng: random.Random, rows: _Rows) -> str:
    row = rows[_row(rng, rows)]
    row[rng.randrange(len(row))] = f"{rng.uniform(-50, 50):.2f}"
    return "another number"


def _cell_more(rng: random.Random, rows: _Rows) -> str:
    row = rows[_row(rng, rows)]
    row.insert(rng.randrange(len(row) + 1), "7")
    return "one cell more"


def _cell_less(rng: random.Random, rows: _Rows) -> str:
    row = rows[_row(rng, rows)]
    del row[rng.randrange(len(row))]
    return "one cell less"


def _row_less(rng: random.Random, rows: _Rows) -> str:
    del rows[_row(rng, rows)]
    return "one row less"


def _row_twice(rng: random.Random, rows: _Rows) -> str:
    place = _row(rng, rows)
    rows.insert(place, list(rows[place]))
    return "a row twice"


def _column_less(rng: random.Random, rows: _Rows) -> str:
    place = rng.randrange(len(rows[0]))
    for row in rows:
        del row[place]
    return "one column less"


def _columns_exchanged(rng: random.Random, rows: _Rows) -> str:
    a, b = (rng.randrange(len(rows[0])) for _ in range(2))
    for row in rows[1:]:
        row[a], row[b] = row[b], row[a]
    return "columns exchanged"


def _header(rng: random.Random, rows: _Rows) -> str:
    place = rng.randrange(len(rows[0]))
    rows[0][place] = rng.choice(("", "x", rows[0][0], rows[0][place].upper()))
    return "column renamed"


def _open_quote(rng: random.Random, rows: _Rows) -> str:
    row = rows[_row(rng, rows)]
    place = rng.randrange(len(row))
    row[place] = '"' + row[place]
    return "quote left open"


_CHANGES = (
    *(_odd_cell, _odd_cell, _odd_cell, _another_number, _cell_more, _cell_less, _row_less),
    *(_row_twice, _column_less, _columns_exchanged, _header, _open_quote),
)
