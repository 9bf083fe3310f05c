"""One table says what travels with weights; contract and hand-over are held against it."""

from dataclasses import fields

from medssl.engines.known_keys import KEYS, NETWORK, bound, compared, settings
from medssl.store.contract import SCAN, ScanContract

PREPARED = {field.name: field.default for field in fields(ScanContract)}


def test_what_the_scans_say_is_the_scan_contract():
    """A field added to the contract must be given its place in the table."""
    said = {name for name, key in KEYS.items() if key.table == SCAN and not key.setting}
    assert said == set(PREPARED)
    assert said < set(bound()), "a network is not to be fed scans prepared in another way"
    assert said == set(compared()) & said, "a hand-over between other scans is said or refused"


def test_each_key_has_one_table_and_one_verdict():
    assert {key.table for key in KEYS.values()} == {SCAN, NETWORK}
    assert not [name for name, key in KEYS.items() if key.must_match and key.told]
    assert not set(settings(SCAN)) & set(settings(NETWORK))
