"""What the paths of a configuration stand for."""

import pytest

from medssl.engines.contents import contents_of
from medssl.errors import UserError
from medssl.files import sha256_of


def test_files_are_their_content_and_folders_are_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "data" / "candidates.csv"
    for path in (table, tmp_path / "own.csv", tmp_path / "bundle" / "models" / "model.pt"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(path))
    leaves = {
        "candidates": "candidates.csv",
        "train::dataset::points": "own.csv",
        "pretrained": "bundle",
        "train::dataset::cache_dir": "elsewhere",
        "other": "/no/such/place",
        "train::dataset::data::0::image": str(table),
        "scheme": "full",
        "folder_less": "data",
        "lr": 0.1,
        "train::_target_": "medssl.x",
        "expression": "$@a + '/b'",
    }
    items = [{"image": str(tmp_path / "data" / "volumes" / "a.b2nd")}]
    assert contents_of(leaves, items) == {
        "candidates": sha256_of(table),
        "train::dataset::points": sha256_of(tmp_path / "own.csv"),
        "pretrained": sha256_of(tmp_path / "bundle" / "models" / "model.pt"),
        "train::dataset::cache_dir": None,
        "other": None,
        "train::dataset::data::0::image": None,
    }


def test_the_file_that_is_handed_over_counts(tmp_path):
    for name in ("model.pt", "target.pt"):
        (tmp_path / name).write_text(name)
    for transfer_from, name in (("online", "model.pt"), ("target", "target.pt")):
        found = contents_of({"pretrained": str(tmp_path)}, [], transfer_from)
        assert found == {"pretrained": sha256_of(tmp_path / name)}


def test_weights_that_are_not_there_are_told_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match="train the bundle first"):
        contents_of({"pretrained": str(tmp_path)}, [])
