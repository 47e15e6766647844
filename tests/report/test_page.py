import base64
import io
import re
import stat
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from sublimen.errors import MissingExtraError, OutputError
from sublimen.photo.result import LIMITS, Nearest
from sublimen.recognisers.face import Box
from sublimen.report.page import HEADLINES, page, write_page
from sublimen.report.pictures import best_gain, beyond_map, overview

pytest.importorskip("jinja2", reason="the extra report brings jinja2")


OVERSOLD = r"\b(safe\w*|anonym\w*|guarantee\w*|invisible|unrecognisable|undetectable)\b"
"""What no output says."""


def near(before, after):
    """Other photos that match up to 0.6."""
    return Nearest(before=before, after=after, matched=before <= 0.6, matches=after <= 0.6)


class Parsed(HTMLParser):
    """Elements with their attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.open = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        del self.open[len(self.open) - 1 - self.open[::-1].index(tag) :]
        self.words += " " if tag in {"td", "th"} else ""

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.words += data

    def all(self, tag, **wanted):
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and wanted.items() <= attributes.items()
        ]


@pytest.fixture
def parsed(protection, original, result, jnd):
    return Parsed(page(protection, original=original, result=result, jnd=jnd))


def pixels(address):
    head, _, body = address.partition(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(body))) as picture:
        return np.array(picture)


def test_both_photos_are_shown_to_the_bit(parsed, original, result):
    (shown,) = parsed.all("img", **{"class": "original"})
    (changed,) = parsed.all("img", **{"class": "result"})

    np.testing.assert_array_equal(pixels(shown["src"]), original)
    np.testing.assert_array_equal(pixels(changed["src"]), result)
    (stage,) = parsed.all("div", **{"class": "stage"})
    assert (stage["data-width"], stage["data-height"]) == ("131", "101")


def test_the_change_is_magnified_around_mid_grey(parsed, original, result):
    (figure,) = [a for a in parsed.all("img") if a["alt"].startswith("The change, magnified")]

    gain = int(re.search(r"magnified (\d+) times", figure["alt"])[1])

    expected = 128 + gain * (result.astype(int) - original)
    np.testing.assert_array_equal(pixels(figure["src"]), np.clip(expected, 0, 255))
    assert f"magnified \N{MULTIPLICATION SIGN} {gain}" in parsed.words


def test_nothing_is_fetched_from_anywhere(protection, original, result, jnd):
    text = page(protection, original=original, result=result, jnd=jnd)

    without_pictures = re.sub(r"data:image/png;base64,[^\"]*", "", text)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", without_pictures)
    addresses = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    (policy,) = Parsed(text).all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"].startswith("default-src 'none'")


def test_file_names_are_text(parsed, protection):
    assert protection.input in parsed.words
    assert len(parsed.all("script")) == 1


def test_the_numbers_are_those_measured(parsed):
    words = " ".join(parsed.words.split())

    for said in ("41.24 dB", "0.98765", "4 levels", "1.234 %", "1.2 s", "17 gradients"):
        assert said in words
    for said in ("0.012", "0.765", "0.60", "0.44 % of different people", "no match"):
        assert said in words
    for said in ("0.87 times the yang map", "columns 20 to 90", "70 pixels wide", "seed 7"):
        assert said in words
    assert "torch 9.9" in words
    assert "something to read." in words


def test_the_page_says_that_it_is_private_and_what_it_does_not_mean(parsed):
    words = " ".join(parsed.words.split())

    assert "holds the original face: keep it private" in words
    assert LIMITS in words
    assert "other photos of the person that are already online" in words
    assert parsed.all("meta", name="robots", content="noindex")


@pytest.mark.parametrize("status", HEADLINES)
def test_no_status_is_oversold(protection, original, result, jnd, status):
    words = page(replace(protection, status=status), original=original, result=result, jnd=jnd)

    assert HEADLINES[status] in words
    assert not re.search(OVERSOLD, words, re.I)


def test_a_face_that_still_matches_is_named(protection, face, reading, original, result, jnd):
    still = replace(
        face,
        protected=False,
        found=False,
        note="a sentence",
        recognisers=(replace(reading, matches=True, gallery=near(0.41, 0.52)),),
    )

    words = Parsed(
        page(
            replace(protection, status="not-protected", faces=(still,)),
            original=original,
            result=result,
            jnd=jnd,
        )
    ).words

    assert "still matches" in words
    assert "no longer detected" in words
    assert "a sentence." in words
    assert "other photos 0.410" in words
    assert "other photos 0.520" in words


def test_without_a_face_there_is_nothing_to_compare(protection, original):
    nothing = replace(protection, status="no-face", faces=(), quality=None, output=None, notes=())

    parsed = Parsed(page(nothing, original=original, result=original, jnd=None))

    assert not parsed.all("img")
    assert "No face was found" in parsed.words


def test_identical_photos_have_no_psnr(protection, original, jnd):
    same = replace(protection, quality=replace(protection.quality, psnr=None))

    assert "nothing differs" in page(same, original=original, result=original, jnd=jnd)


def test_grey_photos_are_shown_grey(protection, original, result, jnd):
    text = page(protection, original=original[..., :1], result=result[..., :1], jnd=jnd[:1])

    (shown,) = Parsed(text).all("img", **{"class": "original"})
    np.testing.assert_array_equal(pixels(shown["src"]), original[..., 0])


def test_of_a_large_photo_the_faces_are_shown(protection, face):
    large = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), dtype=np.uint8)
    jnd = np.full((3, 1500, 2000), 4, np.float32)
    faces = (
        replace(face, region=Box(100, 100, 500, 500)),
        replace(face, region=Box(600, 0, 2000, 1500)),
    )

    text = page(replace(protection, faces=faces), original=large, result=large, jnd=jnd)

    parsed = Parsed(text)
    first, second = parsed.all("img", **{"class": "original"})
    np.testing.assert_array_equal(pixels(first["src"]), large[50:550, 50:550])
    assert pixels(second["src"]).shape == (1024, 1024, 3)
    assert [option["value"] for option in parsed.all("option")][:2] == ["0", "1"]
    assert max(pixels(overview(large)).shape) == 480
    assert len(text) < 30_000_000


def test_the_gain_lets_nearly_all_of_the_change_fit():
    assert best_gain(np.zeros((4, 4, 3), np.int16)) == 32
    assert best_gain(np.full((4, 4, 3), 3, np.int16)) == 32
    assert best_gain(np.full((4, 4, 3), -20, np.int16)) == 4
    assert best_gain(np.full((4, 4, 3), 255, np.int16)) == 1


def test_colours_of_the_overlay_are_those_of_the_legend():
    grey = np.full((1, 4, 3), 100, np.uint8)

    shown = beyond_map(grey, np.array([[0.0, 1.0, 1.5, 2.5]]))[0]

    assert shown[0, 0] == shown[0, 2]
    assert shown[1, 2] > shown[1, 0]
    assert shown[2].tolist() == [255, 176, 0]
    assert shown[3].tolist() == [220, 38, 127]


def test_a_page_is_private_and_never_overwritten_unless_asked(tmp_path):
    path = tmp_path / "a.html"

    write_page("one", path)
    with pytest.raises(OutputError, match="--force"):
        write_page("two", path)

    assert path.read_text("utf-8") == "one"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_page("two", path, force=True)
    assert path.read_text("utf-8") == "two"


def test_without_its_extra_the_report_says_so(protection, original, jnd, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)

    with pytest.raises(MissingExtraError, match=r"sublimen\[report\]"):
        page(protection, original=original, result=original, jnd=jnd)


def test_the_reading_and_all_viewings_are_told(parsed):
    words = " ".join(parsed.words.split())

    for part in (
        "How visible it is: 0.94 JND",
        "0.75 to 1.13 by the meter",
        "as visible as JPEG of quality 71",
        "read up to 2.35 JND",
        "face the face 6 degrees wide, as a portrait on a desk screen; this one counts; 6 of 9",
        "butteraugli judge",
        "2.35* 1.9",
        "iw-ssim did not take part: not asked for",
        "only a viewing test can tell",
    ):
        assert part in words


def test_every_upload_has_a_row_with_before_and_after(parsed):
    words = " ".join(parsed.words.split())

    for part in (
        "verifier, matches up to 0.60; so do 0.44 % of different people",
        "half half of it no, which is no success nor in the original "
        "0.432 still matches before 0.654, which did not match either",
    ):
        assert part in words
    assert "as it is" not in words


def test_licence_and_origin_of_every_recogniser_are_told(parsed):
    words = " ".join(parsed.words.split())

    assert (
        "dlib verifier: the same network by independent code, asked about the saved file "
        "CC0 1.0 a package of somebody"
    ) in words


def test_a_recogniser_that_never_knew_the_gallery_is_named(
    protection, face, reading, original, result, jnd
):
    stranger = replace(reading, gallery=near(0.8, 0.9))
    other = replace(face, recognisers=(stranger,))

    parsed = Parsed(
        page(replace(protection, faces=(other,)), original=original, result=result, jnd=jnd)
    )

    assert "other photos 0.800, did not match before" in parsed.words


def test_protected_photos_and_whom_to_be_taken_for_have_their_distances(
    protection, face, reading, original, result, jnd
):
    compared = replace(reading, apart=near(0.9, 0.5), towards=near(0.8, 0.7))
    other = replace(face, recognisers=(compared,))

    words = Parsed(
        page(replace(protection, faces=(other,)), original=original, result=result, jnd=jnd)
    ).words

    assert "protected photos 0.900 to be taken for 0.800" in words
    assert "protected photos 0.500, matches to be taken for 0.700, no match" in words


def test_a_limit_is_told_and_a_change_that_is_none(protection, original, jnd):
    limited = replace(protection, visibility_limit=1.5)
    nothing = replace(protection.visibility, meter=None, jnd=0.0)

    words = Parsed(page(limited, original=original, result=original, jnd=jnd)).words
    assert "allowed were 1.5" in words
    still = replace(protection, visibility=nothing)
    words = Parsed(page(still, original=original, result=original, jnd=jnd)).words
    assert "Nothing differs" in words
