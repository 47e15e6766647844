"""The report as people use it: pixels, keys and silence on the network."""

import io
import shutil

import numpy as np
import pytest
from PIL import Image

from sublimen.report.page import page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def driver():
    with playwright.sync_playwright() as running:
        yield running


@pytest.fixture(params=[1, 2])
def scale(request):
    return request.param


@pytest.fixture
def path(protection, original, result, jnd, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page(protection, original=original, result=result, jnd=jnd), "utf-8")
    return path


@pytest.fixture
def shown(driver, scale, path):
    """The page in a window of a real device scale, with what it asked for and complained of."""
    browser = driver.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            f"--force-device-scale-factor={scale}",
            "--force-color-profile=srgb",
            "--window-size=1600,1400",
        ],
    )
    window = browser.new_context(no_viewport=True).new_page()
    heard = []
    window.on("console", lambda message: heard.append(message.text))
    window.on("pageerror", lambda error: heard.append(str(error)))
    window.on("request", lambda request: heard.append(request.url))
    window.goto(path.as_uri())
    window.wait_for_selector("body[data-ready=yes]")
    yield window
    fetched = [said for said in heard if not said.startswith(("data:", path.as_uri()))]
    browser.close()
    assert fetched == []


def stage(window):
    """What the screen shows of the photo, in device pixels."""
    box = window.evaluate(
        "(({x, y, width, height}) => [x, y, width, height].map(v => v * devicePixelRatio))"
        "(document.querySelector('.stage').getBoundingClientRect())"
    )
    x, y, width, height = map(round, box)
    np.testing.assert_allclose(box, (x, y, width, height), atol=0.02)
    with Image.open(io.BytesIO(window.screenshot(scale="device"))) as picture:
        return np.array(picture.convert("RGB"))[y : y + height, x : x + width]


def test_one_pixel_of_the_photo_is_one_of_the_screen(shown, result):
    np.testing.assert_array_equal(stage(shown), result)


def test_space_switches_in_place(shown, original, result):
    before = shown.locator(".stage").first.bounding_box()

    shown.keyboard.press("Space")

    np.testing.assert_array_equal(stage(shown), original)
    assert shown.locator("#shown").inner_text() == "original"
    assert shown.locator(".stage").first.bounding_box() == before
    assert shown.evaluate("scrollY") == 0
    shown.keyboard.press("Space")
    np.testing.assert_array_equal(stage(shown), result)


def test_the_divider_is_moved_by_keys(shown, original, result):
    shown.locator("#divide").focus()
    shown.keyboard.press("Home")

    np.testing.assert_array_equal(stage(shown), original)
    shown.keyboard.press("End")
    for _ in range(50):
        shown.keyboard.press("ArrowLeft")
    half = stage(shown)
    np.testing.assert_array_equal(half[:, :60], result[:, :60])
    np.testing.assert_array_equal(half[:, 72:], original[:, 72:])


def test_twice_the_size_shows_whole_blocks(shown, result):
    shown.select_option("#zoom", "2")

    np.testing.assert_array_equal(stage(shown), result.repeat(2, axis=0).repeat(2, axis=1))


def test_faces_are_outlined_on_demand(shown):
    assert shown.locator(".face").first.is_hidden()

    shown.check("#outline")

    assert shown.locator(".face").first.is_visible()


def test_every_control_has_a_name(shown):
    for control in shown.locator("button, input, select").all():
        name = control.evaluate("e => e.labels?.[0]?.innerText || e.innerText")
        assert name.strip()


def test_on_a_phone_tables_become_lists_and_nothing_is_cut(driver, path):
    browser = driver.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
    )
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    phone.goto(path.as_uri())
    phone.wait_for_selector("body[data-ready=yes]")

    widths = phone.evaluate(
        "[...document.querySelectorAll('table')]"
        ".map(table => [table.scrollWidth, table.parentNode.clientWidth])"
    )
    label = phone.evaluate(
        "getComputedStyle(document.querySelectorAll('.survival td')[1], '::before').content"
    )
    browser.close()

    assert len(widths) == 4
    assert all(table <= room for table, room in widths)
    assert label == '"dlib"'
