"""What is odd about the values of label maps is told, and what is usual is not."""

from medssl.sources.label_warnings import label_warnings

from .test_summary import record

SPLITS = ["training", "validation", "test"] * 4


def labelled(values_of):
    return [record(str(i), s, True, values=values_of(i, s)) for i, s in enumerate(SPLITS)]


def test_a_mask_whose_values_are_not_those_of_the_others_is_named():
    (line,) = label_warnings(labelled(lambda i, _: (255,) if i == 4 else (1,)), {})
    assert line.startswith("labels: values that one scan alone holds: 255 (4);")
    (line,) = label_warnings(labelled(lambda *_: ()), {})
    assert line.startswith("labels: no map holds any value above 0")
    assert label_warnings(labelled(lambda *_: (1, 2)), {}) == []


def test_classes_that_a_split_lacks_are_told_by_name():
    """A rare class, drawn by chance into training and test alone."""
    rare = labelled(lambda _, split: (1,) if split == "validation" else (1, 2, 3))
    (line,) = label_warnings(rare, {1: "organ", 2: "tumour", 3: "cyst"})
    assert line.startswith("labels: no scan in validation holds tumour, cyst: add scans that do")
    (line,) = label_warnings([*rare, record("without a label")], {})
    assert line.startswith("labels: no scan in validation holds 2, 3: ")
    bare = [one for one in rare if one["split"] != "validation"] + [record("a", "validation")]
    assert label_warnings(bare, {}) == []  # `no labelled scan in validation` is told already
    many = label_warnings(labelled(lambda _, s: range(1, 9) if s == "test" else (1,)), {})
    assert [line.partition(":")[2][:43] for line in many] == [
        " no scan in training holds 2, 3, 4, 5, 6 an",
        " no scan in validation holds 2, 3, 4, 5, 6 ",
    ]


def test_a_named_class_of_one_scan_is_missed_where_it_is_not():
    """One patient alone has a tumour: the splits without are told, as of any other class."""
    rare = labelled(lambda i, _: (1, 2) if i == 0 else (1,))
    lone, *missing = label_warnings(rare, {1: "organ", 2: "tumour"})
    assert lone.startswith("labels: values that one scan alone holds: 2 (0);")
    assert [line.partition(":")[2][:37] for line in missing] == [
        " no scan in validation holds tumour: ",
        " no scan in test holds tumour: add sc",
    ]
    assert len(label_warnings(rare, {(1,): "organ", (1, 2): "whole"})) == 3  # part of a region
    assert len(label_warnings(rare, {})) == 1  # without name it may be a slip, told once


def test_names_of_values_that_are_nowhere_are_told():
    """Names count 1, 2, 3, the maps 1, 3, 5, say."""
    records = [record("a", label=True, values=(1, 3, 5)), record("b")]
    names = {0: "background", 1: "core", 2: "rim", 3: "edge"}
    (line,) = label_warnings(records, names)
    assert line.startswith("labels: no scan holds 2 (rim), and 5 has no name; correct the names")
    (line,) = label_warnings(records, {0: "background", 1: "core"})
    assert line.startswith("labels: 3, 5 have no name; each becomes a class of its own")
    (line,) = label_warnings(records, {1: "core", 2: "rim"})
    assert line.startswith("labels: no scan holds 2 (rim), and 3, 5 have no name; correct")
    (line,) = label_warnings(records, {(1,): "core"})
    assert line.startswith("labels: 3, 5 are in no region, so they are background; name them")
    assert label_warnings(records, {1: "core", (1,): "core", (1, 3, 5): "whole"}) == []
    (line,) = label_warnings(records, {1: "core", (1,): "core", (1, 3): "whole"})
    assert line == "labels: 5 is in no region, so it is background; name it if it is a class"
    assert label_warnings(records, {}) == []  # a folder of which nobody names anything
    (line,) = label_warnings(records, {**names, 5: "more"})
    assert line == "labels: no scan holds 2 (rim), so there is nothing to learn of it"
    assert label_warnings(records, {1: "core", 3: "edge", 5: "more"}) == []
    assert label_warnings([record("b")], names) == []
