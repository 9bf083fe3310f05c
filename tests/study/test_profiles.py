"""A profile is a name of ours, or a folder that is one; the local one is known by any path."""

import pytest

from medssl.errors import UserError
from medssl.study.profiles import PROFILES, find_profile, is_local

from .studies import STUDY


@pytest.mark.parametrize("name", PROFILES)
def test_ours_are_found_by_name_and_by_path(name, monkeypatch):
    ours = STUDY / "profiles" / name
    assert find_profile(name, STUDY) == ours
    monkeypatch.chdir(STUDY.parent)
    for path in (str(ours), f"study/profiles/{name}", f"study/../study/profiles/{name}/"):
        assert find_profile(path, STUDY).resolve() == ours
        assert is_local(path, STUDY) == (name == "local")


def test_one_s_own_is_a_folder_beside_ours_or_anywhere(tmp_path):
    for folder in (tmp_path / "mine", tmp_path / "profiles" / "other"):
        folder.mkdir(parents=True)
        (folder / "config.v8+.yaml").touch()
    assert find_profile(str(tmp_path / "mine"), tmp_path) == tmp_path / "mine"
    assert find_profile("other", tmp_path) == tmp_path / "profiles" / "other"


@pytest.mark.parametrize("name", ["slrum", "local/", "./local", "../profiles/local", ".", ".."])
def test_what_is_none_is_told(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=rf"--profile: {name}: none.*expected one of local"):
        find_profile(name, STUDY)


def test_no_name_is_none_and_the_nearest_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").touch()
    with pytest.raises(UserError, match=r"--profile: : none"):
        find_profile("", STUDY)
    with pytest.raises(UserError, match="did you mean slurm"):
        find_profile("slrum", STUDY)
