"""Raw image and label pairs, as MONAI Label hands them over: read and checked like any scan."""

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources.raw_pairs import ensure_prepared, prepare_pairs
from medssl.sources.readers import find_sources, read_image, source_of
from medssl.sources.resampling import prepare_image
from medssl.store.contract import ScanContract
from medssl.store.joined import read_all
from medssl.store.volume_file import StoredVolume

from ..scans import save_nifti, small_ct
from .test_intensity import head
from .test_load_scan import SCANS, save
from .test_readers import save_dicom


def label_of(scan):
    label = np.zeros(scan.array.shape, np.uint8)
    label[tuple(slice(side // 3, side // 2 + 1) for side in label.shape)] = 1
    return label


@pytest.mark.parametrize("kind", SCANS)
def test_the_copy_holds_what_the_reader_reads(tmp_path, kind):
    (tmp_path / "scans").mkdir()
    path = save(tmp_path / "scans", kind)
    (source,) = find_sources(tmp_path / "scans")
    scan = read_image(source)
    label = save_nifti(tmp_path / "label.nii.gz", label_of(scan), scan.affine)
    pair = {"image": str(path), "label": str(label)}
    (item,) = prepare_pairs([pair], tmp_path / "cache", 1.5)
    image, mask = (StoredVolume(item[key]) for key in ("image", "label"))
    assert image.shape == mask.shape
    np.testing.assert_allclose(image.affine, mask.affine, atol=1e-5)
    assert item["label_values"] == [1]
    # The label's centre is where it was drawn.
    drawn = np.argwhere(label_of(scan)).mean(0) @ scan.affine[:3, :3].T + scan.affine[:3, 3]
    found = np.argwhere(mask.read_all()).mean(0) @ mask.affine[:3, :3].T + mask.affine[:3, 3]
    assert np.linalg.norm(drawn - found) < 1


def test_copies_are_clipped_as_asked_and_say_so(tmp_path):
    image = save_nifti(tmp_path / "ct.nii.gz", small_ct(), np.eye(4))
    label = save_nifti(tmp_path / "label.nii.gz", np.ones(small_ct().shape, np.uint8))
    pair = {"image": str(image), "label": str(label)}
    clips = (None, (-100, 50), (-50, 50))
    items = [ensure_prepared([pair], tmp_path / "cache", 1.0, clip)[0] for clip in clips]
    whole, *clipped = [StoredVolume(item["image"]).read_all() for item in items]
    assert whole.min() < -100
    assert whole.max() > 50
    for clip, copy, item in zip(clips[1:], clipped, items[1:], strict=True):
        assert np.array_equal(copy, whole.clip(*clip))
        assert item["scan"]["clip"] == list(clip)
    with pytest.raises(UserError, match=r"^clip: 5, expected two rising numbers"):
        ensure_prepared([pair], tmp_path / "cache", 1.0, 5)


def test_copies_are_blurred_unless_asked_otherwise_and_say_so(tmp_path):
    image = save_nifti(tmp_path / "ct.nii.gz", small_ct(), np.eye(4))
    label = save_nifti(tmp_path / "label.nii.gz", np.ones(small_ct().shape, np.uint8))
    pair = {"image": str(image), "label": str(label)}
    cache, mm = tmp_path / "cache", 2.5
    items = [ensure_prepared([pair], cache, mm, antialias=each)[0] for each in (True, False)]
    assert [item["scan"]["antialias"] for item in items] == [True, False]
    blurred, sampled = (StoredVolume(item["image"]).read_all() for item in items)
    assert blurred.std() < 0.9 * sampled.std()
    with pytest.raises(UserError, match=r"^raw_antialias: 'x', expected true or false"):
        ensure_prepared([pair], cache, mm, antialias="x")


def test_a_series_among_others_is_named_by_its_uid(tmp_path):
    for number in (1, 2):
        save_dicom(tmp_path / "p", small_ct((6, 6, 5), number), np.eye(4), uid=f"1.2.{number}")
    scan = read_image(find_sources(tmp_path / "p")[1])
    label = save_nifti(tmp_path / "label.nii.gz", label_of(scan), scan.affine)
    pair = {"image": str(tmp_path / "p"), "label": str(label)}
    with pytest.raises(UserError, match=r"2 series in it; add one of #1\.2\.1, #1\.2\.2 to"):
        ensure_prepared([pair], tmp_path / "cache")
    (item,) = ensure_prepared([{**pair, "image": f"{tmp_path / 'p'}#1.2.2"}], tmp_path / "cache")
    stored = StoredVolume(item["image"]).read_all()
    assert np.array_equal(np.sort(stored.ravel()), np.sort(scan.array.ravel()))


def test_pairs_of_one_file_name_keep_ids_of_their_own(tmp_path):
    """Figures are listed by id; a UID is not cut at its first dot."""
    pairs = []
    for number, name in enumerate(("a/ct.nii.gz", "b/ct.nii.gz", "1.2.3.nii.gz", "1.2.4.nii.gz")):
        image = save_nifti(tmp_path / name, small_ct(seed=number), np.eye(4))
        label = save_nifti(tmp_path / "labels" / name, np.ones(small_ct().shape, np.uint8))
        pairs.append({"image": str(image), "label": str(label)})
    items = prepare_pairs(pairs, tmp_path / "cache", "native")
    assert [item["id"] for item in items] == ["ct_a", "ct_b", "1.2.3", "1.2.4"]


def test_bad_pairs_are_refused_by_name(tmp_path):
    good = save_nifti(tmp_path / "a.nii.gz", small_ct(), np.eye(4))
    label = save_nifti(tmp_path / "l.nii.gz", (small_ct() > 0).astype(np.uint8), np.eye(4))
    off = save_nifti(
        tmp_path / "off.nii.gz", (small_ct() > 0).astype(np.uint8), np.diag([1, 1, 2, 1])
    )
    with_nan = small_ct().astype(np.float32)
    with_nan[0, 0, 0] = np.nan
    nan = save_nifti(tmp_path / "nan.nii.gz", with_nan)
    unscaled = save_nifti(tmp_path / "u.nii.gz", (small_ct() + 1024).astype(np.uint16))
    for image, mask, reason in (
        (good, off, r"its label label: label .* lies .* mm off its image"),
        (nan, label, "1 voxels are NaN"),
        (unscaled, label, "no Hounsfield units"),
    ):
        with pytest.raises(UserError, match=rf"^{image}: .*{reason}") as caught:
            prepare_pairs([{"image": str(image), "label": str(mask)}], tmp_path / "cache")
        assert "\n" not in str(caught.value)


def test_pairs_of_mr_are_not_called_ct(tmp_path):
    """Else weights that learnt from them could not be judged on prepared MR."""
    image, label = (tmp_path / f"{name}.nii.gz" for name in ("a", "b"))
    save_nifti(image, small_ct())
    save_nifti(label, (small_ct() > 0).astype(np.uint8))
    pair = {"image": str(image), "label": str(label)}
    (item,) = prepare_pairs([pair], tmp_path / "cache", "native", intensity="zscore")
    prepared = ScanContract(None, intensity="zscore", channels=("MR",))
    assert ScanContract.from_dict(item["scan"], "item").differences(prepared) == []


NAMES = ("T1", "FLAIR")


def two_channels(folder, shape=(24, 22, 20)):
    """A case as one file and as two, and its label map."""
    values = [head(seed=1).astype(np.float32), 300 - head(shape, seed=1).astype(np.float32)]
    files = [save_nifti(folder / f"a_{n}.nii.gz", each) for n, each in enumerate(values)]
    if shape == values[0].shape:
        save_nifti(folder / "a.nii.gz", np.stack(values, -1))
    mask = (values[0] > 150).astype(np.uint8)
    return folder / "a.nii.gz", files, save_nifti(folder / "label.nii.gz", mask)


def test_channels_of_a_pair_are_joined_in_their_order(tmp_path):
    """From one file or from several, as preparation would store them."""
    whole, files, label = two_channels(tmp_path)
    options = {"spacing": 2.0, "intensity": "percentile", "channels": NAMES}
    pairs = [{"image": image, "label": str(label)} for image in (str(whole), [*map(str, files)])]
    items = ensure_prepared(pairs, tmp_path / "cache", **options)
    one, other = (read_all(item) for item in items)
    assert np.array_equal(one, other)
    for number, path in enumerate(files):
        alone = prepare_image(read_image(source_of(path), "percentile"), (2.0, 2.0, 2.0))[0].array
        assert np.array_equal(one[number], alone)
    for item in items:
        assert item["scan"]["channels"] == list(NAMES)
        assert item["label_values"] == [1]
        assert StoredVolume(item["label"]).shape == one.shape[1:]
    assert [item["id"] for item in items] == ["a", "a_0"]


@pytest.mark.parametrize(
    ("image", "channels", "words"),
    [
        ("a.nii.gz", None, r"a.nii.gz: .*several volumes in one file; name the channels, .*raw_ch"),
        (["a_0.nii.gz", "a_1.nii.gz"], None, r"a_0.nii.gz: 2 channels; name the channels"),
        (["a_0.nii.gz", "a_1.nii.gz"], ("a", "b", "c"), r"a_0.nii.gz: 2 channels; replace or"),
        ("a.nii.gz", ("a", "b", "c"), r"a.nii.gz: holds 2 volume\(s\), expected 3 channels \(a"),
        ("a_0.nii.gz", ("a", "b"), r"a_0.nii.gz: holds 1 volume\(s\), expected 2 channels"),
    ],
)
def test_another_number_of_channels_is_refused_in_one_line(tmp_path, image, channels, words):
    _, _, label = two_channels(tmp_path)
    paths = [str(tmp_path / name) for name in ([image] if isinstance(image, str) else image)]
    pair = {"image": paths if isinstance(image, list) else paths[0], "label": str(label)}
    with pytest.raises(UserError, match=words) as caught:
        prepare_pairs([pair], tmp_path / "cache", intensity="percentile", channels=channels)
    assert "\n" not in str(caught.value)


def test_channels_on_different_grids_are_refused_by_name(tmp_path):
    _, files, label = two_channels(tmp_path, (24, 22, 19))
    pair = {"image": [*map(str, files)], "label": str(label)}
    words = r"a_0.nii.gz: T1 \[24, 22, 20\] .* FLAIR \[24, 22, 19\] .* on different grids"
    with pytest.raises(UserError, match=words):
        prepare_pairs([pair], tmp_path / "cache", intensity="percentile", channels=NAMES)
