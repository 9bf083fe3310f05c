"""Sections of a page that a benchmark writes, between two lines that stay."""

from __future__ import annotations

from pathlib import Path


def write_between(page: Path, name: str, section: str) -> None:
    """Replace what stands between ``<!-- name: begin -->`` and ``<!-- name: end -->``.

    Raises:
        SystemExit: the page lacks these lines.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise SystemExit(f"{page}: lacks the lines {begin} and {end}")
    head, rest = text.split(begin, 1)
    tail = rest.split(end, 1)[1]
    page.write_text(f"{head}{begin}\n{section}{end}{tail}", encoding="utf-8")
    print(f"written to {page}")
