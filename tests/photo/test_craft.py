"""The search over a face with a recogniser of a few numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sublimen.attacks.sublimen import Sublimen
from sublimen.attacks.uploads import Upload
from sublimen.photo import sitting as module
from sublimen.photo.allowance import Allowance
from sublimen.photo.as_saved import AsSaved
from sublimen.photo.craft import ROUNDS, Craft
from sublimen.photo.encoding import Codec
from sublimen.photo.fainter import NEAR, Fainter
from sublimen.photo.file import Photo
from sublimen.photo.gallery import Gallery
from sublimen.photo.options import SearchOptions
from sublimen.photo.panel import Witness
from sublimen.photo.region import region_of
from sublimen.photo.sitting import Sitting
from sublimen.visibility.answer import Observer
from tests.photo.tiny import FACE, Other, Tiny, photo

NETWORKS = (Tiny(), Other(6, seed=1))


def stubborn(role):
    """Matches whatever it sees."""
    return Witness(
        name="stubborn",
        role=role,
        threshold=0.5,
        false_match_rate=0.01,
        embed=lambda *_: np.zeros(2, np.float32),
    )


@pytest.fixture
def craft(monkeypatch):
    """A search in which the face stays where it is."""
    monkeypatch.setattr(module, "find_faces", lambda *_: [FACE])

    def make(*others, margin=0.1, networks=NETWORKS, using="bim"):
        levels = photo()
        image = Photo(levels=levels, alpha=None, format="PNG", lossless=True)
        witnesses = (*(Witness.of(network, "surrogate") for network in networks), *others)
        jnd = np.full((3, *levels.shape[:2]), 40, np.float32)
        return Craft(
            sitting=Sitting.of(levels, [FACE], witnesses),
            allowance=Allowance(image, jnd, 1.0),
            codec=Codec(image, Path("a.png")),
            networks=networks,
            how=SearchOptions(using=using, margin=margin, effort="quick"),
            observer=Observer.of(names=["flip"]),
            watch=lambda *_: None,
        )

    return make


def test_every_surrogate_is_misled_in_the_file(craft):
    crafted = craft().run()

    (look,), (attempt,) = crafted.looks, crafted.tries
    assert attempt.reached
    assert attempt.turns == 1
    assert look.distances[0] > NETWORKS[0].threshold + 0.1
    assert look.distances[1] > NETWORKS[1].threshold + 0.1


def test_the_other_surrogate_needs_a_search_of_its_own(craft):
    alone = craft(Witness.of(NETWORKS[1], "judge"), networks=NETWORKS[:1]).run()

    assert alone.looks[0].distances[0] > NETWORKS[0].threshold
    assert alone.looks[0].distances[1] < NETWORKS[1].threshold


def test_a_judge_does_not_steer_the_search(craft):
    judged, verified = craft(stubborn("judge")).run(), craft(stubborn("verifier")).run()

    assert judged.tries[0].turns == 1
    assert verified.tries[0].turns == ROUNDS


def test_what_all_searches_on_a_face_moved_is_the_change(craft):
    crafted = craft(stubborn("verifier")).run()

    (attempt,) = crafted.tries
    moved = np.zeros(photo().shape, np.float32)
    for box, change in attempt.changes:
        moved[box.slices] += change
    assert len(attempt.changes) == attempt.turns > 1
    assert np.array_equal(moved, crafted.levels.astype(np.float32) - photo())
    assert moved.any()


def test_only_the_region_changes(craft):
    crafted = craft().run()

    x0, y0, x1, y1 = crafted.tries[0].box
    assert crafted.tries[0].box == region_of(FACE, NETWORKS, photo())
    outside = np.ones(photo().shape[:2], dtype=bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(crafted.levels[outside], photo()[outside])
    assert (crafted.levels != photo()).any()


def test_sublimen_searches_once_and_is_scaled_by_what_is_seen_of_the_file(craft):
    search = craft(stubborn("verifier"), using="sublimen")
    as_visible = Fainter(
        sitting=search.sitting,
        codec=search.codec,
        allowance=search.allowance,
        seen=search.observer.limited,
        limit=1.0,
    )

    crafted = as_visible(search.run())

    seen = search.observer.limited(photo(), crafted.saved, [FACE])
    assert crafted.tries[0].turns == 1
    assert crafted.looks[0].distances[0] > 0.1
    assert NEAR <= seen <= 1


def test_what_sublimen_moved_is_kept_before_it_is_rounded(craft):
    crafted = craft(using="sublimen").run()

    ((box, change),) = crafted.tries[0].changes
    moved = crafted.levels[box.slices].astype(np.float32) - photo()[box.slices]
    assert (change != change.round()).mean() > 0.5
    inside = (slice(20, -20), slice(20, -20))
    np.testing.assert_array_equal(moved[inside], change[inside].round())


def test_somebody_who_asks_ends_the_search_with_what_it_has(craft):
    search = craft(using="sublimen")
    asked = iter([False] * 4 + [True] * 99)

    crafted = replace(search, asked=lambda: next(asked)).run()

    assert crafted.tries[0].gradients == 4
    assert (crafted.levels != photo()).any()


def test_with_a_gallery_the_aim_is_the_middle_of_the_person(craft):
    sitting = craft().sitting
    own = sitting.sitters[0].templates[0]
    near, far = own + np.float32(0.01), own + np.float32(100)
    others = tuple((near, far) if k == 0 else () for k in range(len(sitting.witnesses)))
    known = replace(sitting, galleries={"gallery": Gallery(others, ())})

    aim = known.reference(0, known.sitters[0])

    middle = (own + near) / 2
    np.testing.assert_allclose(np.linalg.norm(aim), np.linalg.norm(own), rtol=1e-5)
    np.testing.assert_allclose(
        aim / np.linalg.norm(aim), middle / np.linalg.norm(middle), rtol=1e-5
    )
    assert sitting.reference(0, sitting.sitters[0]) is own


def test_a_gallery_of_nobody_known_changes_no_aim(craft):
    sitting = craft().sitting
    own = sitting.sitters[0].templates[0]
    stranger = own + np.float32(100)
    known = replace(sitting, galleries={"gallery": Gallery(((stranger,), (), ()), ())})

    assert known.reference(0, known.sitters[0]) is own


def with_others(search, album, *templates):
    """The same search with other photos, one face in each."""
    gallery = Gallery(tuple((template,) for template in templates), (), ("one",))
    return replace(search, sitting=replace(search.sitting, galleries={album: gallery}))


@pytest.mark.parametrize(("using", "share"), [("bim", 1.0), ("sublimen", 0.1)])
def test_the_change_leads_away_from_photos_that_were_protected_before(craft, using, share):
    search = craft(using=using)
    before = search.run().looks[0].templates

    crafted = with_others(search, "apart", *before).run()

    (look,) = crafted.looks
    distances = [np.linalg.norm(old - new) for old, new in zip(before, look.templates, strict=True)]
    np.testing.assert_allclose(look.nearest["apart"], distances)
    for witness, *far in zip(search.sitting.witnesses, distances, look.distances, strict=True):
        assert min(far) > share * witness.threshold


def test_the_change_leads_towards_somebody(craft):
    search = craft()
    own = search.sitting.sitters[0].templates
    beyond = (0.9, 1.6)
    wanted = [own + near / np.sqrt(len(own)) for own, near in zip(own, beyond, strict=True)]
    wanted = [template.astype(np.float32) for template in wanted]

    crafted = with_others(search, "towards", *wanted).run()

    assert crafted.tries[0].reached
    nearest = crafted.looks[0].nearest["towards"]
    for near, witness in zip(nearest, search.sitting.witnesses, strict=True):
        assert near <= witness.threshold - 0.1


def test_what_is_uploaded_is_the_file(craft, monkeypatch):
    shown = []

    def stopped(attack, *_args, **_kwargs):
        shown.append(attack.view)
        raise KeyboardInterrupt

    monkeypatch.setattr(Sublimen, "change", stopped)

    with pytest.raises(KeyboardInterrupt):
        craft(using="sublimen").run()

    saved, upload = shown[0].views
    assert isinstance(saved, AsSaved)
    assert isinstance(upload, Upload)
