"""Words that keys take are those of whoever takes them."""

import json
from pathlib import Path

import pytest

from medssl.engines.choices import CHOICES, PARTS_KEY, to_choose_from

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("scheme", "ful", "one of full, warmup, frozen, probe"),
        ("augmentation", "S9", "one of none, S1, S2, S3, S4, S5, S6, strong"),
        ("augmentation", ["S1"], "one of none, S1, "),
        ("batch_norm", "group", "one of running, batch"),
        ("crop_rule", "lungs", "one of auto, lung, body, any"),
        ("permutations", "maximum", "one of maximin, greedy_sum"),
        ("resampling", "means", "one of none, mean"),
        ("amp", "fp8", "one of auto, off, bf16, fp16"),
        ("amp", False, "one of auto, off, bf16, fp16; off is false to YAML, unless it is in quot"),
        ("scheme", False, "one of full, warmup, frozen, probe"),
        ("transfer_parts", ["encodr"], "auto, shared or a list out of encoder, decoder, such as"),
        ("transfer_parts", [], "auto, shared or a list out of"),
    ],
)
def test_another_word_is_told_with_those_there_are(key, value, said):
    assert to_choose_from(key, value).startswith(said)


def test_a_key_of_any_value_takes_it():
    assert to_choose_from("window_size", "ful") == ""


def test_words_of_the_bundles_are_among_them():
    seen = set()
    for path in BUNDLES.glob("*/configs/*.json"):
        config = json.loads(path.read_text())
        for key in (*CHOICES, PARTS_KEY):
            if key in config and not str(config[key]).startswith(("$", "@", "%")):
                assert to_choose_from(key, config[key]) == ""
                seen.add(key)
    assert seen == {*CHOICES, PARTS_KEY}
