"""HTML pages: one look for all, readable on a telephone, in light and dark, without a network."""

from __future__ import annotations

import base64
from html import escape

STYLE = """:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}
td,th{padding:.3rem .9rem;border-bottom:1px solid #8886;text-align:right}
td:first-child,th:first-child{text-align:left}img{max-width:100%;background:#fff}
.note{background:#f5c51833;padding:.6rem 1rem;border-radius:.4rem}
.verdict{font-size:1.15rem;background:#5b7fa633;padding:.6rem 1rem;border-radius:.4rem}
.wide{overflow-x:auto}small,td,dd{overflow-wrap:anywhere}"""


def document(title: str, body: str, style: str = "") -> str:
    """A whole page.

    Args:
        title: plain text.
        body: HTML.
        style: rules of this page alone, beneath those of all pages.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title>\n<style>{STYLE}\n{style}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def picture_url(png: bytes) -> str:
    """A PNG picture as the source of an ``<img>``, so that the page is one file."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
