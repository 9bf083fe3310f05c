"""What a check says, and how it is printed."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

OK, WARN, BAD, UNKNOWN = "ok", "warn", "bad", "not known"
COLUMNS = ("check", "saw", "healthy", "verdict")


@dataclass(frozen=True)
class Finding:
    """One row of the report.

    Attributes:
        check: what was looked at.
        saw: the figure found.
        healthy: the reference.
        verdict: ``OK``, ``WARN``, ``BAD`` or ``UNKNOWN``.
        advice: what to try, for a warning or worse; what is missing, if not known.
    """

    check: str
    saw: str
    healthy: str
    verdict: str
    advice: str = ""


def table(findings: Sequence[Finding], width: int = 100) -> str:
    """The findings as aligned text; advice stands below its row."""
    rows = [(item.check, item.saw, item.healthy, item.verdict) for item in findings]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    lines = [_row(COLUMNS, widths), _row(["-" * size for size in widths], widths)]
    for row, item in zip(rows, findings, strict=True):
        lines.append(_row(row, widths))
        if item.advice:
            label = "needs: " if item.verdict == UNKNOWN else "try: "
            lines += textwrap.wrap(
                label + item.advice, width, initial_indent="    ", subsequent_indent="    "
            )
    return "\n".join(lines)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(map(str.ljust, cells, widths)).rstrip()
