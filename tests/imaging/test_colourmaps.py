import numpy as np

from sublimen.imaging.colourmaps import coloured, gradient_css


def test_more_is_always_lighter():
    ramp = coloured(np.linspace(0, 1, 256)[None], 1)[0].astype(float)

    luma = ramp @ (0.299, 0.587, 0.114)

    assert (np.diff(luma) > 0).all()


def test_what_lies_outside_gets_the_colour_of_the_nearer_end():
    ends = coloured(np.array([[-1.0, 0.0, 5.0, 9.0]]), 5)[0]

    np.testing.assert_array_equal(ends[0], ends[1])
    np.testing.assert_array_equal(ends[2], ends[3])


def test_the_gradient_of_a_page_has_the_same_ends():
    first, last = coloured(np.array([[0.0, 1.0]]), 1)[0]

    css = gradient_css()

    assert f"rgb({first[0]} {first[1]} {first[2]})" in css.split(", ")[1]
    assert css.endswith(f"rgb({last[0]} {last[1]} {last[2]}))")
