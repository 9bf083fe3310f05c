"""Scans without Hounsfield units: one scale for all, the same in every room."""

import json

import numpy as np
import pytest
from monai.transforms import Compose, Orientationd

from medssl.crops import CropDataset
from medssl.errors import UserError
from medssl.sources import LoadScand, Respaced, prepare_images
from medssl.sources.intensity import MODALITIES, check_modality, says_mr, scale_of
from medssl.sources.raw_pairs import prepare_pairs
from medssl.sources.readers import BrokenScanError, Scan, find_sources, read_image
from medssl.store import StoredVolume, load_datalist
from odd_dicom import PLACES, origins, write_series

from ..scans import oblique_affine, save_nifti, small_ct

RULES = ("percentile", "zscore")
SHEARED = np.array([[0.8, 0, 0, 4], [0, 1.2, 0.7, -9], [0, 0.3, 2.0, 3], [0, 0, 0, 1.0]])


def head(shape=(24, 22, 20), seed=0, gain=1.0):
    """A head of MR: noise of air, a ball of grey and a brighter core; whole numbers."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"))
    radius = np.linalg.norm(grid, axis=0)
    grey = np.where(radius < 0.8, 120.0, 0) + np.where(radius < 0.4, 90.0, 0)
    noisy = grey + rng.normal(0, 8, shape) * (grey > 0) + np.abs(rng.normal(0, 3, shape))
    return np.rint(noisy.clip(0) * gain).astype(np.int16)


def stored(values, rule):
    scale = scale_of(values, rule)
    return values * scale.slope + scale.intercept, scale


def test_percentiles_of_the_head_are_the_ends_whatever_is_around_it():
    values = head()
    inside = values[values > 40].astype(float)
    found, _ = stored(values, "percentile")
    expected = np.percentile(inside, (0.5, 99.5))
    ends = [found[values == round(end)].mean() for end in expected]
    assert ends == pytest.approx([-1000, 1000], abs=10)
    wider = np.pad(values, 12, constant_values=0)
    np.testing.assert_allclose(stored(wider, "percentile")[0][12:-12, 12:-12, 12:-12], found)


def test_three_standard_deviations_are_a_thousand():
    values = head()
    inside = values > 40
    found, _ = stored(values, "zscore")
    assert found[inside].mean() == pytest.approx(0, abs=1e-6)
    assert found[inside].std() == pytest.approx(1000 / 3, rel=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_another_gain_of_the_scanner_changes_nothing(rule):
    values = head().astype(np.float64)
    for gain, offset in ((7.3, 0), (1e-3, 0), (2.0, 500.0)):
        np.testing.assert_allclose(
            stored(values * gain + offset, rule)[0], stored(values, rule)[0], atol=1e-6
        )


@pytest.mark.parametrize("rule", RULES)
def test_a_cut_out_without_air_is_nearly_all_foreground(rule):
    block = head()[8:16, 8:16, 6:14]
    assert block.min() > 80
    found, scale = stored(block, rule)
    assert np.mean(found > scale.dark) > 0.9
    head_found, head_scale = stored(head(), rule)
    assert np.mean(head_found > head_scale.dark) == pytest.approx(np.mean(head() > 40), abs=0.01)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.full((4, 4, 4), 7), "every voxel is 7"),
        (np.where(np.arange(1000).reshape(10, 10, 10) == 5, -9, 0), "one voxel in 200"),
        (np.where(np.arange(64).reshape(4, 4, 4) < 32, 0, 5), "every voxel of its foreground is 5"),
        (np.array([[[1.0, np.nan], [2, 3]], [[1, 2], [3, 4]]]), "NaN"),
        (np.arange(30**3).reshape(30, 30, 30) % 4, "holds 4 different values alone, as label maps"),
    ],
)
@pytest.mark.parametrize("rule", RULES)
def test_scans_without_grey_values_are_refused(values, words, rule):
    with pytest.raises(BrokenScanError, match=words):
        scale_of(values, rule)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("gain", "offset"), [(1e-30, 0.0), (1e100, 0.0), (1 / 4000, 1e6)])
def test_values_of_any_size_are_stored_as_any_others(gain, offset, rule):
    """Beyond what single precision holds, too, and far from 0."""
    usual = Scan(head(), np.eye(4), scale=scale_of(head(), rule)).values()
    odd = head().astype(np.float64) * gain + offset
    found = Scan(odd, np.eye(4), scale=scale_of(odd, rule)).values()
    np.testing.assert_allclose(found, usual, atol=0.75)


def test_voxels_that_outshine_all_others_are_no_reason_to_store_one_grey():
    values = head().astype(np.float64)
    values[0, 0, 0] = 1e9
    with pytest.raises(BrokenScanError, match=r"up to 1e\+09, outshine .* the rule percentile"):
        scale_of(values, "zscore")
    usual, found = (stored(each, "percentile")[0] for each in (head(), values))
    np.testing.assert_allclose(found[1:], usual[1:], atol=15)


def test_masks_beside_scans_are_not_taken_for_mr(tmp_path):
    """Those of CT are no HU."""
    for number in range(3):
        save_nifti(tmp_path / "in" / "images" / f"a{number}.nii.gz", head(seed=number))
        labels = (head(seed=number) // 100).astype(np.uint8)
        save_nifti(tmp_path / "in" / "masks" / f"a{number}.nii.gz", labels)
    with pytest.raises(UserError, match=r"masks/a0.nii.gz: holds 3 different values alone"):
        prepare_images(tmp_path / "in", tmp_path / "out", modality="mr", patients="each", workers=1)


def test_padding_as_dark_as_can_be_is_not_foreground(tmp_path):
    values = head()
    values[:9] = -32768
    save_nifti(tmp_path / "in" / "a.nii.gz", values)
    options = {"modality": "mr", "spacing": "native", "workers": 1}
    prepare_images(tmp_path / "in", tmp_path / "out", **options)
    (scan,) = json.loads((tmp_path / "out" / "manifest.json").read_text())["scans"]
    found = StoredVolume(tmp_path / "out" / "volumes" / "a.b2nd").read_all()
    assert not (found[:9] > scan["scale"]["dark"]).any()
    assert (found[9:] > scan["scale"]["dark"]).all()


def test_modalities_bring_their_rule_and_only_ct_has_hounsfield_units():
    assert {name: check_modality(name, None).intensity for name in MODALITIES} == {
        "ct": "hu",
        "mr": "percentile",
        "other": "percentile",
    }
    assert check_modality("mr", "zscore").channels == ("MR",)
    for wrong in (("xr", None), ("mr", "hu"), ("mr", "minmax")):
        with pytest.raises(UserError, match=r"^(modality|intensity): "):
            check_modality(*wrong)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("affine", [np.diag([1, 1.5, 2, 1]), oblique_affine(), SHEARED])
def test_every_room_gives_the_same_values(tmp_path, rule, affine):
    """Preparation, inference and raw pairs, also where a tilted gantry leaves corners empty."""
    path = save_nifti(tmp_path / "in" / "a.nii.gz", head() + 30, affine)
    label = save_nifti(tmp_path / "a_label.nii.gz", (head() > 40).astype(np.uint8), affine)
    out = tmp_path / "out"
    prepare_images(tmp_path / "in", out, modality="mr", intensity=rule, spacing=1.5, workers=1)
    prepared = StoredVolume(out / "volumes" / "a.b2nd").read_all()
    steps = [LoadScand("image", rule), Orientationd("image", "RAS"), Respaced("image", 1.5)]
    loaded = Compose(steps)({"image": str(path)})["image"]
    np.testing.assert_allclose(loaded[0], prepared, atol=0.75)
    pair = {"image": str(path), "label": str(label)}
    (item,) = prepare_pairs([pair], tmp_path / "cache", 1.5, intensity=rule)
    np.testing.assert_array_equal(StoredVolume(item["image"]).read_all(), prepared)
    contract = json.loads((out / "datalist.json").read_text())["scan"]
    assert (contract["intensity"], contract["channels"]) == (rule, ["MR"])
    assert item["scan"]["intensity"] == rule


def test_ct_is_not_taken_for_mr_and_the_way_out_is_named(tmp_path):
    save_nifti(tmp_path / "in" / "a.nii.gz", head())
    with pytest.raises(UserError, match=r"no Hounsfield units .* prepared with --modality"):
        prepare_images(tmp_path / "in", tmp_path / "out", workers=1)


def test_equal_scans_are_known_whatever_the_rule_and_the_file(tmp_path):
    values = head().astype(np.float32) / 4000  # rounding to whole numbers would make all alike
    hashes = set()
    for number, (rule, name) in enumerate([("percentile", "a.nii.gz"), ("zscore", "b.nii")]):
        source, out = tmp_path / f"in{number}", tmp_path / f"out{number}"
        save_nifti(source / name, values)
        save_nifti(source / "other.nii.gz", values[::-1].copy())
        prepare_images(source, out, modality="mr", intensity=rule, spacing="native", workers=1)
        scans = json.loads((out / "manifest.json").read_text())["scans"]
        hashes.add(next(s["scan_sha256"] for s in scans if s["id"] == name.split(".")[0]))
        assert len({scan["scan_sha256"] for scan in scans}) == 2
    assert len(hashes) == 1


def test_a_ct_is_known_by_every_rule(tmp_path):
    """Else weights of the one preparation could be tested on scans of the other."""
    save_nifti(tmp_path / "in" / "a.nii.gz", small_ct())
    hashes = set()
    for number, modality in enumerate(("ct", "other")):
        out = tmp_path / f"out{number}"
        prepare_images(tmp_path / "in", out, modality=modality, spacing="native", workers=1)
        (scan,) = json.loads((out / "manifest.json").read_text())["scans"]
        hashes.add(scan["scan_sha256"])
    assert len(hashes) == 1


def test_crops_hold_half_a_head_and_lungs_are_not_looked_for(tmp_path):
    """Padded so that most of a scan is air; uniform crops would show little else."""
    for seed in range(3):
        values = np.pad(head(seed=seed), 14)
        save_nifti(tmp_path / "in" / f"s{seed}.nii.gz", values)
    options = {"modality": "mr", "spacing": "native", "patients": "each", "workers": 1}
    prepare_images(tmp_path / "in", tmp_path / "out", fractions=(1, 0, 0), **options)
    data = load_datalist(tmp_path / "out", "training")
    crops = CropDataset(data, (10, 10, 10), crops_per_scan=12)
    assert crops.rule == "body"
    scans = json.loads((tmp_path / "out" / "manifest.json").read_text())["scans"]
    dark = {scan["id"]: scan["scale"]["dark"] for scan in scans}
    for index in range(len(crops)):
        sample = crops[index]
        assert (sample["image"].numpy() > dark[sample["case"]]).mean() >= 0.5
    for settings in ({"crop_rule": "lung"}, {"tissue_limit": 0.2}):
        with pytest.raises(UserError, match="known by its HU, these scans have none"):
            CropDataset(data, (10, 10, 10), **settings)


def as_mr(image, number):
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    for word in ("Slope", "Intercept", "Type"):
        if f"Rescale{word}" in image:
            delattr(image, f"Rescale{word}")


def test_dicom_of_mr_needs_no_slope_and_ct_keeps_its_own(tmp_path):
    places = origins(PLACES[14:26])
    write_series(tmp_path / "mr", places, change=as_mr)
    write_series(tmp_path / "ct", places)
    (mr,), (ct,) = find_sources(tmp_path / "mr"), find_sources(tmp_path / "ct")
    scan = read_image(mr, "zscore")
    lifted = read_image(ct).array - scan.array
    assert scan.array.min() >= 0
    assert np.ptp(lifted) == 0  # stored values, without CT's intercept
    np.testing.assert_allclose(scan.affine, read_image(ct).affine)
    with pytest.raises(BrokenScanError, match=r"expected CT \(MR and others are prepared with"):
        read_image(mr)


def test_dicom_of_ct_takes_any_rule_but_is_no_mr(tmp_path):
    """Of a cone beam the values are no HU; a CT among MR is a mistake."""
    write_series(tmp_path / "in", origins(PLACES[14:26]))
    options = {"spacing": "native", "workers": 1}
    for asked in ({"modality": "other"}, {"modality": "ct", "intensity": "percentile"}):
        prepare_images(tmp_path / "in", tmp_path / "out", **asked, **options)
        scan = json.loads((tmp_path / "out" / "datalist.json").read_text())["scan"]
        assert scan["intensity"] == "percentile"
    with pytest.raises(UserError, match="a CT, expected MR; --modality other takes both"):
        prepare_images(tmp_path / "in", tmp_path / "out", modality="mr", **options)


@pytest.mark.parametrize(
    ("channels", "of_mr"),
    [
        (("MR",), True),
        (("FLAIR", "T1", "t1ce", "T2w"), True),
        (("T1 or T2 or FLAIR",), True),
        (("t2_flair", "ADC map", "DWI-b1000", "T1-Gd"), True),
        (("CT",), False),
        (("image",), False),
        (("T1", "CT"), False),
        (("MR or image",), False),
        (("PET",), False),
        (("tumour",), False),
        ((), False),
    ],
)
def test_names_say_whether_channels_are_mr(channels, of_mr):
    assert says_mr(channels) == of_mr
