"""The page of all bundles."""

from html.parser import HTMLParser

from medssl.zoo.gallery import gallery_page

WORDS = (
    *("title", "version", "description", "metrics", "size", "origin", "licence", "data_licence"),
    *("sha256", "command", "monai"),
)


def card(name, picture):
    return {"name": name, "picture": picture, **{word: f"{word} of {name}" for word in WORDS}}


class Reader(HTMLParser):
    """Counts what opens and closes, and keeps ids, pictures and text."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.pictures, self.text = [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.pictures += [given["src"]] if tag == "img" else []
        self.open += [] if tag in ("meta", "img", "br") else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data.strip())


def test_each_bundle_has_a_card_with_all_its_words_and_its_picture_if_there_is_one():
    reader = Reader()
    reader.feed(gallery_page([card("one", "data:image/png;base64,AA=="), card("two", "")]))
    assert reader.open == []
    assert reader.ids == ["one", "two"]
    assert reader.pictures == ["data:image/png;base64,AA=="]
    text = "|".join(reader.text)
    for name in reader.ids:
        for word in WORDS:
            assert f"{word} of {name}" in text, word
