"""Weight files are known by their bytes, wherever they lie."""

import shutil
import zipfile

import pytest
import torch

from medssl.errors import UserError
from medssl.files import sha256_of
from medssl.weights import read_checkpoint, save_torch, weights_sha256


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


def test_what_is_not_there_is_told(bundle, tmp_path):
    (bundle / "models" / "target.pt").unlink()
    with pytest.raises(UserError, match=r"bundle: no models/target.pt in it"):
        weights_sha256(bundle, "target.pt")
    with pytest.raises(UserError, match=r"gone.pt: no such file"):
        weights_sha256(tmp_path / "gone.pt")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(UserError, match=r"expected one <bundle>/models/model.pt, found 0"):
        weights_sha256(tmp_path / "empty.zip")
