"""The commands as people call them."""

import json
import re
from functools import partial
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch
from PIL import Image

from sublimen.bench import jnd_study
from sublimen.bench.jnd_table import Noise
from sublimen.cli import demo, protecting
from sublimen.cli.main import main, run
from sublimen.jnd import ChouLi, Wu2017, Yang, ZhangDct
from sublimen.photo import options
from sublimen.photo.effort import STEPS
from sublimen.photo.options import ViewOptions
from sublimen.photo.result import LIMITS
from sublimen.recognisers.face import Box
from tests.bench.test_jnd_table import rows
from tests.report.test_page import OVERSOLD

QUICK = ("--meters", "flip", "--using", "bim")
"""One meter that is quick and always there."""

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "protect.schema.json").read_text("utf-8")
)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    """With dlib as the only recogniser that can be installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUBLIMEN_WEIGHTS", str(tmp_path / "weights"))


@pytest.fixture
def photo(astronaut):
    path = Path("me.png")
    Image.fromarray(np.ascontiguousarray(astronaut[0:260, 100:340])).save(path)
    return path


@pytest.fixture
def grey(astronaut):
    path = Path("grey.png")
    Image.fromarray(astronaut[:60, :80, 1].copy()).save(path)
    return path


@pytest.fixture
def nobody():
    folder = Path("nobody")
    folder.mkdir()
    Image.new("RGB", (64, 64)).save(folder / "black.png")
    return folder


def one_sentence(capsys):
    """What was said on stderr, which must be one line and no traceback."""
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Traceback" not in said
    return said


@pytest.mark.weights
def test_each_photo_gives_one_json_line_that_follows_the_schema(photo, capsys):
    Image.new("RGB", (64, 64)).save("nobody.jpg")

    options = ["--json", "--jnd", "yang", "--report", *QUICK]
    status = run(["protect", str(photo), "nobody.jpg", *options])

    lines = capsys.readouterr().out.splitlines()
    rows = [json.loads(line) for line in lines]
    for line, row in zip(lines, rows, strict=True):
        jsonschema.validate(row, SCHEMA)
        assert not re.search(OVERSOLD, line, re.IGNORECASE)
        assert row["limits"] == LIMITS
    assert status == 1
    assert [row["status"] for row in rows] == ["protected", "no-face"]
    survival = rows[0]["faces"][0]["survival"]
    assert [upload["upload"] for upload in survival] == list(rows[0]["uploads"])
    assert survival[0]["hidden"]
    assert survival[0]["recognisers"] == rows[0]["faces"][0]["recognisers"]
    assert Path("me.protected.png").exists()
    assert Path("me.protected.html").stat().st_mode & 0o777 == 0o600
    assert not Path("nobody.protected.jpg").exists()


@pytest.mark.weights
def test_several_photos_at_a_time_come_back_in_order(photo, capsys):
    Image.new("RGB", (64, 64)).save("nobody.jpg")
    Path("again.png").write_bytes(photo.read_bytes())
    photos = ("again.png", "missing.png", "nobody.jpg", str(photo))

    status = run(["protect", *photos, "--json", "--report", "--jobs", "2", *QUICK])

    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [row["input"] for row in rows] == ["again.png", "nobody.jpg", "me.png"]
    assert [row["status"] for row in rows] == ["protected", "no-face", "protected"]
    assert status == 2
    assert captured.err.count("missing.png must be a photo file") == 1
    assert Path("again.protected.png").read_bytes() == Path("me.protected.png").read_bytes()
    assert Path("me.protected.html").exists()


@pytest.mark.weights
@pytest.mark.usefixtures("no_uploads")
def test_a_bad_photo_does_not_stop_the_others(photo, capsys):
    status = run(["protect", "missing.jpg", str(photo), "--output", "results", *QUICK])

    said = capsys.readouterr().err
    assert status == 2
    assert "missing.jpg must be a photo file, got no such file" in said
    assert Path("results/me.protected.png").exists()


@pytest.mark.weights
def test_all_protected_is_status_zero_and_said_to_people(photo, capsys):
    assert run(["protect", str(photo), "--using", "bim"]) == 0

    captured = capsys.readouterr()
    assert captured.out == ""
    words = " ".join(captured.err.split())
    assert "protected: no recogniser that was asked matches" in words
    assert "JND (" in words
    assert "as visible as JPEG of quality" in words
    assert "dlib (verifier): distance 0.00 ->" in words
    assert "after JPEG of quality 75, 4:2:0:" in words
    assert "(1.0% of different people do)" in words
    assert LIMITS in words
    assert "mobilefacenet is not installed, sublimen weights add mobilefacenet" in words
    assert not re.search(OVERSOLD, captured.err, re.IGNORECASE)
    assert "of 1 x" in words


@pytest.mark.weights
@pytest.mark.usefixtures("no_uploads")
def test_failure_and_gallery_are_said_to_people(photo, capsys):
    Path("others").mkdir()
    Image.open(photo).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save("others/mirror.png")

    assert run(["protect", str(photo), "--map-limit", "0.1", "--gallery", "others", *QUICK]) == 1

    words = " ".join(capsys.readouterr().err.split())
    assert "not protected: the faces still match" in words
    assert "nearest other photo" in words
    assert "still recognised at the limit of 0.1" in words


@pytest.mark.weights
@pytest.mark.usefixtures("no_uploads")
def test_results_of_a_run_are_led_apart(photo, capsys):
    Path("again.png").write_bytes(photo.read_bytes())
    arguments = ["protect", str(photo), "again.png", "-o", "out", "--apart", "out", *QUICK]

    assert run([*arguments, "--json"]) == 0

    captured = capsys.readouterr()
    first, second = map(json.loads, captured.out.splitlines())
    jsonschema.validate(second, SCHEMA)
    apart = [one["faces"][0]["recognisers"][0]["apart"] for one in (first, second)]
    assert apart[0] is None
    assert not apart[1]["matches"]
    assert apart[1]["after"] > 0.6
    assert "nearest protected photo" in captured.err
    assert run([*arguments, "--json", "--force"]) == 0
    replaced, _ = map(json.loads, capsys.readouterr().out.splitlines())
    assert replaced["faces"][0]["recognisers"][0]["apart"] is None


@pytest.mark.weights
@pytest.mark.usefixtures("no_uploads")
def test_the_change_leads_towards_somebody_who_is_compared_with(photo, capsys):
    Path("other").mkdir()
    Image.open(photo).transpose(Image.Transpose.FLIP_LEFT_RIGHT).save("other/mirror.png")

    assert run(["protect", str(photo), "--towards", "other", "--margin", "0", *QUICK]) in {0, 1}

    words = " ".join(capsys.readouterr().err.split())
    assert "nearest photo of --towards: " in words
    assert "for the person of --towards by " in words


@pytest.mark.weights
@pytest.mark.usefixtures("no_uploads")
def test_the_demonstration_protects_its_portrait(capsys, monkeypatch):
    monkeypatch.setitem(STEPS, "normal", 2)
    monkeypatch.setattr(options, "ViewOptions", partial(ViewOptions, meters=("flip",)))
    assert run(["demo", "shown"]) in {0, 1}

    names = {path.name for path in Path("shown").iterdir()}
    assert names == {"portrait.png", "portrait.protected.png", "portrait.protected.html"}
    assert run(["demo", "shown"]) == 2
    assert "must not exist yet" in capsys.readouterr().err
    assert run(["demo", "shown", "--force"]) in {0, 1}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["protect"], "PHOTO must name at least one file"),
        (["protect", "missing.jpg"], "got no such file"),
        (["protect", "me.png", "--jnd", "yng"], "no JND model 'yng'; did you mean yang"),
        (["protect", "me.png", "--using", "pdg"], "no attack 'pdg'; did you mean pgd"),
        (["protect", "me.png", "--jobs", "0"], "jobs must be at least 1"),
        (
            ["protect", "me.png", "--surrogate", "dlib-resnt"],
            "no face recogniser 'dlib-resnt'; did you mean dlib-resnet",
        ),
        (
            ["protect", "me.png", "--judge", "hse-mobilenet"],
            "run `sublimen weights add hse-mobilenet`",
        ),
        (
            ["protect", "me.png", "--surrogate", "dlib-resnet", "--judge", "dlib-resnet"],
            "--judge must name a recogniser that is no surrogate, got dlib-resnet",
        ),
        (["protect", "me.png", "--judge", "dlib-resnet"], "must leave a recogniser"),
        (["protect", "me.png", "--map-limit", "0"], "map_limit must be above 0"),
        (["protect", "me.png", "--map-limit", "much"], "map-limit"),
        (["protect", "me.png", "--box", "1,2,3"], "--box must be x0,y0,x1,y1"),
        (["protect", "me.png", "--box", "5,5,5000,50"], "box must lie in the photo"),
        (["protect", "me.png", "me.png", "--box", "5,5,50,50"], "--box must come with one photo"),
        (["protect", "me.png", "-o", "me.png", "--force"], "must not be the original"),
        (["protect", "me.png", "-o", "out.gif"], "must end in one of"),
        (["protect", "me.png", "--gallery", "none"], "gallery must be a folder"),
        (["protect", "me.png", "--towards", "none"], "towards must be a folder"),
        (["protect", "me.png", "--towards", "nobody"], "towards must hold a face, got none in"),
        (["protect", "me.png", "--apart", "me.png"], "apart must be a folder"),
        (["protect", "me.png", "--apart", "out", "--jobs", "2"], "--jobs must be 1 with --apart"),
        (["protect", "me.png", "grey.png", "-o", "one.png"], "must be a folder for several"),
        (["jnd", "me.png", "--model", "chou", "-o", "m.npy"], "did you mean chou-li"),
        (["jnd", "me.png", "-o", "m.txt"], "must end in .npy or .png"),
        (
            ["jnd", "me.png", "-o", "m.npy", "--model", "klt", "--edges", "missing.npy"],
            "edge map",
        ),
        (
            ["jnd", "me.png", "-o", "m.npy", "--model", "chou-li", "--edges", "e.npy"],
            "edges must not be given for chou-li",
        ),
        (
            [
                *("jnd", "me.png", "-o", "m.npy", "--model", "wu-2017"),
                *("--variant", "paper", "--edges", "e.npy"),
            ],
            "edges must not be given for wu-2017",
        ),
        (
            ["jnd", "me.png", "-o", "m.npy", "--model", "resjnd", "--weights", "me.png"],
            "must be a PyTorch file",
        ),
        (["train", "hvs-sd", "--images", ".", "-o", "out", "--seed", "99999999999"], "seed"),
        (
            ["jnd", "me.png", "-o", "m.npy", "--model", "yang", "--variant", "nyu"],
            "variant of yang must be paper or ntu, got 'nyu'",
        ),
        (
            ["jnd", "me.png", "-o", "m.npy", "--model", "chou-li", "--variant", "paper"],
            "variant must not be given for chou-li",
        ),
        (
            ["jnd", "me.png", "-o", "m.npy", "--model", "wu-2017", "--weights", "w.pth"],
            "weights must not be given for wu-2017",
        ),
        (["jnd", "me.png", "-o", "m.npy", "--model", "resjnd"], "resjnd"),
        (
            ["jnd", "me.png", "-o", "m.npy", "--model", "hvs-sd", "--weights", "me.png"],
            "written by sublimen train hvs-sd",
        ),
        (["jnd", "me.png", "-o", "m.npy", "--coefficients"], "coefficients are those of zhang-dct"),
        (
            ["jnd", "me.png", "-o", "m.png", "--model", "zhang-dct", "--coefficients"],
            "must end in .npy, got .png",
        ),
        (["train", "hvs-sd", "--images", "none", "-o", "out"], "must be a folder of pictures"),
        (["train", "hvs-sd", "--images", ".", "-o", "out", "--map-steps", "-1"], "map_steps"),
        (
            ["train", "hvs-sd", "--images", ".", "-o", "out", "--map-steps", "1.5"],
            "must be a whole number, got 1.5",
        ),
        (["bench", "jnd", "-o", "out", "--data", "none"], "must hold kodak"),
        (["measure", "me.png", "grey.png"], "same size and channels, got 240 x 260 colour"),
        (["mesure", "me.png", "grey.png"], "mesure"),
        (
            ["measure", "me.png", "me.png", "--viewing", "dek"],
            "no viewing 'dek'; did you mean desk",
        ),
        (["measure", "me.png", "me.png", "--display", "tv"], "no display 'tv'; choose from"),
        (["measure", "me.png", "me.png", "--meters", "flp"], "no meter 'flp'; did you mean flip"),
        (["measure", "me.png", "me.png", "--box", "1,2"], "--box must be x0,y0,x1,y1"),
        (["measure", "me.png", "me.png", "--map-limit", "0"], "map_limit must be above 0"),
        (["measure", "me.png", "me.png", "--heat-map", "me.png"], "must not"),
        (["protect", "me.png", "--visibility", "0"], "visibility must be above 0"),
        (["protect", "me.png", "--viewing", "dek"], "no viewing 'dek'; did you mean desk"),
        (["bench", "calibrate", "-o", "out", "--data", "none"], "must hold kodak"),
        (["protect", "me.png", "--colour", "red"], "--colour"),
    ],
)
@pytest.mark.weights
@pytest.mark.usefixtures("photo", "grey", "nobody")
def test_bad_input_gets_one_sentence_and_status_two(capsys, arguments, words):
    before = sorted(path.name for path in Path().iterdir())

    status = run(arguments)

    assert status == 2
    assert words in one_sentence(capsys)
    assert sorted(path.name for path in Path().iterdir()) == before


@pytest.mark.weights
def test_ctrl_c_leaves_nothing_half_written(photo, capsys, monkeypatch):
    def interrupt(_self):
        raise KeyboardInterrupt

    monkeypatch.setattr(protecting.Job, "run", interrupt)

    assert run(["protect", str(photo)]) == 130
    assert "stopped" in capsys.readouterr().err
    assert [path.name for path in Path().iterdir()] == ["me.png"]


def test_main_exits_with_the_status(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["measure", "a.png", "b.png"])

    assert ended.value.code == 2
    assert "a.png" in one_sentence(capsys)


@pytest.mark.parametrize("model", [ChouLi, Yang, Wu2017])
@pytest.mark.parametrize("padding", ["reflect", "zeros"])
def test_a_map_file_holds_levels(grey, model, padding):
    output = f"{model.name}.npy"

    assert run(["jnd", str(grey), "--model", model.name, "--padding", padding, "-o", output]) == 0

    levels = np.asarray(Image.open(grey)).astype(np.float64)
    expected = model(padding=padding)(torch.from_numpy(levels / 255)[None, None])[0] * 255
    written = np.load(output)
    assert written.dtype == np.float32
    np.testing.assert_allclose(written, expected.numpy(), rtol=1e-6)


def test_a_map_of_a_colour_photo_has_three_channels(photo):
    assert run(["jnd", str(photo), "-o", "map.npy"]) == 0
    assert run(["jnd", str(photo), "-o", "map.png"]) == 0

    written = np.load("map.npy")
    assert written.shape == (3, 260, 240)
    picture = np.asarray(Image.open("map.png")).transpose(2, 0, 1)
    np.testing.assert_allclose(picture, np.clip(written * 10, 0, 255), atol=0.51)


def test_a_variant_and_the_thresholds_of_coefficients_may_be_asked_for(grey):
    assert run(["jnd", str(grey), "--model", "yang", "--variant", "ntu", "-o", "ntu.npy"]) == 0
    assert run(["jnd", str(grey), "--model", "zhang-dct", "--coefficients", "-o", "c.npy"]) == 0

    image = torch.from_numpy(np.asarray(Image.open(grey)).astype(np.float64) / 255)[None, None]
    np.testing.assert_allclose(
        np.load("ntu.npy"), (Yang(variant="ntu")(image)[0] * 255).numpy(), rtol=1e-6
    )
    coefficients = ZhangDct().coefficients(image)[0] * 255
    np.testing.assert_allclose(np.load("c.npy"), coefficients.numpy(), rtol=1e-5)


@pytest.mark.parametrize(
    "name",
    ["liu", "wu-2013", "klt", "zhang-dct", "hvs-sd", "rgb-profile"],
)
def test_every_model_writes_a_map_of_a_colour_photo(photo, name):
    assert run(["jnd", str(photo), "--model", name, "-o", "map.npy"]) == 0

    written = np.load("map.npy")
    assert written.shape == (3, 260, 240)
    assert np.isfinite(written).all()
    assert 0 <= written.min() < written.max() < 256


def test_training_writes_weights_that_jnd_takes(photo, capsys):
    command = ["train", "hvs-sd", "--images", ".", "-o", "out", "--leave-out", "nothing"]
    command += ["--autoencoder-steps", "1", "--map-steps", "1"]
    Image.new("RGB", (300, 310), "olive").save("large.png")

    assert run(command) == 0
    assert run(command) == 0

    assert "1 pictures" in capsys.readouterr().err
    weights = ["--weights", "out/hvs_sd.safetensors"]
    assert run(["jnd", str(photo), "--model", "hvs-sd", *weights, "-o", "own.npy"]) == 0
    assert np.load("own.npy").shape == (3, 260, 240)


def test_the_noise_test_says_how_each_model_does(monkeypatch, capsys, tmp_path):
    def run_it(*_, watch):
        watch("a picture, a model")
        return Noise(rows(0.6, 1.2))

    monkeypatch.setattr(jnd_study, "run", run_it)

    assert run(["bench", "jnd", "-o", "out", "--data", str(tmp_path)]) == 0

    said = capsys.readouterr().err
    assert "a picture, a model" in said
    assert "good: shaped over shuffled noise 0.5" in said
    assert "written to out" in said


def test_edges_may_be_given(grey):
    edges = np.zeros((60, 80), dtype=bool)
    edges[20:40, 30] = True
    np.save("edges.npy", edges)
    np.save("protection.npy", np.zeros((60, 80)))

    yang = ["jnd", str(grey), "--model", "yang", "-o", "yang.npy"]
    assert run([*yang, "--edges", "edges.npy"]) == 0
    command = ["jnd", str(grey), "--model", "wu-2017", "-o", "wu.npy"]
    assert run([*command, "--edges", "protection.npy"]) == 0

    image = torch.from_numpy(np.asarray(Image.open(grey)).astype(np.float64) / 255)[None, None]
    given = torch.from_numpy(edges)[None, None]
    np.testing.assert_allclose(
        np.load("yang.npy"), (Yang()(image, edges=given)[0] * 255).numpy(), rtol=1e-6
    )
    unprotected = Wu2017()(image, edges=torch.zeros(1, 1, 60, 80, dtype=torch.float64))
    np.testing.assert_allclose(np.load("wu.npy"), (unprotected[0] * 255).numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 3)), "height x width = 60 x 80 values"),
        (np.full((60, 80), np.nan), "got NaN or infinity"),
        (np.full((60, 80), "x"), "numbers or booleans"),
        (np.full((60, 80), 255, np.uint8), "true and false, or numbers in [0, 1], got [255, 255]"),
        (np.full((60, 80), -0.5), "got [-0.5, -0.5]"),
    ],
)
def test_unfit_edges_are_refused(grey, capsys, array, words):
    np.save("edges.npy", array)

    command = ["jnd", str(grey), "--model", "yang", "--edges", "edges.npy", "-o", "m.npy"]
    assert run(command) == 2
    assert words in one_sentence(capsys)
    assert not Path("m.npy").exists()


def test_whole_numbers_are_edges_or_the_structure_in_levels(grey):
    edges = np.zeros((60, 80), np.uint8)
    edges[20:40, 30] = 1
    structure = np.full((60, 80), 90, np.uint8)
    for name, array in (("bool", edges > 0), ("int", edges), ("u", structure)):
        np.save(f"{name}.npy", array)
    np.save("float.npy", structure.astype(float))

    for model, one, other in (("yang", "bool", "int"), ("liu", "u", "float")):
        for given in (one, other):
            command = ["jnd", str(grey), "--model", model, "--edges", f"{given}.npy"]
            assert run([*command, "-o", f"{model}-{given}.npy"]) == 0
        assert np.array_equal(np.load(f"{model}-{one}.npy"), np.load(f"{model}-{other}.npy"))


def test_measure_prints_tables_or_json(grey, capsys):
    levels = np.asarray(Image.open(grey)).astype(int)
    Image.fromarray(np.where(levels < 128, levels + 2, levels - 2).astype(np.uint8)).save("b.png")

    assert run(["measure", str(grey), "b.png", "--json", "--meters", "flip"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["metrics"]["psnr"] == pytest.approx(42.1102, abs=1e-3)
    assert measured["largest_change"] == 2
    assert measured["beyond_jnd"] == 0
    assert measured["visibility"]["meters"]["flip"]["role"] == "optimised"
    jsonschema.validate(measured["visibility"], {**SCHEMA, **SCHEMA["$defs"]["visibility"]})

    assert run(["measure", str(grey), "b.png", "--meters", "flip"]) == 0
    assert "42.1102 dB" in capsys.readouterr().out
    assert run(["measure", str(grey), str(grey), "--meters", "flip"]) == 0
    assert "nothing differs" in capsys.readouterr().out


@pytest.mark.weights
def test_measure_reads_with_every_meter_and_draws_where_it_is_seen(photo, capsys):
    with Image.open(photo) as picture:
        changed = np.array(picture)
    changed[100:140, 100:140] ^= 8
    Image.fromarray(changed).save("b.png")

    assert run(["measure", str(photo), "b.png", "--heat-map", "map.png", "--viewing", "desk"]) == 0

    captured = capsys.readouterr()
    for name in ("cvvdp", "ssimulacra2", "flip", "iw-ssim (judge)", "butteraugli", "counts: desk"):
        assert name in captured.out
    assert "0 JND in dark blue" in " ".join(captured.err.split())
    with Image.open("map.png") as picture:
        assert picture.size == (240, 260)


@pytest.mark.weights
@pytest.mark.usefixtures("no_uploads")
def test_the_readings_of_protect_are_those_of_measure_on_the_two_files(photo, capsys):
    meters = ("--meters", "flip", "--meters", "ssimulacra2")
    assert run(["protect", str(photo), "--json", "--using", "bim", *meters]) == 0
    protected = json.loads(capsys.readouterr().out)

    assert run(["measure", str(photo), "me.protected.png", "--json", *meters]) == 0

    measured = json.loads(capsys.readouterr().out)
    assert measured["visibility"] == protected["visibility"]
    assert measured["metrics"]["psnr"] == pytest.approx(protected["quality"]["psnr"])
    assert measured["metrics"]["ssim"] == pytest.approx(protected["quality"]["ssim"])


@pytest.mark.weights
@pytest.mark.usefixtures("no_uploads")
def test_a_limit_of_visibility_is_kept_by_the_saved_file(photo, capsys):
    arguments = ["protect", str(photo), "--visibility", "0.3", "--json", *QUICK]
    assert run(arguments) == 1

    protected = json.loads(capsys.readouterr().out)
    jsonschema.validate(protected, SCHEMA)
    assert protected["visibility_limit"] == 0.3
    assert 0.2 < protected["visibility"]["jnd"] <= 0.3
    assert protected["status"] == "not-protected"
    assert "--visibility" in protected["faces"][0]["note"]


def test_models_lists_every_entry_with_its_source(capsys):
    assert run(["models", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    kinds = {(row["kind"], row["name"]) for row in rows}
    assert {("attack", "bim"), ("jnd", "yang"), ("recogniser", "dlib-resnet")} <= kinds
    assert all(row["source"] and row["summary"] for row in rows)
    assert run(["models"]) == 0
    assert "chou-li" in capsys.readouterr().out


def test_a_box_is_read_as_typed():
    assert protecting.parse_box("1,2,30,40") == Box(1, 2, 30, 40)


@pytest.mark.parametrize("command", ["protect", "measure", "jnd", "models", "demo", "bench"])
def test_every_command_explains_itself(command, capsys):
    assert run([command, "--help"]) == 0
    assert f"sublimen {command}" in capsys.readouterr().out


def test_a_portrait_that_cannot_be_written_is_refused(capsys):
    Path("file").write_text("")

    assert run(["demo", "file/inside"]) == 2
    assert "must be writable" in one_sentence(capsys)
    assert demo.__name__ == "sublimen.cli.demo"


@pytest.mark.weights
@pytest.mark.usefixtures("no_uploads")
def test_the_default_is_seen_no_better_than_one_jnd_in_the_saved_file(photo, capsys, monkeypatch):
    monkeypatch.setitem(STEPS, "quick", 12)
    assert run(["protect", str(photo), "--effort", "quick", "--json"]) in {0, 1}

    protected = json.loads(capsys.readouterr().out)
    jsonschema.validate(protected, SCHEMA)
    assert protected["attack"] == "sublimen"
    assert protected["visibility_limit"] == 1.0
    assert 0.85 < protected["visibility"]["jnd"] <= 1.0
    assert protected["faces"][0]["recognisers"][0]["after"] > 0.3
    assert protected["cost"]["gradients"] == STEPS["quick"]


@pytest.mark.parametrize("effort", ["0", "-3", "nan", "inf", "much"])
def test_an_effort_that_is_none_is_refused(effort, capsys):
    assert run(["protect", "me.png", "--effort", effort]) == 2

    assert "effort must be quick, normal, thorough or a number of seconds" in " ".join(
        capsys.readouterr().err.split()
    )
