"""Pages from templates: escaped, whole, and nothing that a template names is left out."""

import pytest
from jinja2 import UndefinedError

from medssl.study.report.costs import Listing
from medssl.study.report.render import TEMPLATES, render

COMMON = {"root": "", "study": "a <b>", "synthetic": "SYNTHETIC"}


def listing(**more):
    part = Listing("Part", ("run", "text"), [("key-1", "<script>")], "prose", runs=True)
    return render("lists.html", "T & t", prose=["x < y"], parts=[part], **{**COMMON, **more})


def test_what_is_filled_in_is_escaped():
    text = listing()
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "x &lt; y" in text
    assert "a &lt;b&gt;" in text
    assert "<title>T &amp; t</title>" in text


def test_a_run_is_linked_from_the_report_and_the_banner_stands_above_all():
    text = listing()
    assert '<a href="../runs/key-1/">key-1</a>' in text
    assert text.index("SYNTHETIC") < text.index("<h1>T &amp; t</h1>")
    assert "banner" not in listing(synthetic="").split("<body>")[1]


def test_a_value_that_is_forgotten_is_an_error():
    with pytest.raises(UndefinedError):
        render("lists.html", "t", prose=[], **COMMON)


def test_every_template_travels_with_the_library():
    assert {path.name for path in TEMPLATES.glob("*.html")} == {
        *("base.html", "index.html", "table.html", "lists.html")
    }


def test_links_of_many_runs_wrap_within_their_place():
    (rule,) = [line for line in listing().splitlines() if line.startswith(".places small,")]
    assert "white-space:normal" in rule
    assert "max-width" in rule
