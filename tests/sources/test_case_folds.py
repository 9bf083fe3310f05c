"""Folds hold the cases that they name, patients whole."""

from medssl.sources.case_folds import case_folds, fold_warnings, left_out_of_folds
from medssl.sources.nnunet_folds import PublishedFold

from .test_summary import record

SHARES = (0.7, 0.1, 0.2)


def of(train, val):
    return PublishedFold(frozenset(train), frozenset(val))


def test_a_patient_of_a_case_that_a_fold_does_not_name_is_in_none_of_its_splits():
    """Patient Q has case f, which the fold learns from, and case g, which somebody keeps."""
    records = [record(case, patient="Q" if case in "fg" else case) for case in "abcdefg"]
    published = [of("cdef", "ab"), of("abcde", "fg")]
    first, second = case_folds(records, None, published, SHARES, 0, [])
    assert first.keys() == set("abcde")
    assert {name for name in first if first[name] == "test"} == {"a", "b"}
    assert {name for name in second if second[name] == "test"} == {"Q"}
    assert left_out_of_folds(records, published) == [
        "splits_final.json does not name all cases: fold 0 leaves out 2 of 7: f, g; the split "
        "without --fold holds them"
    ]


def test_folds_are_drawn_where_none_are_published():
    records = [record(case) for case in "abcdef"]
    assert case_folds(records, None, [], SHARES, 0, []) == []
    assert len(case_folds(records, 3, [], SHARES, 0, [])) == 3
    assert left_out_of_folds(records, []) == []


def test_folds_without_labels_or_scans_are_told():
    records = [record(case, label=case in "ab") for case in "abcdef"]
    folds = case_folds(records, 3, [], SHARES, 0, [])
    assert fold_warnings(records, folds, SHARES) == [
        f"{where}: take fewer folds, or add labelled scans of more patients"
        for where in (
            "fold 0, 1: no labelled scan in validation",
            "fold 2: no labelled scan in test",
        )
    ]
    assert fold_warnings([record(case, label=True) for case in "abcdef"], folds, SHARES) == []
    published = case_folds(records, None, [of("a", "b")], SHARES, 0, [])
    (line,) = fold_warnings(records, published, SHARES)
    assert line.startswith("fold 0: no scan in validation: ")
    assert fold_warnings(records, published, (0.8, 0, 0.2)) == []
