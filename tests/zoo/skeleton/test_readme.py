"""A skeleton's README says nothing that holds of another bundle alone."""

import pytest

from medssl.zoo.skeleton import new_method
from medssl.zoo.skeleton.families import FAMILIES
from medssl.zoo.skeleton.readme import make_readme, reword


@pytest.mark.parametrize("family", FAMILIES)
def test_a_readme_speaks_of_its_own_bundle_and_of_files_that_are_there(checkout, family):
    bundle = checkout / new_method("my_idea", family, checkout)[2]
    readme = (bundle / "docs" / "README.md").read_text(encoding="utf-8")
    source = FAMILIES[family].source
    assert readme.count(source) == 2  # the link to where the settings come from
    for target in (part.split(")")[0] for part in readme.split("](")[1:]):
        assert (bundle / "docs" / target.split("#")[0]).is_file(), target
    assert "What it assumes of grey values" not in readme
    for text in (path.read_bytes() for path in bundle.rglob("*") if path.is_file()):
        assert source.encode() not in text or text == readme.encode()


def test_data_and_commands_are_the_family_s_and_results_are_not():
    family = FAMILIES["predictive"]
    source = (
        "# Model\n\n## Data\n\nscans\n\n## Training configuration\n\none\n\ntwo\n\nthree\n\n"
        f"## Performance\n\n99 % of ten classes\n\n## Commands\n\nrun {family.source}, ten classes"
    )
    sections = dict(
        section.split("\n", 1)
        for section in make_readme(source, "pretrain_my_idea", family).split("\n## ")[1:]
    )
    assert sections["Data"].strip() == "scans"
    assert sections["Commands"].strip() == "run pretrain_my_idea, eight classes"
    assert sections["Training configuration"].strip().startswith("one\n\ntwo\n\nNetwork,")
    assert "99 %" not in sections["Performance"]
    with pytest.raises(KeyError, match="Training configuration"):
        make_readme("# Model\n", "pretrain_my_idea", family)


def test_words_are_replaced_wherever_they_stand():
    assert reword("a cat, a cat", {"cat": "dog", "a dog": "the dog"}) == "the dog, the dog"
