"""How many just noticeable differences a change is, by meters of different families."""

from sublimen.catalogue import exported
from sublimen.visibility.base import Meter as Meter
from sublimen.visibility.butteraugli import Butteraugli as Butteraugli
from sublimen.visibility.calibrated import Calibrated as Calibrated
from sublimen.visibility.cvvdp import Cvvdp as Cvvdp
from sublimen.visibility.flip import Flip as Flip
from sublimen.visibility.iw_ssim import IwSsim as IwSsim
from sublimen.visibility.ssimulacra2 import Ssimulacra2 as Ssimulacra2

METERS = exported(__name__, Meter)
"""Every meter by its name."""
