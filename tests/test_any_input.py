"""Whatever a file holds, its reader gives what it promises or one line: by hypothesis."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medssl.engines.provenance import read_record
from medssl.engines.trace import read_entries, read_metrics, read_times, read_trace
from medssl.errors import UserError, one_line
from medssl.forms import misfit
from medssl.sources.pairing import read_patients
from medssl.store.case_table import read_case_table
from medssl.store.contract import ScanContract
from medssl.store.items import check_items
from medssl.store.marks import read_marks

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
KEYS = st.text(max_size=6) | st.sampled_from(["run", "data", "metrics", "epoch", "loss", "id"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
# The folder of a test may be the same for all examples: each writes its file anew.
quickly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def given_or_refused(read, *arguments):
    """What is read; None where it is refused in one line."""
    try:
        return read(*arguments)
    except UserError as error:
        lines = one_line(error).splitlines()
    assert len(lines) == 1
    return None


@quickly
@given(TREES, TREES)
def test_a_form_is_asked_of_anything(content, more):
    form = {"run": {str: [str]}, "metrics": {str: {str: (int, float)}}, "epoch": int}
    fault = misfit(content, form)
    assert fault or isinstance(content, dict)
    assert not misfit({"other": more}, form)


@quickly
@given(st.lists(st.dictionaries(st.sampled_from(["id", "image", "patient", "shape"]), TREES)))
def test_entries_of_a_data_list(tmp_path, items):
    found = given_or_refused(check_items, items, tmp_path / "datalist.json")
    assert found is None


@quickly
@given(st.fixed_dictionaries(dict.fromkeys(ScanContract().as_dict(), TREES)))
def test_a_scan_contract(content):
    contract = given_or_refused(ScanContract.from_dict, content, "x.json")
    assert contract is None or contract.channels


@quickly
@given(st.binary(max_size=60) | TREES.map(lambda tree: json.dumps(tree).encode()))
def test_a_provenance(tmp_path, content):
    path = tmp_path / "provenance.json"
    path.write_bytes(content)
    record = given_or_refused(read_record, path)
    assert record is None or isinstance(record, dict)


@quickly
@given(st.lists(TREES.map(lambda tree: json.dumps(tree).encode()) | st.binary(max_size=20)))
def test_a_trace(tmp_path, lines):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(b"\n".join(lines))
    for read in (read_entries, read_trace, read_metrics, read_times):
        given_or_refused(read, path)


@pytest.mark.parametrize("read", [read_patients, read_case_table, read_marks])
@quickly
@given(content=st.binary(max_size=80) | st.text(max_size=80).map(lambda text: text.encode()))
def test_a_table(tmp_path, read, content):
    heads = (b"", b"id,patient\n", b"case,label\n", b"seriesuid,coordX,coordY,coordZ\n")
    for head in heads:
        path = tmp_path / "table.csv"
        path.write_bytes(head + content)
        given_or_refused(read, path)
