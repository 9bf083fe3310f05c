"""A file that knows its version and checksum is read as it was written, or not at all."""

import json

import pytest

from medssl.errors import UserError
from medssl.study.checked import read_checked, write_checked


def test_what_was_written_is_read_and_what_was_changed_is_not(tmp_path):
    path = write_checked(tmp_path / "a.json", 3, {"of": ("x", 0.1)})
    assert read_checked(path, 3, "write it anew") == {"format": 3, "of": ["x", 0.1]}
    with pytest.raises(UserError, match=r"a\.json: of another version; write it anew"):
        read_checked(path, 4, "write it anew")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"of": ["y", 0.1]}))
    with pytest.raises(UserError, match=r"a\.json: damaged, or changed .*; write it anew"):
        read_checked(path, 3, "write it anew")
