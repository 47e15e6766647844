"""The command `sublimen jnd`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from sublimen.cli.output import people


def jnd(
    photo: Path,
    *,
    output: Annotated[Path, Parameter(alias="-o")],
    model: str = "wu-2017",
    padding: Literal["reflect", "zeros"] = "reflect",
    edges: Path | None = None,
    force: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Write the JND map of a photo.

    Args:
        photo: The photo.
        output: MAP.npy for float32 thresholds in 8-bit levels, channels x height x width (one
            channel for a grey photo); MAP.png for a picture on a fixed scale.
        model: JND model, see sublimen models.
        padding: What lies beyond the rim: the mirrored photo, or zeros as in the authors' MATLAB.
        edges: Edge map of the photo (.npy, height x width, true on edges) instead of the model's
            own detection.
        force: Overwrite a file that is there.
    """
    from sublimen.photo.maps import write_map

    scale = write_map(photo, output, model=model, padding=padding, edges=edges, force=force)
    people().print(f"{output}: {scale}")
