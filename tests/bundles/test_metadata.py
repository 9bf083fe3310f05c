"""A bundle's metadata names what it needs, in the versions that were tested."""

import json
import re
import tomllib

import pytest

from .conftest import BUNDLES

ROOT = BUNDLES.parent
METADATA = sorted(BUNDLES.glob("*/configs/metadata.json"))
OWN_KEYS = {"torch": "pytorch_version", "monai": "monai_version", "numpy": "numpy_version"}


@pytest.mark.parametrize("path", METADATA, ids=lambda path: path.parents[1].name)
def test_all_packages_are_named_in_the_tested_versions(path):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [re.match(r"[\w-]+", line)[0] for line in project["dependencies"]]
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(), re.M))
    metadata = json.loads(path.read_text())
    for name, key in OWN_KEYS.items():
        assert metadata[key] == pins[name]
    others = {name: pins[name] for name in needed if name not in OWN_KEYS}
    assert metadata["required_packages_version"] == others
