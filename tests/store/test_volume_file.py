"""The volume store gives back what was put in, and refuses everything else by name."""

import os
import pickle
from functools import partial

import blosc2
import numpy as np
import pytest
from torch.utils.data import DataLoader, Dataset

from medssl.errors import UserError
from medssl.store import StoredVolume, open_volume, volume_file, write_volume
from medssl.store.checksum import append_seal
from medssl.store.volume_file import FORMAT

AFFINE = np.array([[0, -2.0, 0, 5], [1.5, 0, 0, -7], [0, 0, 3.0, 11], [0, 0, 0, 1]])


def random_volume(shape, dtype=np.int16, seed=0):
    info = np.iinfo(dtype)
    rng = np.random.default_rng(seed)
    return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)


@pytest.fixture
def stored(tmp_path):
    array = random_volume((70, 33, 67))
    path = tmp_path / "a.b2nd"
    write_volume(path, array, AFFINE)
    return path, array


@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 7, 3), (16, 64, 65), (130, 20, 9)])
@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.uint16])
def test_round_trip(tmp_path, shape, dtype):
    array = random_volume(shape, dtype)
    attributes = {"text": "å", "nested": {"list": [1, 2.5, None], "bytes": b"\0\1"}}
    write_volume(tmp_path / "a.b2nd", array, AFFINE, attributes)
    volume = StoredVolume(tmp_path / "a.b2nd")
    assert (volume.shape, volume.dtype) == (shape, np.dtype(dtype))
    np.testing.assert_array_equal(volume.read_all(), array)
    np.testing.assert_array_equal(volume.affine, AFFINE)
    assert volume.spacing_mm == (1.5, 2.0, 3.0)
    assert volume.attributes == attributes


def test_crops_equal_slices(stored):
    path, array = stored
    volume, rng = StoredVolume(path), np.random.default_rng(1)
    for _ in range(100):
        size = rng.integers(1, array.shape, endpoint=True)
        start = rng.integers(0, np.subtract(array.shape, size) + 1)
        expected = array[tuple(slice(a, a + n) for a, n in zip(start, size))]
        np.testing.assert_array_equal(volume.read(start.tolist(), size.tolist()), expected)


@pytest.mark.parametrize(
    ("start", "size"),
    [
        ((-1, 0, 0), (2, 2, 2)),
        ((0, 0, 66), (2, 2, 2)),
        ((0, 0, 0), (71, 1, 1)),
        ((0, 0, 0), (0, 1, 1)),
    ],
)
def test_reading_outside_raises(stored, start, size):
    with pytest.raises(IndexError, match=r"a\.b2nd"):
        StoredVolume(stored[0]).read(start, size)


def test_every_truncation_is_named(stored, tmp_path):
    content = stored[0].read_bytes()
    for length in [0, 10, 30, 100, 1000, len(content) // 2, len(content) - 1]:
        cut = tmp_path / "cut.b2nd"
        cut.write_bytes(content[:length])
        with pytest.raises(UserError, match=r"cut\.b2nd: not a readable"):
            StoredVolume(cut).read_all()


def test_foreign_and_missing_files(tmp_path):
    (tmp_path / "text.b2nd").write_text("not a volume " * 20)
    np.save(tmp_path / "array.npy", np.zeros(100))
    blosc2.asarray(np.zeros((4, 4, 4)), urlpath=str(tmp_path / "other.b2nd"))
    os.mkfifo(tmp_path / "pipe.b2nd")  # which would be waited for
    for name in ("text.b2nd", "array.npy", "other.b2nd", "none.b2nd", "pipe.b2nd"):
        with pytest.raises(UserError, match=name):
            _ = StoredVolume(tmp_path / name).shape


def test_other_format_version(tmp_path, monkeypatch):
    monkeypatch.setattr("medssl.store.writing.FORMAT", 99)
    write_volume(tmp_path / "a.b2nd", random_volume((4, 4, 4)), AFFINE)
    monkeypatch.undo()
    with pytest.raises(UserError, match="format 99"):
        _ = StoredVolume(tmp_path / "a.b2nd").shape


def test_a_small_file_that_announces_terabytes_is_refused(tmp_path):
    path = tmp_path / "a.b2nd"
    array = blosc2.zeros((20_000, 20_000, 20_000), np.int16, urlpath=str(path), contiguous=True)
    array.schunk.vlmeta["medssl"] = {"format": FORMAT, "affine": AFFINE.tolist()}
    append_seal(path)
    assert path.stat().st_size < 10 << 20
    with pytest.raises(UserError, match=r"announces \(20000, 20000, 20000\) voxels"):
        StoredVolume(path).read_all()


def test_a_file_that_would_compute_is_refused(tmp_path):
    """Blosc2 keeps expressions, and functions as source text, beside arrays."""
    blosc2.asarray(np.ones((4, 4, 4)), urlpath=str(tmp_path / "in.b2nd"), mode="w")
    source = blosc2.open(str(tmp_path / "in.b2nd"), mode="r")
    (source + 1).save(urlpath=str(tmp_path / "a.b2nd"))
    with pytest.raises(UserError, match=r"a.b2nd: not a readable .b2nd volume"):
        StoredVolume(tmp_path / "a.b2nd").read_all()


@pytest.mark.parametrize("step", ["is_sealed", "seal_of", "StoredVolume.read", "Seal"])
def test_a_file_that_goes_while_it_is_read_is_missing_not_damaged(stored, step, monkeypatch):
    """Also between one step of opening it and the next."""
    path, volume = stored[0], StoredVolume(stored[0])

    def remove_first(call, *arguments):
        path.unlink(missing_ok=True)
        return call(*arguments)

    if step == "StoredVolume.read":
        volume.read((0, 0, 0), (1, 1, 1))
        path.unlink()
    else:
        call = getattr(volume_file, step)
        monkeypatch.setattr(volume_file, step, partial(remove_first, call))
    with pytest.raises(UserError, match=r"a\.b2nd: no such file; run `medssl prepare images`"):
        volume.check() if step == "Seal" else volume.read((66, 0, 0), (1, 1, 1))


def test_pickled_after_use(stored):
    volume = StoredVolume(stored[0])
    volume.read_all()
    copy = pickle.loads(pickle.dumps(volume))
    np.testing.assert_array_equal(copy.read_all(), stored[1])


class _Slices(Dataset):
    def __init__(self, path):
        self.path = str(path)

    def __len__(self):
        return 400

    def __getitem__(self, index):
        x = index * 7919 % 65
        return x, open_volume(self.path).read((x, 0, 0), (5, 33, 67))


def test_forked_workers_do_not_share_a_file_position(stored):
    """The parent has the file open when it forks; two workers then read at once."""
    path, array = stored
    data = _Slices(path)
    _ = data[0]
    loader = DataLoader(data, batch_size=8, num_workers=2, multiprocessing_context="fork")
    for starts, crops in loader:
        for x, crop in zip(starts, crops):
            np.testing.assert_array_equal(crop.numpy(), array[x : x + 5])
