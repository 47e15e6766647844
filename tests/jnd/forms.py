"""Every JND model in each of its variants, for what is true of all."""

from functools import partial

import pytest

from sublimen.jnd import JND_MODELS

RESIDUAL = {"klt", "hvs-sd", "resjnd"}
"""Models whose map is what is taken from a picture; nothing is taken from a flat field."""

OF_COLOUR = {"yang", "rgb-profile", "hvs-sd", "resjnd"}
"""Models whose map differs between the channels."""


def forms():
    """Every model in each of its variants, ready to take other settings."""
    for name, model in JND_MODELS.items():
        if name == "resjnd":
            continue  # Its weights are the user's to bring: test_resjnd.py has the same checks.
        for variant in model.variants or [None]:
            form = partial(model, **({} if variant is None else {"variant": variant}))
            yield pytest.param(form, id=name if variant is None else f"{name}-{variant}")


def of_luminance():
    """Those with a threshold on flat fields, as luminance adaptation gives it."""
    return [form for form in forms() if form.values[0].func.name not in RESIDUAL]


every_form = pytest.mark.parametrize("model", list(forms()))
forms_of_luminance = pytest.mark.parametrize("model", of_luminance())
forms_in_tiles = pytest.mark.parametrize(
    "model", [form for form in forms() if form.values[0].func.tiling == "exact"]
)
