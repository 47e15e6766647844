import json
from pathlib import Path

import numpy as np
import pytest
import torch

from sublimen.bench.calibrate import ANCHORS, PEOPLE, fit, to_json
from sublimen.bench.calibration_rows import Row, read
from sublimen.bench.calibration_table import markdown
from sublimen.bench.distortions import DISTORTIONS
from sublimen.visibility.calibration import NODES, Curve, calibration, parsed

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "calibration"


def inverse(name, jnd):
    """The score at which a meter with human anchors reads `jnd`."""
    perfect = {"cvvdp": 10.0, "ssimulacra2": 100.0, "iw-ssim": 1.0}[name]
    knots = [0.0, *(abs(perfect - score) for score in ANCHORS[name])]
    return perfect - float(np.interp(jnd, [0, *NODES], knots))


def made(spread=0.0, apart=1.0):
    """Rows of a world in which FLIP is .07 J^.5 and butteraugli 1.2 J^.6, but for some spread."""
    generator = np.random.default_rng(0)
    rows = []
    for distortion in DISTORTIONS:
        for number, jnd in enumerate(np.geomspace(0.2, 2.0 / apart, 60)):
            factor = np.exp(spread * generator.standard_normal())
            rows.append(
                Row(
                    window=f"w{number}",
                    kind="scene",
                    distortion=distortion.name,
                    strength=1.0,
                    scores={
                        "cvvdp": inverse("cvvdp", jnd / apart**0.5),
                        "ssimulacra2": inverse("ssimulacra2", jnd * apart**0.5),
                        "iw-ssim": inverse("iw-ssim", jnd),
                        "flip": 0.07 * (factor * jnd) ** 0.5,
                        "butteraugli": 1.2 * jnd**0.6,
                    },
                )
            )
    return rows


def fitted(rows):
    return fit(rows, made="2026-01-01", display="standard_fhd", versions={"program": "1"})


def test_curves_without_anchors_are_found_again():
    curves = fitted(made()).calibration.curves

    nodes = np.array(NODES)
    assert curves["flip"].scores == pytest.approx(0.07 * nodes**0.5, rel=2e-3)
    assert curves["butteraugli"].scores == pytest.approx(1.2 * nodes**0.6, rel=2e-3)
    assert curves["cvvdp"].scores == ANCHORS["cvvdp"]
    # What remains is the chord between two nodes of a power.
    assert all(curve.band < 0.07 for curve in curves.values())
    assert curves["cvvdp"].band < 0.001
    assert [name for name, curve in curves.items() if curve.steers] == [
        "cvvdp",
        "flip",
        "ssimulacra2",
    ]


@pytest.mark.parametrize(("spread", "steers"), [(0.1, True), (0.4, False)])
def test_the_band_is_the_spread_and_a_wide_one_does_not_steer(spread, steers):
    curve = fitted(made(spread)).calibration.curves["flip"]

    assert curve.band == pytest.approx(np.exp(spread) - 1, rel=0.35)
    assert curve.steers is steers
    assert ("wider than 25%" in curve.reason) is not steers


def test_where_the_human_anchors_disagree_it_is_said_and_shared_between_them():
    study = fitted(made(apart=1.44))

    assert set(study.disagreement) == {d.name for d in DISTORTIONS}
    assert study.disagreement["low"] == pytest.approx(1.44, rel=0.01)
    for name in ("cvvdp", "ssimulacra2"):
        assert study.calibration.curves[name].band == pytest.approx(0.2, rel=0.01)


def test_a_fit_does_not_follow_a_few_outliers():
    rows = made()
    for row in rows[::40]:
        row.scores["flip"] *= 30

    assert fitted(rows).calibration.curves["flip"].scores[2] == pytest.approx(0.07, rel=0.01)


def test_peoples_spread_is_that_of_the_published_points():
    people = fitted(made()).people

    # CVVDP: 9.77 is 0.67 JND and 9.63 is 1.17; these are 2.563 standard deviations apart.
    assert people["cvvdp"] == pytest.approx((1.1707 - 0.6744) / 2.563, abs=1e-3)
    assert set(people) == set(PEOPLE)


def test_the_table_is_read_back_as_it_was_written():
    table = fitted(made()).calibration

    assert parsed(to_json(table)) == table


def test_tables_for_people_name_every_meter_and_every_change():
    text = markdown(fitted(made(0.4)))

    for name in (*ANCHORS, "flip", "butteraugli", *(d.name for d in DISTORTIONS), "program 1"):
        assert name in text
    assert "no: band of" in text


def test_a_kind_that_is_never_near_one_jnd_has_no_ratio():
    study = fitted([row for row in made() if row.distortion != "blue"])

    (cell,) = {(r.rows, r.median) for r in study.residuals if r.distortion == "blue"}
    assert cell == (0, None)
    assert "| blue | 0 | - | - |" in markdown(study)


def test_the_packages_table_is_what_the_committed_rows_come_to():
    study = fit(read(RESULTS / "rows.csv"), made="", display="standard_fhd", versions={})

    for name, curve in calibration().curves.items():
        again = study.calibration.curves[name]
        assert again.scores == pytest.approx(curve.scores, rel=1e-3)
        assert again.band == pytest.approx(curve.band, abs=2e-3)
        assert again.steers == curve.steers
    written = json.loads((RESULTS / "calibration.json").read_text("utf-8"))
    assert parsed(json.dumps(written)) == calibration()
    table = fit(
        read(RESULTS / "rows.csv"),
        made=calibration().made,
        display=calibration().display,
        versions=calibration().versions,
    )
    assert markdown(table) == (RESULTS / "calibration.md").read_text("utf-8")


def test_curves_are_made_by_one_formula():
    curve = Curve(meter="x", perfect=0.0, scores=(1, 2, 3, 4), band=0.1, steers=True, source="here")

    assert curve.jnd(torch.tensor([3.0])).item() == 1
