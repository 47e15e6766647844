import io
import math
import zipfile
from dataclasses import replace

import pytest
import torch

from sublimen.errors import OutputError, SettingError, WeightsError
from sublimen.jnd.map_network import untrained
from sublimen.training import hvs_sd
from sublimen.training.hvs_sd import CHECKPOINT, Plan, Training
from sublimen.training.pictures import Pictures


def zipped() -> bytes:
    """A zip file of something else."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("letter.txt", "hello")
    return content.getvalue()


FOREIGN = zipped()


class KilledError(Exception):
    """What ends a run in a test."""


def killer(stage, step):
    """A watcher that ends the run at a step."""

    def watch(at, number, _):
        if (at, number) == (stage, step):
            raise KilledError

    return watch


def weights(training):
    return {name: values.clone() for name, values in training.stages.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.fixture
def unbroken(short, pictures, tmp_path):
    training = Training(short, pictures, tmp_path / "unbroken")
    training.run()
    return training


@pytest.mark.parametrize("moment", [("autoencoder", 1), ("autoencoder", 2), ("map", 1)])
def test_a_killed_run_comes_to_the_same_weights(
    unbroken, short, pictures, tmp_path, monkeypatch, moment
):
    monkeypatch.setattr(hvs_sd, "EVERY", 1)
    folder = tmp_path / "broken"
    with pytest.raises(KilledError):
        Training(short, pictures, folder).run(killer(*moment))
    torch.rand(5)

    resumed = Training(short, pictures, folder)
    begun = dict(resumed.done)
    resumed.run()

    stage, step = moment
    assert begun[stage] == step
    assert same(weights(resumed), weights(unbroken))
    assert resumed.curves == unbroken.curves


def test_steps_after_the_last_checkpoint_are_done_again(
    unbroken, short, pictures, tmp_path, monkeypatch
):
    monkeypatch.setattr(hvs_sd, "EVERY", 2)
    folder = tmp_path / "broken"
    with pytest.raises(KilledError):
        Training(short, pictures, folder).run(killer("autoencoder", 2))

    resumed = Training(short, pictures, folder)
    begun = dict(resumed.done)
    resumed.run()

    assert begun == {"autoencoder": 2, "map": 0}
    assert same(weights(resumed), weights(unbroken))
    assert resumed.curves == unbroken.curves


def test_each_stage_moves_its_own_network_alone(unbroken, short, pictures, tmp_path):
    first = Training(replace(short, map_steps=0), pictures, tmp_path / "first")
    first.run()
    start, middle, end = (
        {k: v.clone() for k, v in state.items()}
        for state in (
            untrained(short.seed).state_dict(),
            first.stages.state_dict(),
            unbroken.stages.state_dict(),
        )
    )

    for name in start:
        moved = name.split(".")[0]
        if moved == "autoencoder":
            assert not torch.equal(start[name], middle[name]), name
            assert torch.equal(middle[name], end[name])
        elif moved == "map_network":
            assert torch.equal(start[name], middle[name])
            assert not torch.equal(middle[name], end[name]), name


def test_another_seed_gives_other_weights(unbroken, short, pictures, tmp_path):
    other = Training(replace(short, seed=1), pictures, tmp_path / "other")
    other.run()

    assert not same(weights(other), weights(unbroken))


def test_both_stages_learn(pictures, tmp_path):
    plan = Plan(
        autoencoder_steps=25,
        map_steps=12,
        autoencoder_patches=2,
        map_patches=1,
        autoencoder_side=32,
    )

    training = Training(plan, pictures, tmp_path)
    training.run()

    for stage in ("autoencoder", "map"):
        totals = [sum(values) for values in training.curves[stage]]
        third = len(totals) // 3
        assert sum(totals[-third:]) < sum(totals[:third])


def test_the_rate_falls_by_half_a_cosine(short, pictures, tmp_path):
    training = Training(short, pictures, tmp_path)

    rates = [training._rate(share) for share in (0.0, 0.5, 1.0)]

    assert rates == pytest.approx([1e-3, 1e-3 * (0.01 + 0.99 / 2), 1e-5])
    assert training._rate(0.25) == pytest.approx(
        1e-3 * (0.01 + 0.99 * (1 + math.cos(math.pi / 4)) / 2)
    )


def test_a_finished_run_does_nothing_more(unbroken, short, pictures, tmp_path):
    again = Training(short, pictures, tmp_path / "unbroken")

    again.run(lambda *_: pytest.fail("there was nothing left to do"))

    assert same(weights(again), weights(unbroken))


@pytest.mark.usefixtures("unbroken")
def test_the_checkpoint_of_another_plan_is_refused(short, pictures, tmp_path):
    with pytest.raises(WeightsError, match="same plan and pictures, got another"):
        Training(replace(short, seed=9), pictures, tmp_path / "unbroken")


@pytest.mark.usefixtures("unbroken")
def test_other_pictures_of_the_same_names_are_refused(short, pictures, tmp_path):
    others = Pictures(pictures.names, [picture[::-1] for picture in pictures.pictures])

    with pytest.raises(WeightsError, match="same plan and pictures, got another"):
        Training(short, others, tmp_path / "unbroken")


@pytest.mark.parametrize("content", [b"torn", b"", FOREIGN])
def test_a_torn_checkpoint_is_refused(short, pictures, tmp_path, content):
    (tmp_path / CHECKPOINT).write_bytes(content)

    with pytest.raises(WeightsError, match=r"checkpoint\.pt must be a checkpoint"):
        Training(short, pictures, tmp_path)


def test_a_folder_that_cannot_be_made_is_refused(short, pictures, tmp_path):
    (tmp_path / "file").write_text("here")

    with pytest.raises(OutputError, match="must be a folder"):
        Training(short, pictures, tmp_path / "file")


def test_a_full_disk_is_one_sentence_and_keeps_the_last_checkpoint(
    short, pictures, tmp_path, monkeypatch
):
    monkeypatch.setattr(hvs_sd, "EVERY", 1)
    training = Training(short, pictures, tmp_path)
    with pytest.raises(KilledError):
        training.run(killer("autoencoder", 1))
    kept = (tmp_path / CHECKPOINT).read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hvs_sd.torch, "save", full)
    with pytest.raises(OutputError, match="No space left"):
        training.run()

    assert (tmp_path / CHECKPOINT).read_bytes() == kept


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"autoencoder_steps": -1}, "autoencoder_steps must be at least 0"),
        ({"map_patches": 0}, "map_patches must be at least 1"),
        ({"autoencoder_side": 100}, "multiples of 8"),
        ({"map_side": 160}, "at least 161"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"seed": -1}, "seed must be from 0"),
        ({"seed": 2**31}, "seed must be from 0"),
    ],
)
def test_plans_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        Plan(**settings)


def test_a_device_that_is_not_there_is_refused(short, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(hvs_sd.torch.cuda, "is_available", lambda: False)

    with pytest.raises(SettingError, match="device must be one that PyTorch sees, got cuda"):
        Training(short, pictures, tmp_path / "none", device="cuda")

    assert not (tmp_path / "none").exists()
