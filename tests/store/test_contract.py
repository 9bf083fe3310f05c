"""The scan contract says the same after every way it travels."""

import json

import pytest

from medssl.errors import UserError
from medssl.sources import prepare_images
from medssl.store.contract import SCAN, ScanContract, check_spacing
from medssl.store.volume_file import StoredVolume

NATIVE = ScanContract(None)
TWO = ScanContract((2.0, 2.0, 2.0))


@pytest.mark.parametrize("contract", [NATIVE, TWO, ScanContract(channels=("T1", "T2"))])
def test_it_survives_json(contract):
    content = json.loads(json.dumps(contract.as_dict()))
    assert ScanContract.from_dict({**content, "window": [0, 1]}, "x") == contract


def test_differences_are_named():
    assert TWO.differences(ScanContract((2.0, 2.0, 2.00001))) == []
    assert TWO.differences(ScanContract((2.0, 2.0, 2.1))) == ["spacing"]
    assert TWO.differences(NATIVE) == ["spacing"]
    assert TWO.differences(ScanContract((2.0, 2.0, 2.0), channels=("T1",))) == ["channels"]


@pytest.mark.parametrize("content", [None, {}, {"spacing": [1, 1, 1]}, []])
def test_what_an_older_version_wrote_is_refused(content):
    with pytest.raises(
        UserError, match=r"run\.json: does not say .*axes, .*antialias of its scans"
    ):
        ScanContract.from_dict(content, "run.json")


@pytest.mark.parametrize(("spacing", "expected"), [(2, TWO), ("native", NATIVE)])
def test_preparation_writes_it_everywhere(scans, tmp_path, spacing, expected):
    folder = tmp_path / "out"
    prepare_images(scans, folder, images="*/ct.nii.gz", spacing=spacing, workers=1)
    written = [
        json.loads((folder / name).read_text()) for name in ("manifest.json", "datalist.json")
    ]
    written += [StoredVolume(path).attributes for path in (folder / "volumes").iterdir()]
    assert [ScanContract.from_dict(each[SCAN], "x") for each in written] == [expected] * 9


@pytest.mark.parametrize("spacing", [0.001, 1000, [1, 1, 30], 0, -1, float("nan"), "fine", True])
def test_voxels_that_no_scan_may_have_are_not_made(spacing):
    with pytest.raises(UserError, match=r"spacing: .*from 0\.05 to 20, or native"):
        check_spacing(spacing)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("MR",), ("T1",), True),
        (("FLAIR",), ("image",), True),
        (("MR",), ("image",), True),
        (("MR",), ("CT",), False),
        (("T1",), ("T2",), False),
        (("MR",), ("T1", "T2"), False),
    ],
)
def test_a_channel_without_a_name_of_its_own_may_be_any(one, other, alike):
    contracts = [ScanContract(intensity="zscore", channels=names) for names in (one, other)]
    for mine, theirs in (contracts, contracts[::-1]):
        assert mine.differences(theirs) == ([] if alike else ["channels"])
    hounsfield = ScanContract(channels=("CT",))
    assert "channels" in hounsfield.differences(ScanContract(channels=("image",)))


@pytest.mark.parametrize(
    "change",
    [
        *({"spacing": value} for value in ([1, 1], [1, 1, "x"], [0, 1, 1], 3, [[[[1]]], 1, 1])),
        *({"clip": value} for value in ([3, 1], [1], "ab", [None, 1])),
        *({"axes": 3}, {"intensity": "hue"}, {"intensity": []}, {"antialias": "yes"}),
        *({"channels": []}, {"channels": "CT"}, {"channels": [3]}),
    ],
)
def test_what_no_preparation_writes_is_named_with_its_file(change):
    with pytest.raises(UserError, match=f"^x.json: damaged .*{next(iter(change))}"):
        ScanContract.from_dict({**TWO.as_dict(), **change}, "x.json")
