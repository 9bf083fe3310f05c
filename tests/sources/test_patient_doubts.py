"""Which names leave a doubt, and which common layouts do not."""

import pytest

from medssl.sources.patient_doubts import find_doubts

from ..helpers import calls_of

UID = "1.3.6.1.4.1.14519.5.2.1.6279.6001.{}"


@pytest.mark.parametrize(
    "names",
    [
        [f"case{i}/ct" for i in range(9)],
        [f"volume-{i}" for i in range(131)],
        ["volume-1", "volume-10", "volume-11"],
        [f"subset{i % 10}/{UID.format(10**20 + i * 977)}" for i in range(40)],
        [f"LIDC-IDRI-{i:04d}/{UID.format(i)}/{UID.format(i + 90)}" for i in range(12)],
        [f"amos_{i:04d}" for i in range(1, 20, 3)],
        [f"case_{i:04d}" for i in range(20)],
        [f"s{i:04d}/ct" for i in range(8)],
        [f"imagesTr/liver_{i}" for i in range(20)],
        [f"{'train' if i < 7 else 'test'}/case_{i:03d}" for i in range(10)],
        [f"batch{1 + i // 5}/volume-{i}" for i in range(9)],
        [f"case_{i:05d}/imaging" for i in range(6)],
        ["anna", "annabel", "berta", "carl"],
        ["train/anna", "train/berta", "test/carl"],
        ["3f2a91b0", "77c1aa02", "77c1aa19", "a0b1c2d3"],
        ["550e8400-e29b-41d4-a716-446655440000", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
        [f"lung_{i:03d}" for i in range(1, 9)],
        [f"FLARE22_Tr_{i:04d}" for i in range(1, 20)],
        ["a/x", "a/y.z", "b c/x"],
        [f"{kind}{i}" for i in range(12) for kind in ("volume-", "liver_")],
        [f"P{i:02d}_ct" for i in range(5)],
        [f"ct_P{i:02d}" for i in range(5)],
        ["AMC-001", "AMC-002", "R01-003"],
        [f"pat{i}/study{i}/series{i}" for i in range(5)],
        [f"P{i:02d}_baseline" for i in range(5)],
        ["hospA_001", "hospA_002", "hospB_003"],
        ["scan"],
        [],
    ],
    ids=lambda names: names[0] if names else "none",
)
def test_common_layouts_pass(names):
    assert find_doubts(names) == []


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["case_1_pre", "case_1_post"], ["case_1_post", "case_1_pre"]),
        (["case_1", "case_1_b", "case_2"], ["case_1", "case_1_b"]),
        (["a/scan", "a/scan2", "b/scan"], ["a/scan", "a/scan2"]),
        (["a/scan", "a/scan2"], ["a/scan", "a/scan2"]),
        (["scan", "scan (1)"], ["scan", "scan (1)"]),
        (["case1a", "case1b", "case2a"], ["case1a", "case1b"]),
        (["P01_01", "P01_02", "P02_01"], ["P01_01", "P01_02"]),
        (["anna1", "anna2", "berta1"], ["anna1", "anna2"]),
        (["train_1_a_1", "train_1_a_2", "train_2_a_1"], ["train_1_a_1", "train_1_a_2"]),
        (["1Y_INSP_STD", "1Y_EXP_STD", "3Z_INSP_STD"], ["1Y_EXP_STD", "1Y_INSP_STD"]),
        (["P1/20010304/ct", "P1/20020511/ct", "P2/x"], ["P1/20010304/ct", "P1/20020511/ct"]),
        (["P1_2001-03-04", "P1_2002-05-11"], ["P1_2001-03-04", "P1_2002-05-11"]),
        (["p1/visit_1", "p1/visit_2", "p2/visit_1"], ["p1/visit_1", "p1/visit_2"]),
        (["p1_tp0", "p1_tp1"], ["p1_tp0", "p1_tp1"]),
        (["12", "12_fu", "13"], ["12", "12_fu"]),
        (["a/ct", "a/pet", "b/ct", "b/pet"], ["a/ct", "a/pet"]),
        (["arterial/c1", "venous/c1"], ["arterial/c1", "venous/c1"]),
        ([f"{m}/p{i}" for m in ("x", "y") for i in range(8)], ["x/p0", "y/p0"]),
        (["case_0000", "case_0001"], ["case_0000", "case_0001"]),
        (["c_1_0000", "c_1_0001", "c_2_0000"], ["c_1_0000", "c_1_0001"]),
        (["p1#1.2.3", "p1#1.2.4"], ["p1#1.2.3", "p1#1.2.4"]),
    ],
)
def test_doubts_are_found(names, first):
    assert find_doubts(names)[0] == first
    assert find_doubts(reversed(names)) == find_doubts(names)


def test_work_grows_as_the_names_do():
    """Fifty thousand of them take seconds by that; if each were compared with all, hours."""

    def names(count):
        return [f"train_{i}/train_{i}_a/x{i}" for i in range(count)]

    assert find_doubts(names(2000)) == []
    once, twice = (calls_of(lambda n=n: find_doubts(names(n))).total() for n in (1000, 2000))
    assert once > 1000
    assert twice < 2.2 * once
