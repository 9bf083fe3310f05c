"""A published scan is known again by number or series, whoever redistributes it."""

import pytest

from medssl.store import identify
from medssl.store.published import published_as

UID = "1.3.6.1.4.1.14519.5.2.1.6279.6001.100225287222365663678666836860"


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"id": "liver_3", "facts": {"data_set": "msd_liver", "number": 3}}, "LiTS case 3"),
        ({"id": "volume-3", "facts": {"data_set": "lits", "number": 3}}, "LiTS case 3"),
        ({"id": "scan", "facts": {"series_uid": UID}}, f"series {UID}"),
        ({"id": UID}, f"series {UID}"),
        ({"id": "2.25.73958643127592379587923587923"}, "series 2.25.73958643127592379587923587923"),
        ({"id": "2.25.7"}, None),
        ({"id": "case_1.5.2", "facts": {"number": 3}}, None),
        ({"id": "3", "facts": {"data_set": "hippocampus", "number": 3}}, None),
    ],
)
def test_name_given_by_the_publisher(item, name):
    assert published_as(item) == name
    assert identify([item])[0].get("published") == name
