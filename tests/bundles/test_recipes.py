"""Each README shows its recipes key by key: the default, the small one and the paper's."""

import json

import pytest

from .conftest import BUNDLES, PRETEXT

HEAD = "| key | default | `small.json` | `paper.json` |\n|---|---|---|---|"
FOLLOWS = "validate#handlers#0"  # from the scheduler, which then steps at each validation


def value(config, key):
    """A value as a README shows it: of what is built its kind alone."""
    if key not in config:
        return ""
    found = config[key]
    shown = found["_target_"].rsplit(".", 1)[-1] if isinstance(found, dict) else json.dumps(found)
    return f"`{shown.strip(chr(34))}`"


def table(bundle):
    """All keys that an overlay changes; an empty cell is the default."""
    configs = [
        json.loads((BUNDLES / bundle / "configs" / f"{name}.json").read_text())
        for name in ("train", "small", "paper")
    ]
    # Weights that a run starts from bring their own width.
    configs[0] |= {"base_channels": configs[0]["source"]["default"]["base_channels"]}
    keys = dict.fromkeys(key for config in configs[1:] for key in config if key != FOLLOWS)
    rows = [f"| `{key}` | {' | '.join(value(config, key) for config in configs)} |" for key in keys]
    return "\n".join([HEAD, *rows])


@pytest.mark.parametrize("bundle", PRETEXT)
def test_the_readme_shows_what_each_recipe_changes(bundle):
    assert table(bundle) in (BUNDLES / bundle / "docs" / "README.md").read_text("utf-8")
