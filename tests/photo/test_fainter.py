from dataclasses import replace

import numpy as np
import pytest

from sublimen.photo.allowance import Allowance
from sublimen.photo.craft import Crafted, Try
from sublimen.photo.encoding import Codec
from sublimen.photo.fainter import MOST, NEAR, PROBES, Fainter, most_of
from sublimen.photo.file import open_photo
from sublimen.photo.sitting import Sitting
from sublimen.recognisers.face import Box, Face

FACES = tuple(Face(box, ((1.0, 1.0),) * 5) for box in (Box(0, 0, 100, 100), Box(100, 0, 180, 100)))


def brighter(original, changes):
    """A photo whose faces' boxes are brighter by so many levels each."""
    levels, tries = original.astype(int), []
    for face, (box, more) in zip(FACES, changes, strict=False):
        change = np.full((box.height, box.width, 3), more, np.float32)
        levels[box.y0 : box.y1, box.x0 : box.x1] += more
        tries.append(Try(box=face.box, changes=((box, change),)))
    levels = np.clip(levels, 0, 255).astype(np.uint8)
    return Crafted(levels=levels, saved=levels, looks=(), tries=tuple(tries), visibility_bound=True)


def mean_change(original, changed, faces=()):
    """Of the photo, or of the faces' boxes if there are any: the largest."""
    change = np.abs(changed.astype(int) - original)
    boxes = [face.box for face in faces]
    parts = [change[box.y0 : box.y1, box.x0 : box.x1] for box in boxes] or [change]
    return float(max(part.mean() for part in parts))


def as_levels(share):
    """One sample that holds a share in steps of 1/250."""
    return np.full((1, 1, 1), 250 * share, np.uint8)


def share_of(levels):
    return levels.item() / 250


@pytest.fixture
def grey(portrait):
    """Far from black and white, so that nothing is clipped."""
    return (portrait // 4 + 90).astype(np.uint8)


@pytest.fixture
def run(grey, make, tmp_path):
    def shrink(crafted, limit, ending=".png", seen=mean_change, allowed=60.0):
        photo = open_photo(make(grey, f"photo{ending}"))
        fainter = Fainter(
            sitting=Sitting.of(photo.levels, FACES[: len(crafted.tries)], ()),
            codec=Codec(photo, tmp_path / f"out{ending}"),
            allowance=Allowance(photo, np.ones((3, *grey.shape[:2]), np.float32), limit=allowed),
            seen=seen,
            limit=limit,
        )
        return fainter(crafted)

    return shrink


@pytest.fixture
def one(grey):
    return brighter(grey, [(FACES[0].box, 20)])


@pytest.fixture
def two(grey):
    return brighter(grey, [(FACES[0].box, 20), (FACES[1].box, 10)])


def test_a_change_that_is_no_more_than_needed_stays_as_it_is(run, one):
    needed = replace(one, visibility_bound=False)

    assert run(needed, 30.0) is needed


def test_the_largest_share_that_is_allowed_is_kept(run, one, grey):
    result = run(one, 10.0)

    assert NEAR * 10 <= mean_change(grey, result.saved, FACES[:1]) <= 10
    moved = result.levels.astype(int) - grey
    assert np.unique(moved[FACES[0].box.slices]).tolist() == [10]
    assert round(20 * result.share) == 10
    assert np.array_equal(result.levels, result.saved)


def test_all_that_may_be_seen_is_used_even_if_less_was_found(run, one, grey):
    result = run(one, 30.0)

    assert NEAR * 30 <= mean_change(grey, result.saved, FACES[:1]) <= 30
    assert run(one, 300.0).share == MOST


def test_a_change_of_parts_of_a_level_is_scaled_before_it_is_rounded(run, one, grey):
    box = FACES[0].box
    steps = np.linspace(0, 2, box.height * box.width * 3, dtype=np.float32)
    slight = steps.reshape(box.height, box.width, 3)
    fine = replace(one.tries[0], changes=((box, slight),))

    result = run(replace(one, tries=(fine,)), 0.9)

    assert NEAR * 0.9 <= mean_change(grey, result.saved, FACES[:1]) <= 0.9


def test_no_sample_goes_further_than_it_may(run, one, grey):
    result = run(one, 30.0, allowed=23.7)

    assert np.abs(result.levels.astype(int) - grey).max() == 23


def test_each_face_gets_all_that_may_be_seen_of_it(run, two, grey):
    result = run(two, 15.0)

    assert mean_change(grey, result.saved, FACES[:1]) == pytest.approx(15, abs=0.25)
    assert mean_change(grey, result.saved, FACES[1:]) == pytest.approx(15, abs=0.25)


def test_no_face_gets_more_because_less_is_seen_of_several_at_once(run, two, grey):
    def seen(original, changed, faces):
        return mean_change(original, changed, faces) / len(faces)

    result = run(two, 15.0, seen=seen)

    assert mean_change(grey, result.saved, FACES[:1]) == pytest.approx(15, abs=0.25)
    assert mean_change(grey, result.saved, FACES[1:]) == pytest.approx(15, abs=0.25)


def test_what_is_seen_of_a_face_is_read_while_the_others_are_as_they_were(run, two, grey):
    looked = []

    def seen(original, changed, faces):
        looked.append((changed, tuple(faces)))
        return mean_change(original, changed, faces)

    run(two, 15.0, seen=seen)

    for face, other in (FACES, FACES[::-1]):
        alone = [changed for changed, faces in looked if faces == (face,)]
        assert alone
        for changed in alone:
            assert np.array_equal(changed[other.box.slices], grey[other.box.slices])
    assert looked[-1][1] == FACES


def test_where_regions_overlap_changes_add_up(run, grey):
    both = brighter(grey, [(FACES[0].box, 20), (FACES[0].box, 10)])
    needed = replace(both, visibility_bound=False)

    assert run(needed, 50.0) is needed
    assert mean_change(grey, needed.levels, FACES[:1]) == 30


def test_what_faces_get_together_is_made_fainter_if_it_is_seen_too_well(run, grey):
    everywhere = Box(0, 0, 180, 100)
    both = brighter(grey, [(everywhere, 20), (everywhere, 20)])

    result = run(both, 15.0)

    assert NEAR * 15 <= mean_change(grey, result.saved, FACES) <= 15


def test_faces_that_need_less_are_made_fainter_together(run, two, grey):
    result = run(replace(two, visibility_bound=False), 10.0)

    assert mean_change(grey, result.saved, FACES[:1]) == pytest.approx(10, abs=0.2)
    assert mean_change(grey, result.saved, FACES[1:]) == pytest.approx(5, abs=0.2)


def test_the_saved_file_is_what_is_looked_at(run, one):
    looked = []

    def seen(original, changed, faces):
        looked.append(changed)
        return mean_change(original, changed, faces)

    result = run(one, 8.0, ".jpg", seen)

    assert any(np.array_equal(result.saved, changed) for changed in looked)
    assert not np.array_equal(result.levels, result.saved)


@pytest.mark.parametrize("bound", [False, True])
def test_where_saving_alone_is_too_visible_nothing_is_changed(run, one, grey, bound):
    opened = []

    def seen(original, changed, faces):
        opened.append(original)
        return mean_change(original, changed, faces)

    result = run(replace(one, visibility_bound=bound), 0.01, ".jpg", seen)

    # The photo as it was read from its JPEG, not changed any further.
    assert mean_change(grey, result.levels) < 5
    assert mean_change(grey, result.saved) > 0.01
    assert result.share * 20 < 0.5
    np.testing.assert_array_equal(result.levels, opened[0])


@pytest.mark.parametrize(("jump", "limit"), [(0.4, 0.7), (0.9, 0.5), (0.1, 0.15)])
def test_where_a_reading_jumps_over_the_limit_what_lies_before_counts(jump, limit):
    tried = []

    def seen(levels):
        tried.append(share_of(levels))
        return 2 * tried[-1] if tried[-1] > jump else 0.1 * tried[-1]

    share, _ = most_of(as_levels, seen, reading=2.0, limit=limit)

    assert len(tried) <= PROBES
    assert jump - 0.02 < share < jump + 1 / 250


def test_where_a_reading_stays_the_same_up_to_a_jump_the_way_there_is_halved():
    tried = []

    def seen(levels):
        tried.append(share_of(levels))
        return 2.0 if tried[-1] > 0.9 else 0.97

    share, _ = most_of(as_levels, seen, reading=2.0, limit=1.0)

    assert len(tried) <= PROBES
    assert 0.85 < share < 0.9 + 1 / 250


def test_where_a_slight_change_is_nothing_in_the_file_the_way_to_what_is_seen_is_halved():
    def seen(levels):
        share = share_of(levels)
        return 2 * share if share > 0.5 else 0.0

    share, _ = most_of(as_levels, seen, reading=2.0, limit=0.7)

    assert 0.48 < share < 0.5 + 1 / 250


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_few_looks_suffice_however_a_reading_grows(run, one, grey, power):
    looked = []

    def seen(original, changed, faces):
        looked.append(changed)
        return mean_change(original, changed, faces) ** power

    limit = 13.0**power
    result = run(replace(one, visibility_bound=False), limit, seen=seen)

    assert result.share == pytest.approx(13 / 20, abs=0.06)
    assert len(looked) <= 6
    assert NEAR * limit <= seen(grey, result.saved, FACES[:1]) <= limit
