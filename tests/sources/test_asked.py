"""Options that every preparation takes."""

import numpy as np
import pytest

from medssl.errors import UserError
from medssl.sources import prepare_luna16
from medssl.sources.asked import Asked
from medssl.sources.intensity import MODALITIES
from medssl.sources.shards import Shard


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"workers": 0}, "workers: 0, expected a number of processes"),
        ({"workers": 1.5}, "workers: 1.5"),
        ({"workers": "two"}, "workers: 'two'"),
        ({"seed": "abc"}, "seed: 'abc', expected a whole number"),
        ({"seed": True}, "seed: True"),
        ({"seed": np.float64(1)}, "seed: "),
    ],
)
def test_options_of_another_kind_are_named(asked, message):
    with pytest.raises(UserError, match=message):
        Asked(**asked)


def test_what_decides_the_volumes_is_part_of_it():
    settings = Asked((1.0, 1.0, 2.0), (-100.0, 200.0), modality=MODALITIES["mr"]).settings
    assert (settings.spacing, settings.hu_clip) == ((1.0, 1.0, 2.0), (-100.0, 200.0))
    assert settings.channels == MODALITIES["mr"].channels
    assert settings.of_mr


@pytest.mark.parametrize(
    ("shard", "is_part"), [(None, False), (Shard(2, 3), True), (Shard(None, 3), False)]
)
def test_a_shard_alone_is_a_part(shard, is_part):
    assert Asked(shard=shard).is_part is is_part


@pytest.mark.parametrize("output", ["scans", "./scans", "link"])
def test_the_source_is_not_written_to(output, tmp_path, monkeypatch):
    """Its own tables are called as those that are made of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans").mkdir()
    (tmp_path / "link").symlink_to("scans")
    with pytest.raises(UserError, match=rf"{output}: the source, which stays as it is"):
        prepare_luna16("scans", output)
    assert list((tmp_path / "scans").iterdir()) == []
