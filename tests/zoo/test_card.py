"""What a card says of the weights that others started from."""

from medssl.zoo.card import data_licence, provenance_table

ANCESTORS = [
    {"name": "tuned", "data": {"training": [{}, {}], "validation": [{}]}, "licence": ["B", "A"]},
    {"name": "other.pt", "data": None, "licence": []},
]
PROVENANCE = {"run": {"licence": ["A"]}, "ancestors": ANCESTORS}


def test_the_licences_of_all_generations_count():
    assert data_licence(PROVENANCE) == "A, B"
    assert data_licence({"run": {}}) == "not stated"


def test_ancestors_are_named():
    table = provenance_table({"version": "1"}, PROVENANCE)
    assert "| started from | tuned (3 scans), before it other.pt (origin unknown) |" in table
    assert "started from" not in provenance_table({"version": "1"}, {"run": {}})
