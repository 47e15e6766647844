from abc import ABC, abstractmethod

import pytest

from sublimen import catalogue
from sublimen.attacks import ATTACKS, Fgsm
from sublimen.catalogue import exported, look_up, source
from sublimen.errors import UnknownNameError


class Kind(ABC):
    """Something with a name."""

    name: str

    @abstractmethod
    def act(self):
        """Do something."""


class Zebra(Kind):
    """An entry.

    References:
        Somebody, "A title",
        a journal, 1999.
    """

    name = "zebra"

    def act(self):
        pass


class Ant(Zebra):
    name = "ant"


def test_entries_are_the_concrete_classes_in_order_of_their_names(monkeypatch):
    for entry in (Kind, Zebra, Ant, str):
        monkeypatch.setattr(catalogue, entry.__name__, entry, raising=False)

    assert list(exported("sublimen.catalogue", Kind).items()) == [("ant", Ant), ("zebra", Zebra)]


def test_an_entry_is_found_by_its_name():
    assert look_up(ATTACKS, "fgsm", kind="attack") is Fgsm


@pytest.mark.parametrize(
    ("typed", "advice"), [("fgms", "did you mean fgsm"), ("xyz", "choose from adv-drop, alma, bim")]
)
def test_an_unknown_name_gets_advice(typed, advice):
    with pytest.raises(UnknownNameError, match=f"no attack '{typed}'; {advice}"):
        look_up(ATTACKS, typed, kind="attack")


def test_the_source_is_one_line():
    assert source(Zebra) == 'Somebody, "A title", a journal, 1999.'
    assert source(str) == ""
