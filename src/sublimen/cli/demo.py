"""The command `sublimen demo`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def demo(
    folder: Path = Path("sublimen-demo"), *, force: Annotated[bool, Parameter(negative=())] = False
) -> int:
    """Protect a public-domain portrait and write original, result and report into a folder.

    Args:
        folder: Where to write.
        force: Overwrite an earlier demonstration.
    """
    from sublimen.cli.protecting import Run
    from sublimen.photo.example import write_portrait
    from sublimen.photo.options import PanelOptions, SaveOptions, SearchOptions, ViewOptions

    portrait = write_portrait(folder, force=force)
    run = Run(
        photos=[portrait],
        output=None,
        boxes=(),
        how=SearchOptions(),
        who=PanelOptions(),
        saving=SaveOptions(force=force),
        view=ViewOptions(),
        json=False,
        report=True,
    )
    return run.all()
