"""Attacks in the conventions of other libraries, and theirs in ours; none of them is imported."""

from sublimen.interop.foolbox_style import FoolboxStyle as FoolboxStyle, unit_model as unit_model
from sublimen.interop.theirs import Theirs as Theirs
from sublimen.interop.torchattacks_base import TorchattacksStyle as TorchattacksStyle
