"""What is true of every JND model."""

import re

import pytest
import torch

from sublimen.errors import ImageError, SettingError
from sublimen.jnd import in_tiles
from tests.jnd.forms import OF_COLOUR, every_form, forms_in_tiles, forms_of_luminance
from tests.jnd.planes import as_images


@pytest.fixture(params=["reflect", "zeros"])
def padding(request):
    return request.param


@every_form
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_map_has_the_shape_and_number_type_of_the_images(model, padding, channels, dtype):
    coarse = torch.rand(2, channels, 10, 17, generator=torch.Generator().manual_seed(0)).to(dtype)
    images = coarse.repeat_interleave(2, 2).repeat_interleave(2, 3)[..., :33]
    before = images.clone()

    jnd = model(padding=padding)(images)

    assert jnd.shape == images.shape
    assert jnd.dtype == dtype
    assert jnd.is_contiguous()
    assert jnd.isfinite().all()
    assert jnd.min() >= 0
    assert jnd.max() > 0
    assert not jnd.requires_grad
    assert torch.equal(images, before)


@forms_of_luminance
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("level", [0, 1, 127, 128, 254, 255])
def test_flat_fields_have_one_finite_threshold(model, level, channels):
    flat = torch.full((1, channels, 17, 19), level / 255)

    jnd = model()(flat)

    assert (jnd == jnd[..., :1, :1]).all()
    assert 0 <= jnd.min() <= jnd.max() < 60 / 255


@every_form
@pytest.mark.parametrize("channels", [1, 3])
def test_black_against_white_is_finite(model, padding, channels):
    board = torch.zeros(1, channels, 24, 24)
    board[..., ::2, ::2] = board[..., 1::2, 1::2] = 1
    halves = torch.zeros(1, channels, 24, 24)
    halves[..., 12:] = 1

    for images in (board, halves):
        jnd = model(padding=padding)(images)
        assert jnd.isfinite().all()
        assert jnd.min() >= 0


@forms_of_luminance
def test_the_eye_is_least_sensitive_in_the_dark(model):
    black, grey, white = (
        model()(torch.full((1, 1, 16, 16), level / 255))[0, 0, 8, 8] for level in (0, 127, 255)
    )

    assert black > white > grey


@every_form
def test_texture_hides_more_than_a_flat_field_of_the_same_mean(model, generator):
    fine = torch.randint(-120, 121, (1, 1, 65, 65), generator=generator).double()
    noise = torch.nn.functional.avg_pool2d(fine, 2, stride=1)
    texture = (128 + noise - noise.mean()) / 255
    flat = torch.full_like(texture, 128 / 255)

    assert model()(texture).mean() > 1.2 * model()(flat).mean()


@every_form
def test_a_batch_gives_what_its_images_give_one_by_one(model, portrait):
    images = torch.cat([as_images(portrait), as_images(portrait).flip(3), as_images(portrait) / 2])

    together = model()(images)

    assert torch.equal(together, torch.cat([model()(image[None]) for image in images]))


@every_form
def test_the_two_precisions_agree(model, camera):
    single, double = (model()(as_images(camera, dtype)) for dtype in (torch.float32, torch.float64))

    # Half a hundredth of a level, but for the rare edge whose maximum is a tie.
    off = (single - double).abs() > 0.005 / 255
    assert off.double().mean() < 1e-3


@forms_in_tiles
def test_maps_differ_between_paddings_at_the_rim_alone(model, camera):
    images = as_images(camera[:141, :205])
    whole = model().prepare(images, None)

    maps = [model(padding=padding).part(images, whole) for padding in ("reflect", "zeros")]

    rim = model().halo
    inner = [jnd[..., rim:-rim, rim:-rim] for jnd in maps]
    assert torch.equal(*inner)
    assert not torch.equal(*maps)


@every_form
def test_equal_settings_are_equal_and_can_be_read(model):
    assert model() == model(padding="reflect")
    assert model() != model(padding="zeros")
    assert "padding='zeros'" in repr(model(padding="zeros"))


@every_form
@pytest.mark.usefixtures("as_users_run_it")
def test_settings_are_refused_with_what_they_must_be(model):
    with pytest.raises(SettingError, match="reflect or zeros, got 'circular'"):
        model(padding="circular")


@every_form
@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (torch.full((1, 3, 32, 32), 200.0), "divide 8-bit pixels by 255"),
        (torch.full((1, 3, 32, 32), -0.1), r"must lie in \[0, 1\]"),
        (torch.full((1, 3, 32, 32), float("nan")), "got NaN"),
        (torch.zeros(1, 3, 32, 32, dtype=torch.uint8), "got torch.uint8; divide by 255"),
        (torch.zeros(1, 3, 15, 32), "at least 16 x 16 pixels, got 32 x 15"),
        (torch.zeros(1, 32, 32, 3), "permute channels-last"),
        (torch.zeros(0, 3, 32, 32), "at least one image"),
    ],
)
def test_what_breaks_the_pixel_convention_is_refused(model, images, message):
    with pytest.raises(ImageError, match=message):
        model()(images)


@every_form
@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("shape", [(1, 1, 32, 31), (1, 3, 32, 32), (2, 1, 32, 32), (32, 32)])
def test_edges_of_another_shape_are_refused(model, shape):
    edges = torch.zeros(shape, dtype=torch.bool)

    with pytest.raises(ImageError, match=re.escape(f"(1, 1, 32, 32), got {shape}")):
        model()(torch.zeros(1, 3, 32, 32), edges=edges)


@every_form
def test_colour_has_one_plane_for_all_channels_or_three(model, padding, camera, portrait):
    grey, colour = as_images(camera, torch.float32), as_images(portrait)

    own, copied = (model(padding=padding)(grey.expand(-1, c, -1, -1)) for c in (1, 3))
    red, green, blue = model(padding=padding)(colour)[0]

    if model.func.name not in OF_COLOUR:
        assert torch.equal(copied, own.expand_as(copied))
        assert torch.equal(red, green)
        assert torch.equal(green, blue)
    else:
        assert blue.mean() > green.mean()


def extremes():
    board = torch.zeros(24, 24)
    board[::2, ::2] = board[1::2, 1::2] = 1
    halves = torch.zeros(24, 24)
    halves[:, 12:] = 1
    noise = torch.rand(24, 24, generator=torch.Generator().manual_seed(0))
    return {
        "black": torch.zeros(24, 24),
        "white": torch.ones(24, 24),
        "mid-grey": torch.full((24, 24), 127 / 255),
        "checkerboard": board,
        "halves": halves,
        "noise": noise,
        "nearly black": noise * 1e-12,
    }


@every_form
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("picture", extremes().values(), ids=extremes())
def test_gradients_are_finite_everywhere(model, padding, channels, picture):
    images = picture.expand(1, channels, -1, -1).clone().requires_grad_()

    jnd = model(padding=padding)(images)
    (gradient,) = torch.autograd.grad(jnd.sum(), images)

    assert gradient.isfinite().all()


@every_form
def test_a_gradient_is_the_slope_of_the_map(model, portrait):
    images = as_images(portrait[:32, :32]).requires_grad_()
    entry = model()
    whole = entry.prepare(images.detach(), None)

    (gradient,) = torch.autograd.grad(entry.part(images, whole).mean(), images)

    direction = gradient / gradient.norm()
    step = 1e-7
    with torch.no_grad():
        ahead, behind = (
            entry.part(images + sign * step * direction, whole).mean() for sign in (1, -1)
        )
    assert gradient.norm() > 0
    assert (ahead - behind) / (2 * step) == pytest.approx(gradient.norm().item(), rel=0.05)


@every_form
def test_pictures_that_lie_otherwise_in_memory_get_the_same_map(model, portrait):
    upright = as_images(portrait[:64, :48], torch.float32)
    turned = upright.mT.contiguous().mT
    entry = model()

    assert not turned.is_contiguous()
    assert torch.equal(entry(turned), entry(upright))
    assert torch.equal(in_tiles(entry, turned), entry(upright))


@every_form
@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize(
    ("number", "dtype"),
    [(300.0, torch.float32), (-0.1, torch.float64), (1, torch.uint8), (torch.nan, torch.float32)],
)
def test_edges_that_are_neither_true_and_false_nor_in_range_are_refused(model, number, dtype):
    images = torch.full((1, 1, 32, 32), 0.5)

    with pytest.raises(ImageError, match=rf"edges of {model().name}|edges of wu-2017"):
        model()(images, edges=torch.full((1, 1, 32, 32), number, dtype=dtype))


@every_form
def test_models_say_whether_they_look_for_edges(model, camera):
    entry = model()

    assert entry.takes_edges == (entry.edges(as_images(camera)) is not None)
