from dataclasses import replace

import numpy as np
import pytest
import torch

from sublimen.bench import frontier_craft as module
from sublimen.bench.frontier_craft import NEAR, RUNS, Maker, dithered, largest, unit_box
from sublimen.bench.frontier_people import subjects
from sublimen.bench.plan import Arm
from sublimen.jnd import Wu2017
from sublimen.photo.allowance import jnd_levels
from sublimen.photo.effort import STEPS
from sublimen.photo.region import region_of
from sublimen.recognisers.face import Box
from tests.bench.made_people import NETWORKS, PLAN, made, people
from tests.photo.tiny import FACE, photo


@pytest.fixture
def observer(monkeypatch):
    monkeypatch.setitem(STEPS, "quick", 4)
    return made(monkeypatch)


@pytest.fixture
def subject(observer, tmp_path):
    del observer
    return next(subjects(people(tmp_path, count=1), count=1, others=2, seed=0))


@pytest.fixture
def maker(observer):
    return Maker(networks=(NETWORKS["tiny"],), observer=observer, seed=0)


@pytest.mark.parametrize("arm", PLAN.arms, ids=lambda arm: arm.name)
def test_every_arm_uses_the_visibility_and_no_more(arm, maker, subject, observer):
    least = 0.9
    if arm.attack == "sublimen":
        least = 0.01

    levels, seconds = maker.make(arm, subject, 1.0)

    reading = observer.limited(subject.levels, levels, [FACE])
    assert least <= reading <= 1
    assert seconds > 0
    box = region_of(FACE, maker.networks, subject.levels)
    outside = np.ones(levels.shape[:2], bool)
    outside[box.y0 : box.y1, box.x0 : box.x1] = False
    np.testing.assert_array_equal(levels[outside], subject.levels[outside])


def test_a_peer_uses_all_its_steps_though_it_is_there_long_before(maker, subject):
    one, many = (
        Arm(
            name="flat",
            attack="pgd",
            settings={"box": "flat", "steps": steps, "step_size": 0.5, "random_start": False},
        )
        for steps in (1, 8)
    )

    def gone(arm):
        attack, _ = module.peer(arm)
        box = region_of(FACE, maker.networks, subject.levels)
        unit = unit_box("flat", subject.levels, box)
        levels = maker._attacked(attack, maker._goal(subject, 0), subject, (box, 40 * unit))
        network = maker.networks[0]
        seen = [module.embedding(network, shown, FACE) for shown in (subject.levels, levels)]
        return (seen[0] - seen[1]).norm().item()

    assert gone(many) > 1.3 * gone(one) > maker.networks[0].threshold


STRANGERS = ((255 - photo(), FACE), (photo()[::-1].copy(), FACE))


def test_a_peer_may_lead_towards_the_nearest_of_some_strangers(maker, subject):
    network = maker.networks[0]
    settings = {"box": "flat", "steps": 4, "random_start": False}
    away, towards = (
        replace(maker, strangers=STRANGERS).make(
            Arm(name="a", attack="pgd", settings={**settings, "wanted": count}), subject, 2.0
        )[0]
        for count in (0, 2)
    )

    def nearest(levels):
        seen = module.embedding(network, levels, FACE)
        wanted = [module.embedding(network, *stranger) for stranger in STRANGERS]
        return min((seen - one).norm().item() for one in wanted)

    assert nearest(towards) < nearest(away)


def test_ours_is_given_the_first_strangers_as_everybody_remembers_them(maker, subject, monkeypatch):
    given = []

    def run(job):
        given.append(job.galleries)
        raise KeyboardInterrupt

    monkeypatch.setattr(module.Job, "run", run)
    arm = Arm(name="a", attack="sublimen", settings={"wanted": 1})

    with pytest.raises(KeyboardInterrupt):
        replace(maker, strangers=STRANGERS)._ours(arm, subject, 1.0)

    ((template,),) = given[0]["towards"].templates
    expected = module.embedding(maker.networks[0], *STRANGERS[0])[0]
    np.testing.assert_array_equal(template, expected.numpy())


def test_parts_of_a_level_go_to_a_part_of_the_samples():
    allowance = torch.full((1, 3, 40, 40), 2.25)

    levels = dithered(allowance, 0) * 255

    counts = {value: (levels.round() == value).double().mean().item() for value in (2, 3)}
    assert counts[2] + counts[3] == 1
    assert counts[3] == pytest.approx(0.25, abs=0.03)
    assert torch.equal(dithered(allowance, 0), dithered(allowance, 0))
    assert not torch.equal(dithered(allowance, 0), dithered(allowance, 1))
    assert not dithered(torch.zeros(1, 3, 4, 4), 0).any()


def test_boxes_are_flat_or_the_map_of_the_whole_photo():
    levels, box = photo(), Box(48, 64, 176, 176)

    flat, jnd = (unit_box(kind, levels, box)[0] for kind in ("flat", "jnd"))

    assert flat.max() == flat[:, 50, 50].min() == 1
    assert flat[:, 0].max() < 0.01
    whole = jnd_levels(levels, Wu2017())[:, 64 + 50, 48 + 50]
    assert jnd[:, 50, 50].numpy() == pytest.approx(whole)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.6])
@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_the_radius_is_found_whose_file_reads_what_is_allowed(power, scale):
    tried = []

    def at(radius):
        tried.append(radius)
        return np.full((1, 1, 1), len(tried), np.uint8)

    def seen(levels):
        number = int(levels[0, 0, 0])
        return scale * tried[number - 1] ** power if number else 0.0

    found = largest(np.zeros((1, 1, 1), np.uint8), at, seen, first=1.3, limit=1.0)

    assert 0.9 <= seen(found) <= 1
    assert len(tried) <= RUNS
    assert NEAR < 1


def test_where_readings_jump_the_next_larger_radius_counts_as_far_as_it_may():
    original = np.zeros((8, 8, 1), np.uint8)

    def at(radius):
        return original + np.uint8(40 if radius > 1.6 else 4)

    def seen(levels):
        return levels.max() / 20

    found = largest(original, at, seen, first=1.3, limit=1.0)

    assert 0.9 <= seen(found) <= 1


def test_a_format_that_reads_too_much_for_every_radius_leaves_the_original():
    original = np.zeros((1, 1, 1), np.uint8)

    found = largest(original, lambda _: original + 1, lambda _: 5.0, first=1.0, limit=1.0)

    np.testing.assert_array_equal(found, original)


def test_ours_is_what_protect_makes_of_its_settings(maker, subject, monkeypatch):
    jobs = []

    class Job:
        def __init__(self, **settings):
            jobs.append(settings)

        def run(self):
            return self

        saved = np.zeros((4, 4, 3), np.uint8)

    monkeypatch.setattr(module, "Job", Job)

    replace(maker, seed=3).make(PLAN.arms[0], subject, 2.0)

    (job,) = jobs
    assert (job["how"].visibility, job["how"].effort, job["how"].seed) == (2.0, "quick", 3)
    assert job["source"] == subject.path
    assert job["panel"].surrogates == maker.networks
    assert all(meter.role == "optimised" for meter in job["observer"].meters)
