import math
from pathlib import Path

import pytest
import torch
from torch import nn

from sublimen.errors import PhotoError, SettingError
from sublimen.recognisers import GalleryChips, IdentityClassifier, gallery_chips
from sublimen.recognisers.identity_classifier import calibrated


class Colour(nn.Module):
    """The mean colour as an embedding, with a parameter that could be trained."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, chips):
        return self.gain * chips.mean(dim=(2, 3))


def gallery_of(*people):
    """A gallery in which each person is a list of colours, one a face."""
    colours = [colour for person in people for colour in person]
    numbers = [number for number, person in enumerate(people) for _ in person]
    return GalleryChips(
        chips=torch.tensor(colours).view(-1, 3, 1, 1).expand(-1, -1, 4, 4),
        people=torch.tensor(numbers),
        names=tuple("abcdef"[: len(people)]),
        paths=tuple(Path(f"{k}.png") for k in range(len(colours))),
    )


RED, GREEN, BLUE = (0.8, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.2)


def test_a_template_is_the_mean_of_unit_embeddings():
    # As unit vectors red and the dark green weigh the same; as they are red would outweigh it.
    gallery = gallery_of([RED, (0.0, 0.1, 0.0), RED], [BLUE, BLUE])

    classifier = IdentityClassifier.of(gallery, Colour())

    half = math.sqrt(0.5)
    torch.testing.assert_close(classifier.templates, torch.tensor([[half, half, 0], [0.0, 0, 1]]))


def test_logits_are_cosines_over_the_temperature():
    classifier = IdentityClassifier(
        Colour(), torch.tensor([[2.0, 0, 0], [0, 3, 4]]), ("a", "b"), temperature=0.1, side=4
    )
    images = torch.tensor([0.3, 0.0, 0.4]).view(1, 3, 1, 1).expand(1, 3, 4, 4)

    logits = classifier(images)

    torch.testing.assert_close(logits, torch.tensor([[6.0, 6.4]]))
    assert classifier.labels == ("a", "b")


def test_the_last_face_is_held_out():
    one = IdentityClassifier.of(gallery_of([RED, GREEN], [BLUE, BLUE]), Colour())
    other = IdentityClassifier.of(gallery_of([RED, BLUE], [BLUE, BLUE]), Colour())

    assert torch.equal(one.templates, other.templates)
    assert one.temperature != other.temperature


def test_the_only_face_of_a_person_is_enrolled():
    classifier = IdentityClassifier.of(gallery_of([RED], [BLUE, BLUE], [GREEN]), Colour())

    torch.testing.assert_close(classifier.templates, torch.eye(3)[[0, 2, 1]])


def test_it_is_as_sure_as_it_was_right():
    # One held-out face for each of two people, orthogonal: targets of 3/4, a gap of 1.
    classifier = IdentityClassifier.of(gallery_of([RED, RED], [BLUE, BLUE]), Colour())

    probability = classifier(gallery_of([RED]).chips).softmax(dim=1)

    torch.testing.assert_close(probability, torch.tensor([[0.75, 0.25]]))


@pytest.mark.parametrize(
    ("similarities", "labels", "factor"),
    [
        # q = 2/3 of three people: e^b / (e^b + 2) = 2/3.
        ([[1.0, 0.0, 0.0]], [0], math.log(4)),
        ([[0.5, 0.0, 0.0]], [0], math.log(4) / 0.5),
        # Three of four right by a gap of 0.1: p = (3 q + (1 - q)) / 4 = 2/3 for q = 5/6.
        ([[0.1, 0.0]] * 3 + [[0.0, 0.1]], [0, 0, 0, 0], math.log(2) / 0.1),
        # Shifted similarities are the same logits.
        ([[0.9, 0.8]] * 3 + [[0.8, 0.9]], [0, 0, 0, 0], math.log(2) / 0.1),
    ],
)
def test_temperatures_known_in_closed_form_are_found(similarities, labels, factor):
    found = calibrated(torch.tensor(similarities), torch.tensor(labels))

    assert found == pytest.approx(1 / factor, rel=1e-4)


def test_a_hopeless_embedder_gets_the_softest_answer():
    assert calibrated(torch.tensor([[0.0, 0.5]]), torch.tensor([0])) == 1


def test_it_is_frozen_and_does_not_remember():
    gallery = gallery_of([RED, RED], [BLUE, BLUE])

    first = IdentityClassifier.of(gallery, Colour())
    second = IdentityClassifier.of(gallery, Colour())

    assert torch.equal(first(gallery.chips), second(gallery.chips))
    assert not any(parameter.requires_grad for parameter in first.parameters())
    assert not first.training
    assert first.side == 4


def test_a_plain_function_is_an_embedder_too():
    gallery = gallery_of([RED, RED], [BLUE, BLUE])

    classifier = IdentityClassifier.of(gallery, lambda chips: chips.mean(dim=(2, 3)))

    assert classifier(gallery.chips).argmax(dim=1).tolist() == [0, 0, 1, 1]


def test_the_gradient_is_that_of_the_cosine():
    classifier = IdentityClassifier(
        Colour(), torch.eye(3)[:2], ("a", "b"), temperature=0.5, side=1
    ).double()
    images = torch.tensor([0.6, 0.3, 0.2], dtype=torch.double).view(1, 3, 1, 1).requires_grad_()

    assert torch.autograd.gradcheck(classifier, images)


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ([[RED, RED]], "at least two people, got 1"),
        ([[RED, RED], []], "got none of b"),
        ([[RED], [BLUE]], "two photos with a face"),
    ],
)
def test_galleries_that_cannot_be_calibrated_are_refused(people, words):
    with pytest.raises(PhotoError, match=words):
        IdentityClassifier.of(gallery_of(*people), Colour())


def test_unfit_settings_are_refused():
    with pytest.raises(SettingError, match="temperature must be above 0"):
        IdentityClassifier(Colour(), torch.eye(2), ("a", "b"), temperature=0, side=4)
    with pytest.raises(PhotoError, match="one template, got 2 for 1 people"):
        IdentityClassifier(Colour(), torch.eye(2), ("a",), temperature=1, side=4)


@pytest.mark.weights
@pytest.mark.slow
def test_of_a_hundred_people_nearly_all_are_recognised_in_new_photos(data):
    pytest.importorskip("dlib", reason="the extra photo brings dlib")
    pytest.importorskip("face_recognition_models", reason="the extra photo brings weights")
    from sublimen.recognisers import DlibResnet

    known, new = gallery_chips(data / "faces" / "lfw").split(2)
    classifier = IdentityClassifier.of(known, DlibResnet.load())

    logits = torch.cat([classifier(chips) for chips in torch.split(new.chips, 50)])

    hits = (logits.argmax(dim=1) == new.people).float().mean().item()
    sure = logits.softmax(dim=1).amax(dim=1).mean().item()
    assert len(classifier.labels) == 100
    assert len(new.people) == 200
    assert hits >= 0.95
    assert sure == pytest.approx(hits, abs=0.05)
