"""Tables of a study: one function gives one frame, from which every form of the table is made."""

from __future__ import annotations

from .beyond import BEYOND
from .frame import COLUMNS, POINTS, Table, is_missing, read_paper
from .of_paper import OF_PAPER
from .own import own_tables

__all__ = ["COLUMNS", "MADE", "POINTS", "Table", "is_missing", "own_tables", "read_paper"]

MADE: dict[str, Table] = {table.name: table for table in (*OF_PAPER, *BEYOND)}
