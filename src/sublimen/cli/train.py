"""The commands `sublimen train ...`: networks of our own, made again."""

from typing import Final

from cyclopts import App

train: Final = App(name="train", help="Train a network of ours again: hvs-sd.")
train.command(
    "sublimen.cli.train_hvs_sd:hvs_sd", name="hvs-sd", help="Train the learned JND model."
)
