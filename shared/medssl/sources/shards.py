"""One preparation in many processes, on many machines: each does its share of the cases.

What a shard notes for the merge is in :mod:`~.shard_parts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import UserError
from .pairing import Case

_MERGE = "merge"
_ASKED = re.compile(rf"({_MERGE}|[1-9]\d*)/([1-9]\d*)")


@dataclass(frozen=True)
class Shard:
    """One of several shares of a preparation, or what puts them together.

    Attributes:
        number: counted from 1; None merges.
        count: how many shares there are.
    """

    number: int | None
    count: int

    def __str__(self) -> str:
        return f"{self.number or _MERGE}/{self.count}"

    @property
    def lock(self) -> tuple[int, int] | None:
        """See :func:`medssl.store.lock.preparing`; to merge is to write alone."""
        return None if self.number is None else (self.number, self.count)

    def share(self, names: Iterable[str]) -> set[str]:
        """The names that are this shard's: each is one shard's alone, and all are somebody's."""
        if self.number is None:
            return set(names)
        return set(sorted(set(names))[self.number - 1 :: self.count])


def read_shard(text: str | None, download: bool = False) -> Shard | None:
    """What ``--shard`` says: ``3/40`` is the third of forty shares, ``merge/40`` ends them all.

    Raises:
        UserError: it says something else, or the source is to be fetched by all of them at once.
    """
    if text is None:
        return None
    said = _ASKED.fullmatch(str(text))
    if said is None or (said[1] != _MERGE and int(said[1]) > int(said[2])):
        raise UserError(
            f"shard: {text!r}, expected K/N with K from 1 to N, such as 3/40, or {_MERGE}/N where "
            "all N are done"
        )
    if download:
        raise UserError("download: shards would all fetch the same files; fetch them beforehand")
    return Shard(None if said[1] == _MERGE else int(said[1]), int(said[2]))


def share_of(cases: Sequence[Case], shard: Shard) -> list[Case]:
    """The cases of a shard; all channels of a case are one shard's."""
    names = shard.share(case.whole for case in cases)
    return [case for case in cases if case.whole in names]
