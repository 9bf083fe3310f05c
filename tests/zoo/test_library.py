"""A copy of the library under another name imports nothing of the original."""

import json
import sys

from medssl.zoo.library import LEFT_OUT, LIBRARY, copy_library, package_name, point_to
from tests.warm import Bare, run_warm


def test_names_of_bundles_and_versions_do_not_meet():
    assert package_name("pretrain_x", "1.2.30") == "medssl_pretrain_x_1_2_30"
    assert package_name("pretrain_x", "1.23.0") != package_name("pretrain_x", "1.2.30")


def test_a_copy_is_whole_but_for_what_bundles_do_not_use_and_lives_on_its_own(tmp_path):
    copy_library(tmp_path / "medssl_b_0_1_0")
    copied = {path.relative_to(tmp_path / "medssl_b_0_1_0") for path in tmp_path.rglob("*.py")}
    own = {path.relative_to(LIBRARY) for path in LIBRARY.rglob("*.py")}
    assert copied == {path for path in own if not set(path.parts) & set(LEFT_OUT)}
    assert len(own - copied) > 20
    (tmp_path / "told.py").write_text(
        "import sys; import medssl_b_0_1_0.command_line\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] == 'medssl'))"
    )
    said = run_warm([sys.executable, "-W", "ignore", "-m", "told"], tmp_path, Bare)
    assert said.stdout == "[]\n", said.stderr


def test_references_point_to_the_copy_and_words_stay(tmp_path):
    config = {
        "initialize": ["$print(1)"],
        "network": {"_target_": "medssl.networks.UNet3D"},
        "expression": "$medssl.x",
        "text": "medssl. ends a sentence",
        "command": "medssl pack",
    }
    path = tmp_path / "train.json"
    path.write_text(json.dumps(config))
    point_to("medssl_b_0_1_0", path)
    found = json.loads(path.read_text())
    reach = {"_target_": "site.addsitedir", "sitedir": "@bundle_root"}
    assert found.pop("initialize") == [reach, "$print(1)"]
    assert found == {
        **{key: config[key] for key in ("expression", "text", "command")},
        "network": {"_target_": "medssl_b_0_1_0.networks.UNet3D"},
    }
