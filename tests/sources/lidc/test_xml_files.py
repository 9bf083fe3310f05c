"""LIDC-IDRI's XML: folder and zip alike, what is passed over, what is refused."""

import zipfile

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.lidc.xml_files import parse_reading, read_xml

from .published import MESSAGE, RADIOGRAPH, READERS, UIDS, message, save_xml


def test_a_zip_is_read_like_its_folder(tmp_path):
    folder = save_xml(tmp_path / "xml", dict.fromkeys(UIDS[:2], READERS))
    (folder / "157" / "999.xml").write_text(message(UIDS[0], READERS))
    (folder / "157" / "998.xml").write_text(message(UIDS[1], READERS[:1]))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in folder.rglob("*.xml"):
            archive.write(path, path.relative_to(tmp_path))
    (readings, lines), (zipped, _) = read_xml(folder), read_xml(tmp_path / "all.zip")
    assert list(readings) == list(zipped) == UIDS[:2]
    for uid in UIDS[:2]:
        assert len(readings[uid].annotations) == len(zipped[uid].annotations) == len(READERS)
        for one, other in zip(readings[uid].annotations, zipped[uid].annotations):
            assert [c.z_mm for c in one] == [c.z_mm for c in other]
            np.testing.assert_array_equal(one[0].points, other[0].points)
    assert len(lines) == 1
    assert "998.xml: differs from an earlier file" in lines[0]


def test_entities_that_expand_without_end_or_read_files_are_refused(tmp_path):
    levels = "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "x" * 100}">' for n in range(10)
    )
    (tmp_path / "secret").write_text("x")
    outside = f'<!ENTITY a SYSTEM "{(tmp_path / "secret").as_uri()}">'
    for entities, name in ((levels, "a9"), (outside, "a")):
        text = f"<!DOCTYPE x [{entities}]><x>&{name};</x>"
        with pytest.raises(UserError, match="no valid XML"):
            parse_reading(text.encode(), "a.xml")


def test_an_xml_file_too_large_for_memory_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("medssl.archives.MOST_TEXT", 1 << 20)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tcia/1.xml", b" " * (2 << 20))
    with pytest.raises(UserError, match=r"1\.xml unpacks to 2 MiB, more than 1"):
        read_xml(path)


def test_points_mark_no_nodule():
    reading = parse_reading(message("1.2", [READERS[0]]).encode(), "a.xml")
    assert len(reading.annotations) == 1
    assert parse_reading(RADIOGRAPH.encode(), "b.xml") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<LidcReadMessage", "no valid XML"),
        ("<annotation><folder/></annotation>", "XML file of annotation, expected LidcReadMessage"),
        (MESSAGE.format("", ""), "expected LidcReadMessage with a SeriesInstanceUid"),
        (message("1.2", READERS[:1]).replace("-96.0", "upper"), "outline without z.*'upper'"),
        (message("1.2", READERS[:1]).replace("yCoord", "z"), "outline without z"),
    ],
)
def test_bad_xml(tmp_path, text, expected):
    (tmp_path / "xml").mkdir()
    (tmp_path / "xml" / "069.xml").write_text(text)
    with pytest.raises(UserError, match=rf"069\.xml: .*{expected}") as caught:
        read_xml(tmp_path / "xml")
    assert "\n" not in str(caught.value)
