"""Pages: whole, escaped, of one look, and with pictures inside where they are asked for."""

import base64
from html.parser import HTMLParser

from medssl.pages import STYLE, document, picture_url


class Reader(HTMLParser):
    """Tags in their order, and what they hold."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open = [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts[self.open[-1]] = self.texts.get(self.open[-1], "") + data


def test_a_page_is_whole_and_fits_a_telephone():
    page = Reader(document("a <b> & c", "<p>text</p>", "p{color:red}"))
    assert page.open == []
    assert page.texts["title"] == "a <b> & c"
    assert page.texts["p"] == "text"
    assert page.texts["style"] == f"{STYLE}\np{{color:red}}"
    assert ("html", {"lang": "en"}) in page.tags
    assert ("meta", {"charset": "utf-8"}) in page.tags
    assert any("width=device-width" in given.get("content", "") for _, given in page.tags)


def test_a_page_asks_for_nothing_from_elsewhere():
    assert "http" not in document("title", "")
    assert "url(" not in STYLE


def test_a_picture_is_read_back_from_its_address():
    head, content = picture_url(b"\x89PNG").split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(content) == b"\x89PNG"
