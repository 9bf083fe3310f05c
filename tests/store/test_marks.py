"""Tables of positions: read, written, refused."""

from pathlib import Path

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.store.marks import Marks, read_marks, write_marks

from ..helpers import calls_of, most_memory_of

HEADER = "seriesuid,coordX,coordY,coordZ,class\n"


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_columns_by_name_in_any_order(tmp_path):
    path = write(
        tmp_path / "a.csv",
        "\ufeffclass, coordZ,id,note,coordX,coordY\r\n1,-3.5,a,x,1e1,-2\r\n\r\n0,4,b,,0,.5\r\n",
    )
    marks = read_marks(path, "class")
    assert marks.series.tolist() == ["a", "b"]
    assert marks.world_mm.tolist() == [[10, -2, -3.5], [0, 0.5, 4]]
    assert marks.values.tolist() == [1, 0]
    assert marks.lines.tolist() == [2, 4]
    assert read_marks(path).values.size == 0


def test_a_header_alone_is_an_empty_table(tmp_path):
    marks = read_marks(write(tmp_path / "a.csv", HEADER), "class")
    assert len(marks) == 0
    assert marks.world_mm.shape == (0, 3)


def test_rows_of_some_scans_in_the_order_of_the_file(tmp_path):
    text = HEADER + "".join(f"{name},{i},0,0,{i}\n" for i, name in enumerate("abacab"))
    marks = read_marks(write(tmp_path / "a.csv", text), "class").of(["a", "c", "z"])
    assert marks.series.tolist() == ["a", "a", "c", "a"]
    assert marks.values.tolist() == marks.world_mm[:, 0].tolist() == [0, 2, 3, 4]
    assert marks.lines.tolist() == [2, 4, 5, 6]


@pytest.mark.parametrize(
    ("values", "shown"), [([0.25, 1 / 3], "0.3333333333333333"), ([1.0, 0.0], "0")]
)
def test_written_tables_read_back_to_the_last_bit(tmp_path, values, shown):
    world = np.random.default_rng(0).normal(0, 100, (2, 3))
    marks = Marks(np.array(["a", "b,c"], object), world, np.array(values), np.array([2, 3]))
    write_marks(tmp_path / "t.csv", marks, "probability")
    again = read_marks(tmp_path / "t.csv", "probability")
    for name in ("series", "world_mm", "values", "lines"):
        np.testing.assert_array_equal(getattr(again, name), getattr(marks, name))
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0] == "seriesuid,coordX,coordY,coordZ,probability"
    assert lines[2].endswith(f",{shown}")


def test_work_and_memory_grow_as_the_table_does(tmp_path):
    """LUNA16's half a million rows take seconds by that, and its scans one name each."""
    held, work = [], []
    for count in (8000, 16_000):
        rows = [f"1.3.6.{i % 88},-{i % 97}.4375,{i % 89}.25,{i % 83}.5,0\n" for i in range(count)]
        path = write(tmp_path / f"{count}.csv", HEADER + "".join(rows))
        marks = read_marks(path, "class")
        assert len(marks) == count
        assert len(marks.of(["1.3.6.7"])) == sum(i % 88 == 7 for i in range(count))
        assert len(set(map(id, marks.series))) == 88
        held.append(most_memory_of(lambda path=path: read_marks(path, "class")))
        work.append(calls_of(lambda path=path: read_marks(path, "class")).total())
    assert held[1] < 2.2 * held[0]
    assert work[1] < 2.2 * work[0]
    assert work[1] < 20 * count


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: no column coordX, coordY, coordZ, class among none"),
        ("seriesuid,coordX,coordY\na,1,2\n", "line 1: no column coordZ, class among seriesuid"),
        ("coordX,coordY,coordZ,class\n1,2,3,0\n", "line 1: no column seriesuid"),
        (HEADER + "a,1,2,3,0\n\na,1,2,x3,0\n", "line 4, column coordZ: 'x3', expected a number"),
        (HEADER + "a,nan,2,3,0\n", "line 2, column coordX: 'nan'"),
        (HEADER + "a,1,2,3,\n", "line 2, column class: ''"),
        (HEADER + "a,1,2,3,0\na,1,2,3\n", "line 3: 4 cells, expected 5"),
        (
            HEADER.replace("\n", ",class\n") + "a,1,2,3,0,1\n",
            "line 1: several columns class; leave",
        ),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path, text, message):
    path = write(tmp_path / "bad.csv", text)
    with pytest.raises(UserError, match=message) as error:
        read_marks(path, "class")
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(UserError, match=r"none\.csv: no such file; expected a CSV table"):
        read_marks(tmp_path / "none.csv")
    (tmp_path / "scan.raw").write_bytes(bytes(range(256)))
    with pytest.raises(UserError, match=r"scan\.raw: not readable"):
        read_marks(tmp_path / "scan.raw")
