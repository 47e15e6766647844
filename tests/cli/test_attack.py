"""`sublimen attack` as people call it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.attacks.budget import JndBox, Linf
from sublimen.cli.attack_inputs import parse_budget, parse_class
from sublimen.cli.attack_subject import squared
from sublimen.cli.main import run
from sublimen.errors import SettingError, UnknownNameError
from sublimen.imaging.levels import from_bytes
from sublimen.jnd import Wu2017, Yang
from sublimen.recognisers.recogniser import Recogniser
from tests.cli.brightness import by_mean
from tests.house.test_house import loaded_by

NAMED = "tests.cli.brightness:named"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def picture(name, mean, *, size=(20, 24), mode="RGB", **saving):
    """A file with noise of two levels around a mean."""
    channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    noise = np.random.default_rng(0).integers(-2, 3, (size[1], size[0], channels))
    noise -= np.round(noise.mean()).astype(int)
    levels = np.clip(mean + noise, 0, 255).astype(np.uint8)
    if mode == "RGBA":
        levels[..., 3] = 255
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels[..., 0] if channels == 1 else levels).save(name, **saving)
    return Path(name)


def command(*images, recogniser=NAMED, using="bim", output="out"):
    return [
        *("attack", *map(str, images), "--using", using),
        *("--recogniser", recogniser, "-o", output),
    ]


def rows(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def taken_for(path):
    with Image.open(path) as image:
        levels = np.asarray(image)
    levels = levels.reshape(*levels.shape[:2], -1)
    return int(by_mean(from_bytes(levels)).argmax(dim=1))


def one_sentence(capsys):
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said


def test_each_file_is_judged_as_it_is_read_back_and_keeps_its_name(capsys):
    images = [picture("a.png", 98), picture("sub/b.jpg", 152)]

    assert run([*command(*images), "--json"]) == 0

    found = rows(capsys)
    assert [row["output"] for row in found] == [str(Path("out/a.png")), str(Path("out/b.png"))]
    assert [row["label"] for row in found] == ["dark", "bright"]
    assert [row["after"] for row in found] == ["Medium Grey", "Medium Grey"]
    assert all(row["reached"] and not row["at_no_cost"] for row in found)
    assert [taken_for(row["output"]) for row in found] == [1, 1]
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png"]


def test_numbers_of_a_row_are_those_of_the_files(capsys):
    source = picture("a.png", 98)

    assert run([*command(source), "--budget", "4/255", "--json"]) == 0

    (row,) = rows(capsys)
    before, after = (np.asarray(Image.open(path)).astype(int) for path in (source, row["output"]))
    change = after - before
    assert row["quality"]["linf"] == pytest.approx(np.abs(change).max())
    assert 0 < np.abs(change).max() <= 4
    psnr = 10 * np.log10(255**2 / (change**2).mean())
    assert row["quality"]["psnr"] == pytest.approx(psnr, abs=1e-3)
    assert row["gradients"] > 0


def test_folders_are_looked_through_and_their_order_is_kept(capsys):
    picture("in/one.png", 98)
    picture("in/deep/two.png", 99)
    Path("in/notes.txt").write_text("no photo")
    picture("in/.hidden.png", 99)

    assert run([*command("in", output="in/out"), "--json"]) == 0
    assert run([*command("in", output="in/out"), "--json", "--force"]) == 0

    found = [row["output"] for row in rows(capsys)]
    assert found == 2 * [str(Path("in/out/deep/two.png")), str(Path("in/out/one.png"))]


def test_a_target_may_be_a_name_in_any_case_or_a_number(capsys):
    image = picture("a.png", 98)

    for number, target in enumerate(("medium grey", "Medium Grey", "1")):
        arguments = command(image, output=f"out{number}")
        assert run([*arguments, "--target", target, "--json"]) == 0

    assert [row["target"] for row in rows(capsys)] == ["Medium Grey"] * 3


def test_what_cannot_be_reached_is_said_and_not_written(capsys):
    image = picture("a.png", 60)

    assert run([*command(image), "--budget", "2/255", "--json"]) == 1

    captured = capsys.readouterr()
    row = json.loads(captured.out)
    assert row["output"] is None
    assert row["after"] == row["before"] == "dark"
    assert row["quality"]["psnr"] is None
    assert not row["reached"]
    assert not Path("out").exists()
    assert "0 of 1 misread; 0 written to out" in captured.err


def test_failures_are_written_if_asked_for_and_still_are_failures(capsys):
    image = picture("a.png", 60)

    assert run([*command(image), "--budget", "2/255", "--failures", "--json"]) == 1

    (row,) = rows(capsys)
    assert Path(row["output"]).exists()
    assert not row["reached"]
    assert row["quality"]["linf"] == pytest.approx(2, abs=1e-4)


def test_what_is_misread_already_is_reported_apart(capsys):
    images = [picture("a.png", 98), picture("b.png", 120)]

    assert run([*command(*images), "--label", "dark", "--json"]) == 0

    captured = capsys.readouterr()
    found = [json.loads(line) for line in captured.out.splitlines()]
    assert [row["at_no_cost"] for row in found] == [False, True]
    assert [row["gradients"] > 0 for row in found] == [True, False]
    assert found[1]["quality"]["psnr"] is None
    assert "1 of 1 misread; 1 at the goal as they came, at no cost" in captured.err
    assert np.array_equal(np.asarray(Image.open("b.png")), np.asarray(Image.open("out/b.png")))


def test_people_get_a_table(capsys):
    images = [picture("a.png", 98), picture("b.png", 20), picture("c.png", 120)]

    assert run([*command(*images), "--label", "dark"]) == 1

    captured = capsys.readouterr()
    words = " ".join(captured.out.split())
    for word in ("a.png", "dark -> dark", "not reached", "as it came", "gradients"):
        assert word in words
    assert "1 of 2 misread; 1 at the goal as they came" in captured.err


def test_a_bad_file_does_not_stop_the_others(capsys):
    Path("bad.png").write_text("no picture")

    assert run(command("missing.png", "bad.png", picture("a.png", 98))) == 2

    said = capsys.readouterr().err
    assert "missing.png must be a photo file, got no such file" in said
    assert "bad.png must be a photo, got something else" in said
    assert "1 of 1 misread; 2 could not be used; 1 written to out" in said
    assert Path("out/a.png").exists()


def test_a_grey_file_stays_grey_and_this_is_said_where_it_matters(capsys):
    image = picture("a.png", 98, mode="L")

    assert run([*command(image), "--json"]) == 0
    only = command(image, recogniser="tests.cli.brightness:colour_only", output="other")
    assert run([*only, "--json"]) == 0

    named, colour = rows(capsys)
    assert named["notes"] == []
    assert colour["notes"] == ["grey, shown to the recogniser as three equal channels"]
    for row in (named, colour):
        with Image.open(row["output"]) as written:
            assert written.mode == "L"


def test_opaque_alpha_is_left_out_and_transparency_refused(capsys):
    opaque = picture("a.png", 98, mode="RGBA")
    with Image.open(opaque) as image:
        image.putalpha(200)
        image.save("b.png")

    assert run(command(opaque)) == 0
    capsys.readouterr()
    assert run(command("b.png", output="other")) == 2

    with Image.open("out/a.png") as written:
        assert written.mode == "RGB"
    assert "b.png must be opaque, got transparent pixels" in capsys.readouterr().err


def test_a_photo_on_its_side_is_attacked_upright(capsys):
    exif = Image.Exif()
    exif[274] = 6
    image = picture("a.jpg", 98, size=(20, 30), exif=exif)

    assert run([*command(image), "--json"]) == 0

    (row,) = rows(capsys)
    with Image.open(row["output"]) as written:
        assert written.size == (30, 20)
        assert 274 not in written.getexif()


def test_images_are_brought_to_the_size_of_the_recogniser_or_the_one_asked_for(capsys):
    image = picture("a.png", 98, size=(40, 50))

    fixed = "tests.cli.brightness:fixed"
    assert run([*command(image, recogniser=fixed, output="fixed"), "--json"]) == 0
    assert run([*command(image, output="asked"), "--side", "20", "--json"]) == 0
    assert run([*command(image, output="neither"), "--json"]) == 0

    sizes = []
    found = rows(capsys)
    for row in found:
        with Image.open(row["output"]) as written:
            sizes.append(written.size)
    assert sizes == [(32, 32), (20, 20), (40, 50)]
    assert found[0]["notes"] == ["brought from 40 x 50 to 32 x 32 pixels"]
    assert found[2]["notes"] == []


def test_squaring_keeps_the_middle_and_the_proportions():
    levels = np.zeros((60, 20, 1), np.uint8)
    levels[20:40] = 200

    assert squared(levels, 20).tolist() == levels[20:40].tolist()
    assert squared(levels, 40).shape == (40, 40, 1)
    assert squared(levels, 40)[5:35].min() == 200
    assert squared(np.zeros((21, 333, 3), np.uint8), 16).shape == (16, 16, 3)


@pytest.mark.parametrize("form", ["png", "webp", "tiff"])
def test_lossless_formats_hold_what_was_found(capsys, form):
    image = picture("a.jpg", 98)

    assert run([*command(image), "--format", form, "--json"]) == 0

    (row,) = rows(capsys)
    assert row["output"].endswith(f".{form}")
    assert taken_for(row["output"]) == 1


def test_a_goal_that_is_lost_in_a_jpeg_is_no_success(capsys, monkeypatch):
    from sublimen.cli import attacking

    def darker(codec, levels, *, force):
        del codec, force
        return levels - 3

    monkeypatch.setattr(attacking, "save_photo", darker)

    assert run([*command(picture("a.png", 98)), "--format", "jpeg", "--json"]) == 1

    (row,) = rows(capsys)
    assert not row["reached"]
    assert row["after"] == "dark"
    assert row["notes"] == ["the goal was reached and lost in the jpeg file; png keeps it"]


def test_the_same_seed_writes_the_same_file(capsys):
    image = picture("a.png", 98)

    for folder, seed in (("one", 3), ("two", 3), ("three", 4)):
        arguments = command(image, using="pgd", output=folder)
        assert run([*arguments, "--budget", "20/255", "--seed", str(seed)]) == 0

    capsys.readouterr()
    one, two, three = (Path(f"{name}/a.png").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_limits_and_margin_are_those_of_the_search(capsys):
    image = picture("a.png", 95)

    assert run([*command(image, output="0"), "--max-gradients", "2", "--json"]) == 1
    assert run([*command(image, output="1"), "--margin", "4", "--json"]) == 0
    assert run([*command(image, output="2"), "--json"]) == 0

    short, wide, plain = rows(capsys)
    assert short["gradients"] == 2
    assert wide["quality"]["linf"] > plain["quality"]["linf"]


def test_a_budget_of_a_jnd_map_is_kept(capsys):
    image = picture("a.png", 98, size=(32, 32))

    arguments = [*command(image), "--budget", "jnd:1.5", "--jnd", "yang", "--json"]
    assert run(arguments) == 0

    (row,) = rows(capsys)
    before, after = (
        from_bytes(np.asarray(Image.open(path)), torch.float64) for path in (image, row["output"])
    )
    assert ((after - before).abs() <= 1.5 * Yang()(before) + 1e-9).all()


def test_budgets_are_read_as_people_type_them():
    assert parse_budget(None, None) is None
    assert parse_budget("0.5", None) == Linf(0.5)
    assert parse_budget("linf:2/255", None) == Linf(2 / 255)
    assert parse_budget("jnd:1.0", None) == JndBox(Wu2017(), 1.0)
    assert parse_budget("jnd:1/2", "yang") == JndBox(Yang(), 0.5)


@pytest.mark.parametrize(
    ("text", "jnd", "words"),
    [
        ("much", None, "budget must be like 8/255"),
        ("l2:0.5", None, "budget must be like 8/255"),
        ("1/0", None, "budget must be like 8/255"),
        ("0", None, "epsilon must be in"),
        ("8", None, "epsilon must be in"),
        ("0.5/255", None, "budget must be like"),
        ("0.001", None, "at least one 8-bit level"),
        ("jnd:0", None, "limit must be above 0"),
        ("8/255", "yang", "jnd must come with a budget of its maps"),
        (None, "yang", "jnd must come with a budget of its maps"),
    ],
)
def test_budgets_that_are_none_are_refused(text, jnd, words):
    with pytest.raises(SettingError, match=words):
        parse_budget(text, jnd)


def test_classes_are_found_by_name_or_number():
    numbers = Recogniser(name="digits", model=by_mean, answers="classes", labels=("7", "b", "B"))
    nameless = Recogniser(name="nameless", model=by_mean, answers="classes")

    assert parse_class(None, numbers) is None
    assert parse_class("7", numbers) == 0
    assert parse_class("2", numbers) == 2
    assert [parse_class(text, numbers) for text in ("b", "B")] == [1, 2]
    assert parse_class("12", nameless) == 12
    cats = replace(numbers, labels=("cat, tabby", "Tabby", "dog, cat, hound"))
    assert [parse_class(text, cats) for text in ("CAT", "tabby", "hound")] == [0, 1, 2]
    with pytest.raises(SettingError, match="class must be below 3"):
        parse_class("3", numbers)
    with pytest.raises(UnknownNameError, match="does not name its classes, give a number"):
        parse_class("cat", nameless)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ([], "IMAGE must name at least one file"),
        (["a.png", "--target", "brigt"], "no class 'brigt'; did you mean bright?"),
        (["a.png", "--target", "-1"], "no class '-1'"),
        (["a.png", "--target", "7"], "class must be below 3"),
        (["a.png", "--target", "bright", "--label", "2"], "target must differ from label"),
        (["a.png", "--budget", "0"], "epsilon must be in (0, 1], got 0.0"),
        (["a.png", "--budget", "jnd:1", "--jnd", "yng"], "no JND model 'yng'; did you mean yang"),
        (["a.png", "--margin", "-1"], "margin must be at least 0"),
        (["a.png", "--side", "3"], "side must be at least 16"),
        (["a.png", "--side", "20.5"], "must be a whole number, got 20.5"),
        (["a.png", "--seconds", "0"], "seconds must be above 0"),
        (["a.png", "--format", "gif"], "format"),
        (["a.png", "-o", "a.png"], "a.png must be a folder, got a file"),
        (["a.png", "-o", "."], "a.png must not be an original; name another folder"),
        (["a.png", "a.jpg"], "out/a.png must be one result only, got a.png and a.jpg"),
        (["a.png", "-o", "taken"], "a.png must not exist yet; name another folder or add --force"),
        (["empty"], "empty must hold photos, got none that ends in"),
        (["a.png", "--using", "bmi"], "no attack 'bmi'; did you mean bim"),
        (["a.png", "--using", "jnd-perceptual", "--budget", "1/255"], "inside a budget"),
        (["a.png", "--recogniser", "efficientnet-lite"], "did you mean efficientnet-lite0"),
        (["a.png", "--recogniser", "tests.cli.brightness:missing"], "brightness:missing"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(capsys, change, words):
    picture("a.png", 98)
    picture("a.jpg", 98)
    picture("taken/a.png", 98)
    Path("empty").mkdir()
    before = sorted(Path().rglob("*"))

    given = {"--using": "bim", "--recogniser": NAMED, "-o": "out"}
    usual = [word for name, value in given.items() if name not in change for word in (name, value)]
    assert run(["attack", *change, *usual]) == 2

    assert words in one_sentence(capsys)
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize(
    ("recogniser", "words"),
    [
        ("broken", "a.png: model must answer with finite outputs"),
        ("changing", "a.png: model must answer 1 x 3 numbers, got shape"),
        ("of_one_size", "a.png: recogniser must take images of 20 x 24 pixels and answer with"),
    ],
)
@pytest.mark.usefixtures("as_users_run_it")
def test_a_model_that_cannot_be_attacked_is_said_for_each_file(capsys, recogniser, words):
    image = picture("a.png", 98)

    assert run(command(image, recogniser=f"tests.cli.brightness:{recogniser}")) == 2

    assert words in " ".join(capsys.readouterr().err.split())
    assert not Path("out").exists()


def test_without_any_slope_the_clean_image_is_a_failure(capsys):
    image = picture("a.png", 60)

    flat = command(image, recogniser="tests.cli.brightness:flat", using="pgd")
    assert run([*flat, "--failures", "--json"]) == 1

    (row,) = rows(capsys)
    assert row["quality"]["psnr"] is None
    assert np.array_equal(np.asarray(Image.open(image)), np.asarray(Image.open(row["output"])))


def test_an_original_is_never_written_over(capsys):
    image = picture("a.png", 98)
    before = image.read_bytes()

    assert run([*command(image, output="."), "--force"]) == 2

    assert "must not be an original" in one_sentence(capsys)
    assert image.read_bytes() == before


def test_force_writes_over_earlier_results(capsys):
    image = picture("a.png", 98)
    picture("out/a.png", 10)

    assert run([*command(image), "--force"]) == 0

    capsys.readouterr()
    assert taken_for("out/a.png") == 1


def test_ctrl_c_leaves_nothing_half_written(capsys, monkeypatch):
    from sublimen.cli import attacking

    def interrupted(*_arguments, **_settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(attacking, "attack", interrupted)

    assert run(command(picture("a.png", 98))) == 130
    assert "stopped" in capsys.readouterr().err
    assert not Path("out").exists()


@pytest.mark.weights
def test_embeddings_are_for_protect(capsys):
    assert run(command(picture("a.png", 98), recogniser="dlib-resnet")) == 2
    assert "recogniser must be a classifier, got dlib-resnet" in one_sentence(capsys)


@pytest.mark.parametrize("arguments", [["--help"], ["attack", "--help"]])
def test_help_needs_no_torch(arguments):
    statement = f"from sublimen.cli.main import main; main({arguments})"

    assert not loaded_by(statement) & {"torch", "PIL", "scipy", "dlib", "numpy"}
