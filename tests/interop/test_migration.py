"""The tables of the migration page: what is on the left is what is on the right."""

import ast
import re
from pathlib import Path

import pytest

from sublimen import attacks
from sublimen.attacks.diversity import InputDiversity
from sublimen.attacks.m_di2_fgsm import MDi2Fgsm
from sublimen.attacks.mi_fgsm import MiFgsm
from sublimen.attacks.pgd_l2 import PgdL2
from sublimen.attacks.through import Through
from sublimen.attacks.translation import TranslationInvariance
from sublimen.interop import torchattacks_style

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "migration.md").read_text("utf-8")
OURS = {
    **vars(attacks),
    **{
        found.__name__: found
        for found in (InputDiversity, MDi2Fgsm, MiFgsm, PgdL2, Through, TranslationInvariance)
    },
}


def rows(library):
    """Both columns of the table under a heading."""
    _, _, below = PAGE.partition(f"| {library} | sublimen |\n|---|---|\n")
    table = below.partition("\n\n")[0]
    return [tuple(re.findall(r"`([^`]+)`", line)) for line in table.splitlines()]


@pytest.mark.parametrize(("left", "right"), rows("torchattacks"))
def test_both_columns_are_the_same_attack(left, right):
    there = eval(left, {**vars(torchattacks_style), "model": lambda images: images})

    here = eval(right, OURS)

    assert rounded(there.using) == rounded(here)


def rounded(attack):
    """Steps such as (2 / 255) / (8 / 255) and 2 / 8 differ in the last digit."""
    return re.sub(r"\d+\.\d+(e-\d+)?", lambda found: f"{float(found[0]):.9g}", repr(attack))


@pytest.mark.parametrize(("left", "right"), rows("foolbox"))
def test_the_left_column_of_foolbox_is_one_of_its_attacks(left, right):
    foolbox = pytest.importorskip("foolbox", reason="foolbox is not installed")

    assert eval(left, vars(foolbox.attacks))
    assert eval(right, OURS)


@pytest.mark.parametrize(("left", "right"), rows("foolbox"))
def test_numbers_of_the_columns_of_foolbox_are_the_same(left, right):
    here = eval(right, OURS)
    values = [ast.literal_eval(k.value) for k in ast.parse(left, mode="eval").body.keywords]

    assert all(f"={value}" in repr(here) for value in values)


def test_every_name_of_torchattacks_that_we_have_is_on_the_page():
    names = {name for name, found in vars(torchattacks_style).items() if made_here(found)}

    assert names == {left.partition("(")[0] for left, _ in rows("torchattacks")}


def made_here(found):
    return getattr(found, "__module__", "") == torchattacks_style.__name__ and isinstance(
        found, type
    )
