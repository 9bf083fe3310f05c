"""``medssl verify``: a good bundle passes, and what is found stands in one table."""

import shutil

import pytest

from medssl.cli import Commands
from medssl.errors import UserError
from medssl.zoo.verify import QUICK, run_checks, table

from ...bundles.conftest import BUNDLES
from .conftest import NAME, archive_of


@pytest.mark.parametrize("name", [NAME, "lung_nodule_ct_segmentation"])
def test_a_release_passes_the_quick_checks(name, releases, phantoms):
    results = run_checks(archive_of(releases, name), phantoms, QUICK)
    assert [result.check for result in results] == list(QUICK)
    assert all(result.passed for result in results), table(results)
    assert {result.check: result.note for result in results}["release"] == "trained"


def test_the_command_prints_one_table_and_fails_on_a_fault(subject, capsys):
    (subject.folder / "LICENSE").unlink()
    with pytest.raises(SystemExit) as exit_:
        Commands().verify(str(subject.folder), quick=True)
    assert exit_.value.code == 1
    out = capsys.readouterr().out
    assert "missing: LICENSE" in out
    assert out.splitlines()[-1] == "0 passed, 1 failed"
    with pytest.raises(UserError, match="--all"):
        Commands().verify()


def test_several_bundles_share_one_table(subject, tmp_path, phantoms):
    other = tmp_path / "other" / "pretrain_byol"
    shutil.copytree(BUNDLES / "pretrain_byol", other)
    (other / "LICENSE").unlink()
    results = [
        *run_checks(subject.folder, phantoms, ["files", "name"]),
        *run_checks(other, phantoms, ["files", "name"]),
    ]
    lines = table(results).splitlines()
    assert lines[0].split() == ["bundle", "files", "name"]
    assert [line.split() for line in lines[1:3]] == [
        [NAME, "ok", "ok"],
        ["pretrain_byol", "FAIL", "-"],
    ]
    assert lines[3] == "FAIL  pretrain_byol, files: missing: LICENSE"
