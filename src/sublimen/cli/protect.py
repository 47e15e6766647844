"""The command `sublimen protect`."""

from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from sublimen.errors import SettingError
from sublimen.photo.options import PanelOptions, SaveOptions, SearchOptions, ViewOptions
from sublimen.settings import at_least

NOT_PROTECTED: Final = 1
"""Exit status when a photo is not fully protected."""


def protect(
    *photos: Path,
    output: Annotated[Path | None, Parameter(alias="-o")] = None,
    box: Annotated[list[str] | None, Parameter(negative=())] = None,
    how: Annotated[SearchOptions, Parameter(name="*")] = SearchOptions(),
    who: Annotated[PanelOptions, Parameter(name="*", negative=())] = PanelOptions(),
    saving: Annotated[SaveOptions, Parameter(name="*", negative=())] = SaveOptions(),
    view: Annotated[ViewOptions, Parameter(name="*", negative=())] = ViewOptions(),
    json: Annotated[bool, Parameter(negative=())] = False,
    report: Annotated[bool, Parameter(negative=())] = False,
    jobs: int = 1,
) -> int:
    """Change the faces of photos until face recognition no longer matches them to the originals.

    The result is written beside the photo as NAME.protected.EXT, in the photo's own format, and
    judged on that file as it is read back. The original is never touched.

    Args:
        photos: JPEG, PNG, WebP, TIFF or HEIC files.
        output: File to write, or a folder for several photos.
        box: Face given by hand as x0,y0,x1,y1 in pixels; may be repeated; for one photo only.
        how: Limits of the search.
        who: Which recognisers take part, and in which role.
        saving: What becomes of the file.
        view: Who looks at the change, and how.
        json: Print one JSON object a photo on stdout.
        report: Write a page beside each result. It holds the original face: keep it private.
        jobs: Photos to work on at the same time, each in a process with models of its own (2 GB).
    """
    if not photos:
        raise SettingError("PHOTO must name at least one file, got none; see sublimen protect -h")
    at_least(1, jobs=jobs)
    if how.apart is not None and jobs > 1:
        raise SettingError(
            f"--jobs must be 1 with --apart, which goes photo after photo, got {jobs}"
        )
    if box and len(photos) > 1:
        raise SettingError(f"--box must come with one photo, got {len(photos)}; run it for each")
    if len(photos) > 1 and output is not None and output.suffix and not output.is_dir():
        raise SettingError(f"--output must be a folder for several photos, got {output}")
    from sublimen.cli.protecting import Run

    run = Run(
        photos=photos,
        output=output,
        boxes=box or [],
        how=how,
        who=who,
        saving=saving,
        view=view,
        json=json,
        report=report,
        jobs=jobs,
    )
    return run.all()
