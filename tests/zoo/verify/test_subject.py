"""A folder or a released zip is opened, and forgotten again."""

import importlib
import re
import sys
from pathlib import Path

import pytest

from medssl.errors import UserError
from medssl.zoo.archive import unpack
from medssl.zoo.verify import opened, run_checks

from .conftest import NAME, archive_of


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:400] + bytes([content[400] ^ 1]) + content[401:], "damaged|zip"),
        (lambda content: content[:1000], "zip"),
    ],
)
def test_a_damaged_archive_is_one_line(change, message, releases, phantoms, tmp_path):
    path = tmp_path / archive_of(releases).name
    path.write_bytes(change(archive_of(releases).read_bytes()))
    (result,) = run_checks(path, phantoms)
    assert (result.check, result.passed) == ("archive", False)
    assert re.search(message, result.note)
    assert "\n" not in result.note


def test_a_bundle_is_importable_while_it_is_open_and_forgotten_then(releases, tmp_path):
    """Whether it is a zip, or the folder that was unpacked from one."""
    before, package = list(sys.path), f"medssl_{NAME}_0_1_0"
    release = (NAME, "0.1.0")
    folder = unpack(archive_of(releases), tmp_path)
    for source, said in ((folder, None), (archive_of(releases), release), (folder, None)):
        with opened(source, tmp_path) as subject:
            assert sys.path[0] == str(subject.folder)
            assert (subject.name, subject.release) == (NAME, said)
            library = importlib.import_module(f"{package}.errors")
            assert Path(library.__file__).is_relative_to(subject.folder)
        assert sys.path == before
        assert not [name for name in sys.modules if name.split(".")[0] == package]
        assert subject.folder.exists() == (source == folder)


def test_code_from_elsewhere_is_told_before_any_of_it_runs(subject, capsys):
    configs = subject.folder / "configs"
    with opened(subject.folder, subject.phantoms):
        assert capsys.readouterr().err == f"running the code of the configs in {configs}\n"


def test_what_is_no_bundle_and_what_is_no_config_is_named(tmp_path):
    (tmp_path / "a.zip").touch()
    with (
        pytest.raises(UserError, match=r"a\.zip: expected a bundle's folder or a zip named like"),
        opened(tmp_path / "a.zip", tmp_path),
    ):
        pass
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "list.json").write_text("[]")
    with opened(tmp_path, tmp_path) as subject:
        with pytest.raises(UserError, match=r"configs/metadata\.json: cannot be read"):
            subject.metadata  # noqa: B018
        with pytest.raises(UserError, match=r"configs/list\.json: expected a JSON object"):
            subject.config("list")
    assert tmp_path.is_dir()
