import pytest

from sublimen.errors import SettingError, WeightsError
from sublimen.recognisers import OnnxCard

LEAST = 'file = "net.onnx"\nkind = "classes"\nside = 8\n'


@pytest.fixture
def card(tmp_path):
    """Reads a card of these lines."""

    def read(text):
        path = tmp_path / "card.toml"
        path.write_text(text, "utf-8")
        return OnnxCard.read(path)

    return read


def test_three_lines_are_a_card(card, tmp_path):
    found = card(LEAST)

    assert found == OnnxCard(file=tmp_path / "net.onnx", kind="classes", side=8)
    assert (found.colour, found.layout, found.scale) == ("rgb", "nchw", 1)


def test_a_full_card_is_read(card, tmp_path):
    found = card(
        LEAST.replace("classes", "embedding")
        + 'sha256 = "ab"\ncolour = "bgr"\nlayout = "nhwc"\nscale = 255\nmean = 127.5\n'
        'std = [1, 2.0, 3]\nlabels = "names.txt"\nthreshold = 1.1\nfalse_match_rate = 0.001\n'
        'source = "somebody, MIT"\n'
    )

    assert (found.mean, found.std) == ((127.5,) * 3, (1.0, 2.0, 3.0))
    assert found.labels == tmp_path / "names.txt"
    assert (found.sha256, found.colour, found.layout) == ("ab", "bgr", "nhwc")
    assert (found.scale, found.threshold, found.false_match_rate) == (255, 1.1, 0.001)
    assert found.source == "somebody, MIT"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('kind = "classes"\nside = 8', "card.toml must hold file, got none"),
        ('file = "net.onnx"\nside = 8', "must hold kind, got none"),
        (LEAST + "meen = 1", "known keys, got meen; choose from colour, false_match_rate, file"),
        (LEAST.replace("classes", "boxes"), "kind must be classes or embedding, got 'boxes'"),
        (LEAST + 'colour = "grey"', "colour must be rgb or bgr"),
        (LEAST + 'layout = "chw"', "layout must be nchw or nhwc"),
        (LEAST.replace("side = 8", "side = 8.5"), "side must be of another kind, got 8.5"),
        (LEAST.replace("side = 8", "side = true"), "side must be of another kind, got True"),
        (LEAST.replace("side = 8", "side = 0"), "side must be at least 1"),
        (LEAST.replace('"net.onnx"', "7"), "file must be of another kind, got 7"),
        (LEAST + "mean = [1, 2]", r"mean must be a number or three, got \[1, 2\]"),
        (LEAST + 'std = "1"', "std must be a number or three"),
        (LEAST + "std = [1, 0, 1]", "std must be above 0"),
        (LEAST + "std = [1, nan, 1]", "finite"),
        (LEAST + "mean = inf", "mean and std must be finite"),
        (LEAST + "scale = -1", "scale must be above 0"),
        (LEAST + 'source = ["me"]', "source must be of another kind"),
        (LEAST + "threshold = 1.0", "threshold must be that of an embedding"),
        (LEAST.replace("classes", "embedding") + "threshold = 0", "threshold must be above 0"),
        (
            LEAST.replace("classes", "embedding") + "false_match_rate = 1.5",
            r"false_match_rate must be in \[0, 1\]",
        ),
    ],
)
def test_other_cards_are_refused(card, text, words):
    with pytest.raises(SettingError, match=words):
        card(text)


def test_what_is_no_card_is_refused(card, tmp_path):
    with pytest.raises(WeightsError, match="card must be a TOML file"):
        card("file = ")
    with pytest.raises(WeightsError, match=r"card must be a TOML file, got .*absent\.toml"):
        OnnxCard.read(tmp_path / "absent.toml")
