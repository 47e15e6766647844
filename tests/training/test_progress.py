import torch

from sublimen.training.hvs_sd import Plan
from sublimen.training.losses import Terms
from sublimen.training.progress import Progress

TERMS = Terms(("bits", "error"), torch.tensor([1.5, 0.25]))


def test_every_twentieth_and_the_last_step_are_said():
    said = []
    progress = Progress(Plan(autoencoder_steps=45), said.append)

    for step in range(45):
        progress("autoencoder", step, TERMS)

    assert [line.partition(":")[0] for line in said] == [
        f"autoencoder {number}/45" for number in (1, 21, 41, 45)
    ]
    assert said[0] == "autoencoder 1/45: bits 1.5, error 0.25"
    assert said[1].endswith("min left")


def test_what_is_left_is_reckoned_from_where_a_run_goes_on(monkeypatch):
    said = []
    clock = iter([0.0, 60.0])
    monkeypatch.setattr("sublimen.training.progress.time.monotonic", lambda: next(clock))
    progress = Progress(Plan(map_steps=101), said.append)

    progress("map", 60, TERMS)
    progress("map", 80, TERMS)

    # 20 steps took a minute, and 20 are left.
    assert said[-1].endswith(", 1 min left")
