"""Pages of a report as their readers see them."""

from html.parser import HTMLParser
from pathlib import Path


class Page(HTMLParser):
    """Links, pictures, numbers and text of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.pictures, self.numbers, self.text = [], [], [], ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a":
            self.links.append(given["href"])
        elif tag == "img":
            self.pictures.append(given)
        elif tag == "data":
            self.numbers.append((float(given["value"]), None))

    def handle_data(self, data):
        self.text += data
        if self.numbers and self.numbers[-1][1] is None:
            self.numbers[-1] = (self.numbers[-1][0], data)


def pages(study):
    return {path: Page(path) for path in (study / "report").rglob("*.html")}
