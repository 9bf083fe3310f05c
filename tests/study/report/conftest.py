"""The report of a small made-up study."""

import pytest

from medssl.study.report.write import write_report
from medssl.study.tables import methods

from ..results import write_results


@pytest.fixture
def columns(monkeypatch):
    """Those that the made-up study has."""
    monkeypatch.setattr(methods, "TABLE3", (("ncs", "dice"), ("ncs", "miou")))


@pytest.fixture
def study(tmp_path, columns):
    folder = write_results(tmp_path / "study", left_out=("jig",))
    write_report(folder)
    return folder
