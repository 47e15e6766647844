import numpy as np
import pytest
import torch

from sublimen.bench import calibration_rows as module
from sublimen.bench.calibration_rows import COLUMNS, measure, read
from sublimen.bench.distortions import DISTORTIONS
from sublimen.bench.windows import Window
from sublimen.errors import PhotoError
from sublimen.visibility import METERS


@pytest.fixture
def two_windows(astronaut):
    parts = [np.ascontiguousarray(astronaut[:32, x : x + 32]) for x in (100, 200)]
    return [Window(f"w{k}", "scene", part) for k, part in enumerate(parts)]


@pytest.fixture(autouse=True)
def quick_meters(monkeypatch):
    """Meters that only compare means, and count how often they are asked."""
    asked = []

    def meter(name):
        def score(reference, distorted):
            asked.append(name)
            return (reference - distorted).abs().mean(dim=(1, 2, 3)) + len(name)

        return lambda: score

    monkeypatch.setattr(module, "METERS", {name: meter(name) for name in METERS})
    return asked


def test_every_window_is_changed_in_every_way_and_read_by_every_meter(two_windows, tmp_path):
    rows = measure(two_windows, tmp_path / "rows.csv")

    strengths = sum(len(d.strengths) for d in DISTORTIONS)
    assert len(rows) == 2 * strengths
    assert all(set(row.scores) == set(METERS) for row in rows)
    written = read(tmp_path / "rows.csv")
    assert [(r.window, r.distortion, r.strength) for r in written] == [
        (r.window, r.distortion, r.strength) for r in rows
    ]
    for name in METERS:
        torch.testing.assert_close(
            torch.tensor([r.scores[name] for r in written]),
            torch.tensor([r.scores[name] for r in rows]),
            rtol=1e-5,
            atol=1e-6,
        )


def test_a_run_that_was_cut_off_goes_on_and_gives_the_same_rows(
    two_windows, tmp_path, quick_meters
):
    measure(two_windows, tmp_path / "whole.csv")

    def interrupt(what):
        if what.startswith("w1, chroma"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure(two_windows, tmp_path / "cut.csv", watch=interrupt)
    known = len(read(tmp_path / "cut.csv"))
    quick_meters.clear()
    measure(two_windows, tmp_path / "cut.csv")

    whole, cut = ((tmp_path / f"{name}.csv").read_text("utf-8") for name in ("whole", "cut"))
    assert cut == whole
    assert len(quick_meters) == len(METERS) * (2 * len(DISTORTIONS) - known // 8)


def test_a_file_of_something_else_is_refused(tmp_path, two_windows):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n", "utf-8")

    with pytest.raises(PhotoError, match=f"must have the columns {COLUMNS[0]}"):
        measure(two_windows, tmp_path / "rows.csv")
