"""MONAI's properties are asked of both workflows."""

import pytest

from medssl.errors import UserError
from medssl.zoo.verify import CHECKS, properties


@pytest.mark.parametrize(
    ("name", "own", "words"),
    [
        ("train", "key_metric", "not MONAI's properties: .*val_key_metric"),
        ("inference", "inferer", ".*'inferer'"),
    ],
)
def test_a_part_under_another_name_is_not_found(
    subject, data, scans, monkeypatch, name, own, words
):
    """The workflow runs as before, but other programs look for its parts by MONAI's names."""
    monkeypatch.setattr(properties, "phantom", lambda subject: (data, scans / "subset0"))
    assert CHECKS["properties"](subject) == "train and infer"
    path = subject.folder / "configs" / f"{name}.json"
    text = path.read_text(encoding="utf-8")
    renamed = text.replace(f'"{own}": {{', '"other": {').replace(f'#{own}"', '#other"')
    renamed = renamed.replace(f'"@{own}"', '"@other"')
    path.write_text(renamed, encoding="utf-8")
    with pytest.raises(UserError, match=rf"^{name}\.json: {words}"):
        CHECKS["properties"](subject)
