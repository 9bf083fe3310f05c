"""Weight files are known by their bytes, wherever they lie."""

import errno
import shutil
import struct
import zipfile

import pytest
import torch

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.weights import (
    load_exactly,
    load_torch,
    read_checkpoint,
    read_weights,
    save_torch,
    weight_file,
    weights_sha256,
)
from tests.helpers import flip_bit


@pytest.fixture
def bundle(tmp_path):
    for number, name in enumerate(("model.pt", "target.pt")):
        save_torch(tmp_path / "bundle" / "models" / name, {"w": torch.full((2,), float(number))})
    return tmp_path / "bundle"


def zipped(bundle):
    return shutil.make_archive(str(bundle) + "_v1", "zip", bundle.parent, bundle.name)


@pytest.mark.parametrize("file", ["model.pt", "target.pt"])
def test_folder_zip_and_file_are_one(bundle, file):
    weights = bundle / "models" / file
    sources = (bundle, bundle / "models", zipped(bundle))
    assert {weights_sha256(s, file) for s in sources} == {sha256_of(weights)}
    assert weights_sha256(weights) == sha256_of(weights)
    values = [read_checkpoint(s, file)["w"].tolist() for s in sources]
    assert values == [[float(file == "target.pt")] * 2] * 3


def test_other_bytes_at_the_same_path_are_others(bundle):
    before = weights_sha256(bundle)
    save_torch(bundle / "models" / "model.pt", {"w": torch.ones(3)})
    assert weights_sha256(bundle) != before


def test_the_weights_of_a_bundle_are_looked_for_in_its_models(bundle, tmp_path):
    """Before it is trained as after; those of a run lie in its folder."""
    (tmp_path / "new" / "configs").mkdir(parents=True)
    assert weight_file(tmp_path / "new") == tmp_path / "new" / "models" / "model.pt"
    assert weight_file(bundle) == bundle / "models" / "model.pt"
    assert weight_file(bundle / "models", "gone.pt") == bundle / "models" / "gone.pt"


def test_what_is_not_there_is_told(bundle, tmp_path):
    (bundle / "models" / "target.pt").unlink()
    with pytest.raises(UserError, match=r"bundle: no models/target.pt in it"):
        weights_sha256(bundle, "target.pt")
    with pytest.raises(UserError, match=r"gone.pt: no such file"):
        weights_sha256(tmp_path / "gone.pt")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(UserError, match=r"expected one top directory"):
        weights_sha256(tmp_path / "empty.zip")


def test_any_flipped_bit_is_refused_or_harmless(tmp_path):
    weights = {"a.weight": torch.rand(8, 9), "a.bias": torch.rand(3), "n": torch.tensor(7)}
    path, flipped = tmp_path / "model.pt", tmp_path / "flipped.pt"
    save_torch(path, weights)
    content, refused = path.read_bytes(), 0
    for place in range(0, len(content) * 8, 37):
        flipped.write_bytes(flip_bit(content, place))
        try:
            found = load_torch(flipped)
        except UserError:
            refused += 1
            continue
        assert found.keys() == weights.keys()
        assert all(found[name].equal(value) for name, value in weights.items()), place
    assert refused > 50


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused_by_name(value):
    network = torch.nn.Linear(2, 2)
    before, bad = network.weight.clone(), {n: v.clone() for n, v in network.state_dict().items()}
    bad["bias"][1] = value
    with pytest.raises(UserError, match=r"x.pt: 'bias' holds values that are not finite[^\n]*$"):
        load_exactly(network, bad, "x.pt")
    assert network.weight.equal(before)
    large = {"weight": torch.full((2, 2), 3e38), "bias": torch.zeros(2)}
    load_exactly(network, large, "x.pt")


def test_a_zip_that_would_swell_is_refused_unread(tmp_path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b/models/model.pt", bytes(200 << 20))
    with pytest.raises(UserError, match=r"KiB that unpack to 200 MiB[^\n]*$"):
        read_checkpoint(tmp_path / "b.zip")


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(1).expand(10**6, 10**6, 10**6),
        torch.zeros(8).as_strided((4, 4), (1, 1)),
        torch.sparse_coo_tensor([[0], [0]], [1.0], (10**9, 10**9)),
    ],
)
def test_a_kilobyte_that_announces_exabytes_is_refused(value, tmp_path):
    save_torch(tmp_path / "a.pt", {"good": torch.ones(3).view(1, 3).t(), "swollen": value})
    assert (tmp_path / "a.pt").stat().st_size < 10_000
    with pytest.raises(UserError, match=r"'swollen' announces \([\d, ]+\) numbers, more than"):
        read_weights(tmp_path / "a.pt")


@pytest.mark.parametrize(
    "header",
    [
        (1 << 60, b"{}"),
        (99, b"{}"),
        (2, b"[]"),
        (200_000, b"[" * 200_000),
        (None, b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'),
        (None, b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4]}}'),
    ],
)
def test_a_safetensors_header_that_announces_too_much_is_one_line(header, tmp_path):
    size, text = header
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(text) if size is None else size) + text + b"\0" * 4)
    with pytest.raises(UserError, match=r"^[^\n]*a.safetensors: not a readable safetensors file"):
        read_weights(path)


def test_the_same_weights_are_the_same_bytes_under_any_name(tmp_path):
    """So that a training done again gives weights of the same SHA-256."""
    for name in ("one.pt", "another.pt"):
        save_torch(tmp_path / name, {"w": torch.arange(3.0)})
    assert sha256_of(tmp_path / "one.pt") == sha256_of(tmp_path / "another.pt")


def test_a_full_disk_is_no_fault_of_the_zip(tmp_path, monkeypatch):
    def copy(_, to):
        raise OSError(errno.ENOSPC, "No space left on device")

    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("b/models/model.pt", b"x")
    monkeypatch.setattr(shutil, "copyfileobj", copy)
    with pytest.raises(UserError, match=r"/model\.pt: cannot be written: No space left on device"):
        read_checkpoint(tmp_path / "b.zip")
