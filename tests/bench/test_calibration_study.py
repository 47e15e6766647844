import shutil
from pathlib import Path

import pytest
from PIL import Image

from sublimen.bench import calibration_study as module
from sublimen.bench.calibration_study import FILES, run

ROWS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "calibration" / "rows.csv"


@pytest.fixture(autouse=True)
def nothing_left_to_measure(monkeypatch):
    monkeypatch.setattr(module, "windows", lambda _data: [])
    for meter in module.METERS.values():
        monkeypatch.setattr(meter, "check", lambda _self: None)


def test_rows_that_are_there_become_table_figure_and_package_data(tmp_path):
    shutil.copy(ROWS, tmp_path / "rows.csv")

    study = run(tmp_path, tmp_path, watch=print)

    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    assert study.calibration.curves["cvvdp"].steers
    assert "cvvdp" in study.calibration.versions
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.size == (1320, 825)
        assert len(picture.convert("RGB").getcolors(10**6)) > 20
