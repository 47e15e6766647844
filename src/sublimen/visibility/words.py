"""A reading in words."""

from sublimen.visibility.answer import Visibility


def sentence(visibility: Visibility) -> str:
    """How visible, by whom, where, how it was looked at, and the same for people."""
    if visibility.meter is None or visibility.window is None:
        return "visibility: nothing differs"
    low, high = visibility.band
    unseen = visibility.jnd_unseen
    apart = "" if unseen is None else f"; meters that no attack follows: {unseen:.2f} JND"
    return (
        f"visibility: {visibility.jnd:.2f} JND ({low:.2f} to {high:.2f}) by {visibility.meter} in "
        f"the worst window, {','.join(map(str, visibility.window))}, viewing "
        f"{visibility.viewing}, display {visibility.display} at "
        f"{visibility.pixels_per_degree:.2f} pixels per degree; as visible as JPEG of quality "
        f"{visibility.jpeg_quality}{apart}"
    )
