"""The whole chain on a small portrait, with the real weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.attacks import ATTACKS
from sublimen.errors import BoxError, OutputError, SettingError, UnknownNameError
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import Yang
from sublimen.metrics import psnr, ssim
from sublimen.photo.file import open_photo
from sublimen.photo.gallery import Gallery
from sublimen.photo.options import SaveOptions, SearchOptions
from sublimen.photo.panel import Panel, Witness
from sublimen.photo.protect import Job
from sublimen.photo.search import HELD, inside
from sublimen.photo.uploads import UPLOADS
from sublimen.recognisers.dlib_resnet import DlibResnet
from sublimen.recognisers.face import Box
from sublimen.visibility.answer import Observer

dlib = pytest.importorskip("dlib", reason="the extra photo brings dlib")
models = pytest.importorskip("face_recognition_models", reason="the extra photo brings weights")

pytestmark = [pytest.mark.weights, pytest.mark.usefixtures("no_uploads")]

READING = Witness.reading


@pytest.fixture(scope="module")
def panel():
    return Panel.of([DlibResnet.load()])


@pytest.fixture
def head(astronaut):
    return np.ascontiguousarray(astronaut[0:260, 100:340])


@pytest.fixture(scope="module")
def observer():
    """One meter that is quick and always there."""
    return Observer.of(names=("flip",))


@pytest.fixture
def protect(panel, observer):
    def run(source, target, **changes):
        plain = SearchOptions(using="bim")
        settings = {"panel": panel, "observer": observer, "how": plain, **changes}
        return Job(source=source, target=target, **settings).run()

    return run


def dlib_distance(one: Path, other: Path) -> float:
    """Distance of the only faces of two files, by dlib from beginning to end."""
    detector = dlib.get_frontal_face_detector()
    points = dlib.shape_predictor(models.pose_predictor_five_point_model_location())
    network = dlib.face_recognition_model_v1(models.face_recognition_model_location())
    descriptors = []
    for path in (one, other):
        with Image.open(path) as picture:
            samples = np.ascontiguousarray(np.array(picture.convert("RGB")))
        (face,) = detector(samples, 1)
        descriptors.append(network.compute_face_descriptor(samples, points(samples, face)))
    return float(np.linalg.norm(np.subtract(*descriptors)))


@pytest.mark.parametrize(("name", "settings"), [("a.png", {}), ("a.jpg", {"quality": 75})])
def test_dlib_no_longer_matches_the_saved_file(make, head, tmp_path, protect, name, settings):
    source, target = make(head, name, **settings), tmp_path / f"out-{name}"
    before = source.read_bytes()

    protection = protect(source, target).protection

    assert protection.status == "protected"
    assert dlib_distance(source, target) > 0.6
    assert dlib_distance(source, source) == 0
    surrogate, verifier = protection.faces[0].recognisers
    assert (surrogate.role, verifier.role) == ("surrogate", "verifier")
    assert verifier.after == pytest.approx(dlib_distance(source, target), abs=1e-5)
    assert surrogate.after == pytest.approx(verifier.after, abs=0.03)
    assert source.read_bytes() == before


def test_every_number_is_that_of_the_two_files(make, head, tmp_path, protect):
    source, target = make(head, "a.png"), tmp_path / "b.png"

    protection = protect(source, target, how=SearchOptions(using="bim", jnd="yang")).protection

    original, saved = (open_photo(p).levels for p in (source, target))
    one, two = from_bytes(original).double(), from_bytes(saved).double()
    jnd = Yang()(one)
    change = (one - two).abs()
    quality = protection.quality
    assert quality.psnr == pytest.approx(psnr(one, two).item(), abs=1e-6)
    assert quality.ssim == pytest.approx(ssim(one, two).item(), abs=1e-5)
    assert quality.largest_change == round(change.max().item() * 255)
    assert quality.beyond_jnd == (change > jnd + 1e-5).double().mean().item() == 0
    assert protection.faces[0].factor == pytest.approx((change / jnd).max().item(), rel=1e-3)
    assert protection.faces[0].factor <= 1


def test_everything_outside_the_region_keeps_its_bits(make, head, tmp_path, protect):
    alpha = np.full(head.shape[:2], 200, np.uint8)
    source, target = make(np.dstack([head, alpha]), "a.png"), tmp_path / "b.png"

    protection = protect(source, target).protection

    saved = open_photo(target)
    x0, y0, x1, y1 = protection.faces[0].region
    outside = np.ones(head.shape[:2], dtype=bool)
    outside[y0:y1, x0:x1] = False
    np.testing.assert_array_equal(saved.levels[outside], head[outside])
    np.testing.assert_array_equal(saved.alpha, alpha)
    assert not np.array_equal(saved.levels, head)


def test_the_same_seed_gives_the_same_bytes(make, head, tmp_path, protect):
    source = make(head, "a.jpg", quality=90)

    for name in ("one.jpg", "two.jpg"):
        protect(source, tmp_path / name)

    assert (tmp_path / "one.jpg").read_bytes() == (tmp_path / "two.jpg").read_bytes()


def test_a_grey_photo_stays_grey_and_is_protected(make, head, tmp_path, protect):
    grey = np.asarray(Image.fromarray(head).convert("L"))
    source, target = make(grey, "a.png"), tmp_path / "b.png"

    protection = protect(source, target).protection

    assert protection.status == "protected"
    assert open_photo(target).grey
    assert dlib_distance(source, target) > 0.6


def test_fully_transparent_pixels_are_left_alone(make, head, tmp_path, protect):
    alpha = np.full(head.shape[:2], 255, np.uint8)
    alpha[:, :125] = 0
    source, target = make(np.dstack([head, alpha]), "a.png"), tmp_path / "b.png"

    protect(source, target)

    saved = open_photo(target)
    np.testing.assert_array_equal(saved.levels[:, :125], head[:, :125])


def test_a_large_face_is_changed_on_a_coarse_grid(make, head, tmp_path, protect):
    large = np.asarray(Image.fromarray(head).resize((720, 780), Image.Resampling.BICUBIC))
    source, target = make(large, "a.png"), tmp_path / "b.png"

    protection = protect(source, target).protection

    assert protection.status == "protected"
    assert protection.faces[0].region.width > 320
    assert protection.quality.beyond_jnd == 0
    assert dlib_distance(source, target) > 0.6


def test_a_limit_that_is_too_low_is_reported_as_failure(make, head, tmp_path, protect):
    source, target = make(head, "a.png"), tmp_path / "b.png"
    how = SearchOptions(using="bim", map_limit=0.1)

    protection = protect(source, target, how=how).protection

    assert protection.status == "not-protected"
    assert "limit of 0.1 times the JND map" in protection.faces[0].note
    assert protection.faces[0].recognisers[1].matches
    assert protection.quality.beyond_jnd == 0
    assert target.exists()


def test_nothing_is_written_if_only_protected_photos_are_wanted(make, head, tmp_path, protect):
    source, target = make(head, "a.png"), tmp_path / "b.png"

    protected = protect(
        source,
        target,
        how=SearchOptions(using="bim", map_limit=0.1),
        saving=SaveOptions(only_protected=True),
    )

    assert protected.protection.output is None
    assert protected.protection.quality is None
    assert not target.exists()


def test_a_photo_without_a_face_is_left_alone(make, tmp_path, protect):
    source = make(np.full((90, 120, 3), 128, np.uint8), "a.png")

    protection = protect(source, tmp_path / "b.png").protection

    assert protection.status == "no-face"
    assert not (tmp_path / "b.png").exists()
    assert "--box" in protection.notes[0]


def test_a_face_may_be_given_by_hand(make, head, tmp_path, protect):
    source, target = make(head, "a.png"), tmp_path / "b.png"

    protection = protect(source, target, boxes=[Box(75, 76, 166, 167)]).protection

    assert protection.faces[0].box == (75, 76, 166, 167)
    assert protection.status == "protected"
    with pytest.raises(BoxError, match="must lie in the photo of 240 x 260"):
        protect(source, tmp_path / "c.png", boxes=[Box(0, 0, 241, 10)])


def test_other_photos_of_the_person_are_compared_with(make, head, tmp_path, protect, panel):
    folder = tmp_path / "gallery"
    folder.mkdir()
    Image.fromarray(head[:, ::-1]).save(folder / "mirrored.png")
    Image.new("RGB", (64, 64)).save(folder / "nobody.png")
    (folder / "notes.txt").write_text("not a photo")
    gallery = Gallery.of(folder, panel.witnesses)

    galleries = {"gallery": gallery}
    protection = protect(make(head, "a.png"), tmp_path / "b.png", galleries=galleries).protection

    reading = protection.faces[0].recognisers[1]
    assert reading.gallery.before < 0.4 < reading.gallery.after
    assert "nobody.png" in protection.notes[0]


def test_an_attack_that_no_map_can_hold_is_refused():
    with pytest.raises(SettingError, match=r"must be one that a map can hold, bim, .*got lattice"):
        inside("lattice", torch.zeros(1, 3, 8, 8))
    assert set(HELD) < set(ATTACKS)


@pytest.mark.parametrize("name", HELD)
def test_every_attack_that_can_be_is_held_inside_the_allowance(name):
    images = torch.full((1, 3, 8, 8), 0.5)
    radius = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)) / 20

    attack = inside(name, radius)

    limit = attack.jnd(images) if name == "jnd-perceptual" else attack.budget.radius(images)
    assert attack.name == name
    assert torch.equal(limit, radius)


def test_unknown_names_are_refused_before_any_work(make, head, tmp_path, protect):
    source = make(head, "a.png")

    with pytest.raises(UnknownNameError, match="no JND model 'yan'; did you mean yang"):
        protect(source, tmp_path / "b.png", how=SearchOptions(using="bim", jnd="yan"))
    with pytest.raises(UnknownNameError, match="no attack 'bmi'; did you mean bim"):
        protect(source, tmp_path / "b.png", how=SearchOptions(using="bmi"))
    with pytest.raises(SettingError, match="map_limit"):
        SearchOptions(using="bim", map_limit=float("nan"))


def test_a_face_that_is_no_longer_found_does_not_count(make, head, tmp_path, protect, monkeypatch):
    from sublimen.photo import craft, sitting, survival

    looks = []
    monkeypatch.setattr(survival, "UPLOADS", UPLOADS)
    monkeypatch.setattr(sitting, "find_faces", lambda *_: looks.append("looked") or [])
    source = make(head, "a.png")

    protection = protect(source, tmp_path / "b.png").protection

    (face,) = protection.faces
    assert not face.found
    assert not face.protected
    assert 1 < len(looks) <= craft.ROUNDS + 2 * (len(UPLOADS) - 1)
    assert [upload.upload for upload in face.survival] == list(UPLOADS)
    assert not any(upload.found or upload.hidden for upload in face.survival)
    assert protection.status == "not-protected"
    assert face.recognisers[1].after > 0.6
    assert "no longer detected" in face.note


def test_a_face_that_comes_back_with_every_detection_is_searched_again_and_named(
    make, head, tmp_path, protect, monkeypatch
):
    from sublimen.photo import craft

    monkeypatch.setattr(craft.Craft, "_hidden", lambda *_: False)
    source = make(head, "a.png")

    first = protect(source, tmp_path / "b.png", how=SearchOptions(using="bim", margin=0)).protection

    assert first.faces[0].recognisers[0].after > 0.6 + 4 * craft.FURTHER - 0.1
    monkeypatch.setattr(craft, "ROUNDS", 1)
    monkeypatch.setattr(Witness, "reading", lambda w, d, n: replace(READING(w, d, n), matches=True))
    again = protect(source, tmp_path / "c.png").protection
    assert "still recognised after 1 searches" in again.faces[0].note


def test_a_file_that_reads_back_unlike_judged_is_an_error(
    make, head, tmp_path, protect, monkeypatch
):
    from sublimen.photo import protect as module

    monkeypatch.setattr(module, "save_photo", lambda *_, **__: head[::-1])

    with pytest.raises(OutputError, match="as it was judged"):
        protect(make(head, "a.png"), tmp_path / "b.png")


@pytest.mark.slow
def test_twenty_photos_are_protected_as_png_and_as_jpeg(data, tmp_path, protect):
    photos = sorted((data / "faces" / "lfw").glob("*/*_0001.jpg"))[::10]
    photos += sorted((data / "faces" / "azure_family").glob("*.jpg"))[::3][:10]
    faces = protected = 0

    for photo in photos:
        for ending in (".png", ".jpg"):
            target = tmp_path / f"{photo.stem}{ending}"
            results = protect(photo, target).protection.faces
            faces += len(results)
            protected += sum(face.protected for face in results)

    assert protected >= 0.95 * faces
