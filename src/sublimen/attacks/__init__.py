"""Searches for the smallest change that a recogniser misreads."""

from sublimen.attacks.base import Attack as Attack, BoundedAttack as BoundedAttack
from sublimen.attacks.bim import Bim as Bim
from sublimen.attacks.budget import (
    Budget as Budget,
    JndBox as JndBox,
    Linf as Linf,
    Radius as Radius,
)
from sublimen.attacks.fgsm import Fgsm as Fgsm
from sublimen.attacks.goal import (
    Dodge as Dodge,
    Goal as Goal,
    Impersonate as Impersonate,
    Targeted as Targeted,
    Untargeted as Untargeted,
)
from sublimen.attacks.jnd_perceptual import JndPerceptual as JndPerceptual
from sublimen.attacks.perceptual_loss import PerceptualLoss as PerceptualLoss
from sublimen.attacks.pgd import Pgd as Pgd
from sublimen.attacks.problem import Problem as Problem, Recognition as Recognition
from sublimen.attacks.search import Outcome as Outcome, Search as Search, State as State
from sublimen.catalogue import exported

ATTACKS = exported(__name__, Attack)
