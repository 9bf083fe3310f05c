"""Channels as scans of their own, or joined."""

from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.store import identify
from medssl.store.contract import ScanContract
from medssl.store.joined import CHANNELS, alone, join

CONTRACT = ScanContract(channels=("T1", "T2"))


def items(*channels):
    return [
        {
            "id": f"{case}_{number:04d}",
            "image": f"{case}{number}",
            "scan_sha256": f"s{case}{number}",
            "voxels_sha256": f"v{case}{number}",
            "patient": case,
            "facts": {"case": case, "channel": number},
            "scan": CONTRACT.as_dict(),
            **({"label": f"l{case}"} if number == 0 else {}),
        }
        for case, number in channels
    ]


def test_channels_are_joined_in_their_order_whatever_that_of_the_list():
    listed = items(("a", 1), ("b", 0), ("a", 0), ("b", 1))
    joined = join(listed, CONTRACT, Path("x"))
    assert [item["id"] for item in joined] == ["a", "b"]
    assert [[each["image"] for each in item[CHANNELS]] for item in joined] == [
        ["a0", "a1"],
        ["b0", "b1"],
    ]
    assert [item["label"] for item in joined] == ["la", "lb"]


def test_every_channel_has_an_identity():
    """So that a leak through the second channel is seen."""
    (joined,) = join(items(("a", 0), ("a", 1)), CONTRACT, Path("x"))
    found = identify([joined])
    assert [each["scan_sha256"] for each in found] == ["sa0", "sa1"]
    assert {each["patient"] for each in found} == {"a"}


def test_alone_they_are_scans_of_one_channel():
    found = alone(items(("a", 0), ("a", 1)), CONTRACT)
    assert [item["scan"]["channels"] for item in found] == [["T1 or T2"]] * 2
    assert [item["id"] for item in found] == ["a_0000", "a_0001"]


def test_one_channel_is_left_as_it_is():
    listed = [{"id": "a", "image": "a"}]
    assert join(listed, ScanContract(), Path("x")) == alone(listed, ScanContract()) == listed


def test_a_missing_channel_is_named():
    with pytest.raises(UserError, match=r"^list: b has no T1; run `medssl prepare` again"):
        join(items(("a", 0), ("a", 1), ("b", 1)), CONTRACT, Path("list"))
