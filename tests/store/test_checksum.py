"""One flipped bit in a stored volume is noticed, wherever it is."""

import blosc2
import numpy as np
import pytest

from medssl.errors import UserError
from medssl.store import StoredVolume, write_volume
from medssl.store.checksum import DamagedError, Seal, append_seal, is_sealed
from tests.helpers import flip_bit

AFFINE = np.diag([1.5, 2, 3, 1.0])
ATTRIBUTES = {"record": '{"id": "a"}', "occupancy": {"sums": b"\0\1" * 400}}


@pytest.fixture
def stored(tmp_path):
    array = np.random.default_rng(0).integers(-1000, 400, (70, 66, 40), dtype=np.int16)
    array[:, :, 20:] = -1000
    write_volume(tmp_path / "a.b2nd", array, AFFINE, ATTRIBUTES)
    return tmp_path / "a.b2nd", array


def content_of(path):
    volume = StoredVolume(path)
    return volume.read_all(), volume.affine, volume.attributes


def places(path, count):
    """Random bits, and all bits of header, attributes and seal at a stride."""
    size = path.stat().st_size * 8
    random = np.random.default_rng(1).integers(0, size, count)
    return sorted({*random.tolist(), *range(0, 200 * 8, 7), *range(size - 1500 * 8, size, 61)})


def test_any_flipped_bit_is_refused(stored, tmp_path):
    path, _ = stored
    content = path.read_bytes()
    for place in places(path, 300):
        flipped = tmp_path / f"flipped{place}.b2nd"
        flipped.write_bytes(flip_bit(content, place))
        for look in (content_of, lambda path: StoredVolume(path).check()):
            with pytest.raises(UserError, match=rf"{flipped.name}: not a readable[^\n]*$"):
                look(flipped)
        flipped.unlink()


def test_reading_refuses_the_damaged_chunk_and_gives_the_others(stored):
    path, array = stored
    start, length = Seal(path)._spans[0]
    content = bytearray(path.read_bytes())
    content[start + length // 2] ^= 4
    path.write_bytes(content)
    volume = StoredVolume(path)
    np.testing.assert_array_equal(volume.read((64, 0, 0), (6, 66, 40)), array[64:])
    with pytest.raises(UserError, match=r"checksum of chunk 0 differs.*`medssl prepare` again"):
        volume.read((60, 0, 0), (10, 5, 5))
    with pytest.raises(UserError, match="chunk 0"):
        volume.check()


@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 7, 3), (64, 64, 64), (130, 20, 70)])
@pytest.mark.parametrize("value", [None, 0, -7])
def test_volumes_of_any_size_and_of_one_value(tmp_path, shape, value):
    rng = np.random.default_rng(2)
    array = rng.integers(-9, 9, shape).astype(np.int16) if value is None else np.full(shape, value)
    write_volume(tmp_path / "a.b2nd", array.astype(np.int16), AFFINE)
    StoredVolume(tmp_path / "a.b2nd").check()
    np.testing.assert_array_equal(StoredVolume(tmp_path / "a.b2nd").read_all(), array)


def test_each_chunk_is_checked_once(stored, monkeypatch):
    volume, calls = StoredVolume(stored[0]), []
    volume.read_all()
    monkeypatch.setattr("zlib.crc32", lambda *_: calls.append(1) or 0)
    volume.read_all()
    volume.read((1, 2, 3), (60, 60, 30))
    assert not calls


def test_what_was_checked_stays_known_when_the_file_is_closed(stored, monkeypatch):
    StoredVolume(stored[0]).read_all()
    monkeypatch.setattr("zlib.crc32", lambda *_: pytest.fail("checked again"))
    StoredVolume(stored[0]).read_all()


def test_a_file_without_seal_or_with_half_of_it(stored, tmp_path):
    path, _ = stored
    content = path.read_bytes()
    for cut in (1, 4, 8, 20):
        (tmp_path / "cut.b2nd").write_bytes(content[:-cut])
        with pytest.raises(DamagedError):
            Seal(tmp_path / "cut.b2nd")
    plain = tmp_path / "plain.b2nd"
    blosc2.asarray(np.zeros((4, 4, 4)), urlpath=str(plain))
    assert not is_sealed(plain)
    append_seal(plain)
    assert is_sealed(plain)
    Seal(plain).check()


def test_the_index_is_not_unpacked_before_its_checksum_is_compared(stored):
    path, _ = stored
    content = bytearray(path.read_bytes())
    end = int.from_bytes(content[11:15], "big") + int.from_bytes(content[39:47], "big")
    content[end + 7] ^= 0x80  # the highest byte of how long it is unpacked
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.b2nd: not a readable .* \(checksum of its header"):
        content_of(path)
    with pytest.raises(UserError, match=r"a\.b2nd: not a readable .* \(checksum of its header"):
        StoredVolume(path).check()
