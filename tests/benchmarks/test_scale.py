"""The start of a run reads lists and a few volumes, however many there are."""

import json

import pytest

from made_up import make_up, make_volumes
from medssl.engines.sampling import EpochStream
from medssl.store import load_datalist
from scale import SMALL, keys_mib, opened_volumes, scale_table, start_run


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scale")
    return folder, make_volumes(folder)


@pytest.mark.parametrize("count", [60, 600])
def test_a_start_opens_as_many_volumes_as_it_looks_at(scratch, count, tmp_path):
    folder, real = scratch
    made = make_up(folder, real, count)
    listing = json.loads((made / "datalist.json").read_text())
    assert sum(len(listing[split]) for split in ("training", "validation", "test")) == count
    own = made / "own"
    own.mkdir()
    for item in listing["training"]:  # a name for each, as opened files are kept by their names
        (own / item["id"]).hardlink_to(made / item["image"])
        item["image"] = f"own/{item['id']}"
    (made / "datalist.json").write_text(json.dumps(listing))
    with opened_volumes() as opened:
        load_datalist(made, "training")
        assert opened == []
        start_run(made, tmp_path / "run")
    assert SMALL["batch_size"] <= len(opened) <= 32 + SMALL["batch_size"]


def test_the_table_has_a_line_for_each_number():
    row = {"manifest_s": 1, "datalist_s": 0.5, "list_mib": 30.2, "start_s": 3.25, "opened": 36}
    row["sampler_mib"] = 4.25
    last = scale_table([{"scans": 100000, **row}]).splitlines()[-1]
    assert last == "| 100,000 | 1.00 | 0.50 | 30 | 3.25 | 36 | 4.25 |"


class AllAtOnce(EpochStream):
    """Lists the keys of an epoch before the first is given out."""

    def _batches(self, epoch, skip):
        keys = [(epoch, int(index)) for index in self.groups(epoch)]
        for first in range(0, len(keys), self.batch_size):
            yield keys[first : first + self.batch_size]


def test_a_sampler_that_lists_its_keys_is_seen_and_ours_takes_four_bytes_for_each():
    """Also where as much has been freed before: that is where nothing seems to be taken."""
    count = 2**17
    freed = [(0, index) for index in range(2 * count)]
    del freed
    order = 4 * count / 2**20
    assert order <= keys_mib(EpochStream(count, 2**10)) < order + 0.5
    # Of each key a tuple (56 bytes), its place in the list (8), its number (28 or more).
    assert keys_mib(AllAtOnce(count, 2**10)) > order + 92 * count / 2**20
