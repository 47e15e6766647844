"""The command `sublimen jnd`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.output import people
from sublimen.photo.options import ModelOptions


def jnd(
    photo: Path,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    how: Annotated[ModelOptions, Parameter(name="*")] = ModelOptions(),
    force: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Write the JND map of a photo.

    Args:
        photo: The photo.
        output: MAP.npy for float32 thresholds in 8-bit levels, channels x height x width (one
            channel for a grey photo); MAP.png for a picture on a fixed scale.
        how: The model and its settings.
        force: Overwrite a file that is there.
    """
    from sublimen.photo.maps import write_map

    people().print(f"{output}: {write_map(photo, output, how, force=force)}")
