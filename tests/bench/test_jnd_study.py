import pytest
from PIL import Image

from sublimen.bench import jnd_study as module
from sublimen.bench.jnd_rows import Factor
from sublimen.bench.jnd_study import FILES, run
from tests.bench.test_jnd_table import rows


@pytest.fixture(autouse=True)
def nothing_left_to_measure(monkeypatch):
    factor = Factor(picture="p0", model="good", jnd=4.0, factor=0.25, mean=6.0)
    monkeypatch.setattr(module, "pictures", lambda _data: [])
    monkeypatch.setattr(module, "measure_noise", lambda *_, **__: rows(0.6, 1.2))
    monkeypatch.setattr(module, "measure_factors", lambda *_, **__: [factor])
    for meter in module.METERS.values():
        monkeypatch.setattr(meter, "check", lambda _self: None)


def test_rows_become_tables_and_a_figure(tmp_path):
    noise = run(tmp_path, tmp_path / "out", watch=print)

    assert noise.models == ["bad", "good", "wu-2017 code"]
    text = (tmp_path / "out" / FILES[2]).read_text("utf-8")
    assert "by `sublimen bench jnd`: 20 pictures" in text
    assert "cvvdp" in text
    with Image.open(tmp_path / "out" / FILES[3]) as picture:
        assert picture.width == 1320
        assert len(picture.convert("RGB").getcolors(10**6)) > 20
