import pytest
import torch

from sublimen.errors import SettingError
from sublimen.recognisers import Gallery


@pytest.fixture
def gallery():
    references = {"Ada": torch.tensor([[0.0, 0.0], [4.0, 0.0]]), "Max": torch.tensor([[1.0, 0.0]])}
    return Gallery(references, threshold=0.8)


def test_the_nearest_photo_of_a_person_counts(gallery):
    ranked = gallery.rank(torch.tensor([3.8, 0.0]))

    assert [candidate.name for candidate in ranked] == ["Ada", "Max"]
    assert ranked[0].distance == pytest.approx(0.2)


def test_everybody_within_the_threshold_is_named_nearest_first(gallery):
    assert [c.name for c in gallery.identify(torch.tensor([0.6, 0.0]))] == ["Max", "Ada"]
    assert [c.name for c in gallery.identify(torch.tensor([1.7, 0.0]))] == ["Max"]
    assert gallery.identify(torch.tensor([2.5, 0.0])) == []


def test_enrolling_adds_people_and_photos_and_leaves_the_gallery_alone(gallery):
    larger = gallery.enrol("Eve", torch.tensor([[9.0, 9.0]])).enrol("Max", torch.tensor([[2.5, 0]]))

    assert [c.name for c in larger.identify(torch.tensor([2.5, 0.0]))] == ["Max"]
    assert set(larger.references) == {"Ada", "Max", "Eve"}
    assert gallery.identify(torch.tensor([2.5, 0.0])) == []


def test_galleries_that_cannot_be_used_are_refused():
    with pytest.raises(SettingError, match="at least one person"):
        Gallery({}, threshold=0.6)
    with pytest.raises(SettingError, match=r"one network, got widths \[2, 3\]"):
        Gallery({"a": torch.zeros(1, 2), "b": torch.zeros(1, 3)}, threshold=0.6)
