"""The scans that a table gives classes to: which are listed, left out, refused."""

import json

import pytest

from medssl.errors import UserError
from medssl.store import load_cases
from medssl.store.contract import ScanContract
from medssl.store.labelled_cases import ROWS, class_counts

TABLE = "case,label\n" + "".join(f"s{n},{'ab'[n % 2]}\n" for n in range(6)) + "t0,a\nt1,c\n"


def item(name, **more):
    image = {"image": f"volumes/{name}.b2nd", "shape": [8, 8, 8], "spacing_mm": [1.0] * 3}
    return {**image, "id": name, "patient": name, "label": f"labels/{name}.b2nd", **more}


@pytest.fixture
def folder(tmp_path):
    """Eight training scans, the last two without a row, and two to test on."""
    training, test = [item(f"s{n}") for n in range(8)], [item("t0"), item("t1")]
    scan = ScanContract().as_dict()
    listing = {"scan": scan, "training": training, "validation": [], "test": test}
    (tmp_path / "datalist.json").write_text(json.dumps(listing))
    (tmp_path / "labels.csv").write_text(TABLE)
    return tmp_path


def names(items):
    return [each["id"] for each in items]


def test_scans_without_a_row_are_left_out_with_a_line(folder, capsys):
    found = load_cases(folder, "training", "labels.csv", ["a", "b"])
    assert names(found) == [f"s{n}" for n in range(6)]
    assert found[3][ROWS] == [{"label": "b", "world_mm": None, "line": 5}]
    assert "label" not in found[0]
    assert class_counts(found) == {"a": 3, "b": 3}
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"{folder / 'labels.csv'}: 2 of 8 case(s) of training have no row and are left out, such "
        "as s6"
    ]


def test_rows_of_no_case_are_told(folder, capsys):
    path = folder / "labels.csv"
    path.write_text(path.read_text().rstrip("\n") + "\nc1o,a\n")
    load_cases(folder, "training", "labels.csv", ["a", "b"])
    out = capsys.readouterr().out
    assert "1 case(s) with rows are in no split of datalist.json, such as c1o (line " in out
    assert out.count("in no split") == 1


def test_classes_pick_rows(folder, capsys):
    found = load_cases(folder, "test", "labels.csv", ["a", "b"])
    assert names(found) == ["t0"]
    assert "1 row(s) of test are of other classes (c) and are left out" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"none of the 2 case\(s\) of test.* a row of a class x, y"):
        load_cases(folder, "test", "labels.csv", ["x", "y"])


def test_a_class_that_cannot_be_learnt_is_refused(folder):
    with pytest.raises(UserError, match="no case of training has the class c, so it cannot"):
        load_cases(folder, "training", "labels.csv", ["a", "b", "c"])
    with pytest.raises(UserError, match=r"no case of training has the class .*larger --label_frac"):
        load_cases(folder, "training", "labels.csv", ["a", "b"], label_fraction=0.1)


def test_a_class_that_the_table_lacks_is_told_with_those_it_has(folder):
    """No splits drawn anew would help."""
    for wanted in (["a", "d"], ["d", "e"]):
        with pytest.raises(UserError) as error:
            load_cases(folder, "training", "labels.csv", wanted)
        assert str(error.value) == (
            f"{folder / 'labels.csv'}: no row has the class d, the table has a, b, c; correct "
            "--classes, or add rows"
        )
    assert names(load_cases(folder, "test", "labels.csv", ["a", "d"])) == ["t0"]


def test_shares_are_of_patients_with_a_class(folder):
    small, large = (
        names(load_cases(folder, "training", "labels.csv", ["a", "b"], share, seed=3))
        for share in (0.7, 1.0)
    )
    assert len(small) == 5
    assert set(small) < set(large)


def test_channels_are_joined_by_case(tmp_path):
    listing = {"scan": ScanContract(channels=("T1", "T2"), intensity="percentile").as_dict()}
    facts = [{"case": f"c{n}", "channel": k} for n in range(2) for k in range(2)]
    items = [item(f"c{f['case'][1]}_{f['channel']}", facts=f) for f in facts]
    listing |= {"training": items, "validation": [], "test": []}
    (tmp_path / "datalist.json").write_text(json.dumps(listing))
    (tmp_path / "labels.csv").write_text("case,label,x,y,z\nc0,a,1,2,3\nc0,b,4,5,6\nc1,b,,,\n")
    found = load_cases(tmp_path, "training", "labels.csv", ["a", "b"])
    assert names(found) == ["c0", "c1"]
    assert [len(each["channels"]) for each in found] == [2, 2]
    assert [row["world_mm"] for row in found[0][ROWS]] == [(1, 2, 3), (4, 5, 6)]
