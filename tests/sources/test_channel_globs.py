"""One glob pattern for each channel: which files are a case, and what is no clear case."""

import pytest

from medssl.errors import UserError
from medssl.sources.channel_globs import find_channel_cases, read_globs

FOUR = "flair=**/*flair.nii.gz,t1=**/*t1.nii.gz,t1ce=**/*t1ce.nii.gz,t2=**/*t2.nii.gz"
NAMES = ("flair", "t1", "t1ce", "t2")


def case(start):
    return [f"{start}{name}.nii.gz" for name in NAMES]


def found(folder, images, labels=None):
    cases = find_channel_cases(folder, read_globs(images), labels)
    return {c.id: c.fault or [source.name for source in c.channels] for c in cases}


@pytest.mark.parametrize(
    ("images", "globs"),
    [
        ("t1=*/a.nii,t2=*/b.nii", {"t1": "*/a.nii", "t2": "*/b.nii"}),
        (" t2 = */b.nii , T1 w=*/a,c.nii", {"t2": "*/b.nii", "T1 w": "*/a,c.nii"}),
        ("t1=*.nii", {"t1": "*.nii"}),
        ("*/a.nii", {}),
        ("./sub=1/*.nii", {}),
        ("a*,b=1/*.nii".replace("b=", "b/x="), {}),
    ],
)
def test_names_and_patterns_are_read_in_order(images, globs):
    assert list(read_globs(images).items()) == list(globs.items())


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ("*.nii,t2=*.nii", r"^images: '\*\.nii' has no name; write name=pattern"),
        ("=*.nii,t2=*.nii", r"^images: a channel without name"),
        ("t1=a*,t1=b*", r"^images: t1 names two channels"),
    ],
)
def test_names_that_are_none_are_refused(images, words):
    with pytest.raises(UserError, match=words):
        read_globs(images)


def test_files_of_one_folder_or_one_beginning_are_a_case(folder):
    """Whether names are constant or hold the case, and however deep they lie."""
    scans = folder(*case("p7/"), *case("p8/s2/BraTS_8_"), *case("p9/p9_"), "p9/p9_seg.nii.gz")
    assert found(scans, FOUR) == {
        "p7": case("p7/"),
        "p8__s2__BraTS_8": case("p8/s2/BraTS_8_"),
        "p9": case("p9/p9_"),
    }
    turned = found(scans, ",".join(reversed(FOUR.split(","))))
    assert turned["p7"] == case("p7/")[::-1]


def test_labels_join_by_the_same_text_wherever_they_lie(folder):
    scans = folder(*case("images/a/a_"), *case("images/b/b_"), "labels/a.nii.gz")
    images = FOUR.replace("**", "images/*")
    cases = find_channel_cases(scans, read_globs(images), "labels/*.nii.gz")
    assert [(c.id, c.label and c.label.name) for c in cases] == [
        ("a", "labels/a.nii.gz"),
        ("b", None),
    ]


def test_a_label_that_a_channel_takes_as_well_is_a_label(folder):
    scans = folder("a_x.nii", "a_y.nii", "a_y_seg.nii")
    cases = find_channel_cases(scans, read_globs("x=*x.nii,y=*y*.nii"), "*_y_seg.nii")
    assert [(c.id, c.fault, c.label.name) for c in cases] == [("a", "", "a_y_seg.nii")]


def test_a_case_without_a_channel_is_named_with_it(folder):
    scans = folder(*case("p7/"), *case("p8/")[:3], *case("p9/")[1:2])
    faults = found(scans, FOUR)
    assert faults["p7"] == case("p7/")
    assert faults["p8"] == "its case p8 has no t2"
    assert faults["p9"].startswith("its case p9 has no flair, t1ce, t2; or does t1 (")


def test_a_channel_that_two_files_claim_is_named(folder):
    scans = folder("p1/a.nii", "p1/b_.nii", "p1/b-.nii")
    assert found(scans, "a=*/a*.nii,b=*/b?.nii")["p1"] == (
        "its case p1 has 2 files for b (p1/b-.nii, p1/b_.nii)"
    )


def test_a_pattern_that_catches_more_is_told(folder):
    """``*t1*`` takes t1ce too: refused where that is a channel, else a case of its own."""
    scans = folder(*case("p7/x_"))
    both = "t1=*/*t1*.nii.gz,t1ce=*/*t1ce.nii.gz"
    with pytest.raises(UserError, match=r"t1 \('\*/\*t1\*.*both take p7/x_t1ce.nii.gz; narrow"):
        found(scans, both)
    alone = found(scans, "flair=*/*flair.nii.gz,t1=*/*t1*.nii.gz")
    assert alone["p7__x"] == ["p7/x_flair.nii.gz", "p7/x_t1.nii.gz"]
    assert alone["p7__x__ce"] == (
        "its case p7__x__ce has no flair; or does t1 ('*/*t1*.nii.gz') take too much?"
    )


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        ("a=a.nii,b=*/b.nii", None, r"^images: 'a.nii' has no \*; .* in '\*\*/a.nii'$"),
        ("a=*/a.nii,b=*/c.nii", None, r"^images: nothing in .* matches '\*/c.nii'"),
        ("a=**/x.nii,b=*/b.nii", None, r"^images: the \* of '\*\*/x.nii' match nothing in x.nii"),
        (
            "a=*/a.nii,b=*/b.nii",
            "*.nii",
            r"^labels: no image has the id of x.nii; .* P3, p1",
        ),
        ("a=*/a.nii,b=*/b.nii", "*/c?.nii", r"^labels: nothing in .* matches"),
        ("a=*/a.nii,b=*/b.nii", "*/*d.nii", r"^labels: p2/_d.nii and p2/d.nii are of one case"),
        ("a=*/e.nii,b=*/b.nii", None, r"^images: the ids P3 and p3 differ only in the case"),
    ],
)
def test_what_fits_no_case_is_one_line(images, labels, words, folder):
    names = ["p1/a.nii", "p1/b.nii", "P3/b.nii", "x.nii", "p2/d.nii", "p2/_d.nii", "p3/e.nii"]
    with pytest.raises(UserError, match=words) as caught:
        found(folder(*names), images, labels)
    assert "\n" not in str(caught.value)
