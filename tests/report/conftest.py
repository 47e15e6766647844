"""Two photos that differ, and what was said of them."""

from dataclasses import replace

import numpy as np
import pytest

from sublimen.photo import result as results
from sublimen.photo.result import Cost, FaceResult, Participant, Protection, Quality, UploadResult
from sublimen.recognisers.face import Box
from sublimen.visibility.answer import Visibility
from sublimen.visibility.reading import MeterReading, Reading


@pytest.fixture
def original(astronaut):
    return np.ascontiguousarray(astronaut[40:141, 170:301])


@pytest.fixture
def result(original):
    noise = np.random.default_rng(2).integers(-4, 5, original.shape)
    return np.clip(original.astype(int) + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def jnd(original):
    rows = np.linspace(2, 8, original.shape[0], dtype=np.float32)
    return np.broadcast_to(rows[None, :, None], (3, *original.shape[:2])).copy()


@pytest.fixture
def reading():
    return results.Reading(
        name="dlib",
        role="verifier",
        threshold=0.6,
        false_match_rate=0.0044,
        before=0.0123,
        after=0.7654,
        matched=True,
        matches=False,
    )


@pytest.fixture
def face(reading):
    lost = replace(reading, before=0.6543, after=0.4321, matched=False, matches=True)
    return FaceResult(
        box=Box(20, 30, 90, 95),
        handled=True,
        found=True,
        protected=True,
        factor=0.87,
        region=Box(10, 20, 100, 101),
        recognisers=(reading,),
        survival=(
            UploadResult(
                upload="png", found_before=True, found=True, hidden=True, recognisers=(reading,)
            ),
            UploadResult(
                upload="half",
                found_before=False,
                found=False,
                hidden=False,
                recognisers=(lost,),
            ),
        ),
    )


@pytest.fixture
def visibility():
    meters = {
        "cvvdp": MeterReading(
            score=9.701, jnd=0.943, role="optimised", window=Box(0, 0, 131, 101), extrapolated=False
        ),
        "butteraugli": MeterReading(
            score=1.9, jnd=2.345, role="unseen", window=Box(10, 0, 120, 90), extrapolated=True
        ),
    }
    face, desk = (
        Reading(
            viewing=viewing,
            jnd=jnd,
            band=(0.8 * jnd, 1.2 * jnd),
            meter="cvvdp",
            window=Box(0, 0, 131, 101),
            jnd_unseen=2.345,
            meters=meters,
            windows=9,
            read=6,
        )
        for viewing, jnd in (("face", 0.943), ("desk", 0.511))
    )
    return Visibility(
        jnd=face.jnd,
        band=face.band,
        meter=face.meter,
        window=face.window,
        meters=meters,
        viewing="face",
        jpeg_quality=71,
        jnd_unseen=2.345,
        viewings={"face": face, "desk": desk},
        display="standard_fhd",
        pixels_per_degree=37.84,
        calibration="2026-11-26",
        unavailable={"iw-ssim": "not asked for"},
    )


@pytest.fixture
def protection(face, visibility):
    return Protection(
        input="a <script>alert(1)</script>.png",
        output="a.protected.png",
        status="protected",
        recognisers=(
            Participant(
                name="dlib",
                role="verifier",
                threshold=0.6,
                false_match_rate=0.0044,
                licence="CC0 1.0",
                origin="a package of somebody",
            ),
        ),
        faces=(face,),
        quality=Quality(
            psnr=41.237, ssim=0.98765, largest_change=4, beyond_jnd=0.01234, identical=False
        ),
        visibility=visibility,
        visibility_limit=None,
        cost=Cost(gradients=17, forwards=29, seconds=1.24),
        jnd="yang",
        map_limit=1.0,
        attack="bim",
        seed=7,
        versions={"torch": "9.9"},
        uploads={"png": "as it is", "half": "half of it"},
        notes=("something to read",),
    )
