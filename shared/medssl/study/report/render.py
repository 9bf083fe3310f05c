"""The report's pages: templates that are filled in, everything in them escaped."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ...pages import document

TEMPLATES = Path(__file__).with_name("templates")
STYLE = """body{max-width:75rem}p{overflow-wrap:anywhere}nav{font-size:.9rem}th{font-weight:600}
td,th{text-align:left;vertical-align:top;padding:.35rem .7rem}
.wide th[scope=row]{position:sticky;left:0;background:Canvas}
.places td{white-space:nowrap}.wide td{min-width:3rem;max-width:30rem}
.banner{background:#f59e0b55;padding:.5rem 1rem;border-radius:.4rem;font-weight:600}
.places small,.missing{display:inline-block;width:max-content;max-width:17rem;white-space:normal}
small.doubt,small.note,.missing{opacity:.7}
details{margin:1rem 0}.places th[scope=col]+th{min-width:7rem}.places small a{padding:.2rem .3rem}
.gain{color:light-dark(#166534,#86efac);font-weight:600}
.loss{color:light-dark(#991b1b,#fca5a5);font-weight:600}
section h2{font-size:1.1rem;margin:1rem 0 .1rem}section p,section ul{margin:.1rem 0}
@media(max-width:45rem){figure img{max-width:none}}
figure{margin:1.2rem 0}figcaption{font-size:.85rem;opacity:.85}"""


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def render(template: str, title: str, **values: Any) -> str:
    """A page.

    Args:
        template: name of the file in ``templates``.
        title: of the window.
        values: what the template names.
    """
    body = _environment().get_template(template).render(title=title, **values)
    return document(title, body, STYLE)
