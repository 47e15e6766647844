"""Searches for the smallest change that a recogniser misreads."""

from sublimen.attacks.base import Attack as Attack, BoundedAttack as BoundedAttack
from sublimen.attacks.bim import Bim as Bim
from sublimen.attacks.budget import (
    Budget as Budget,
    JndBox as JndBox,
    Linf as Linf,
    Radius as Radius,
)
from sublimen.attacks.face_goal import Dodge as Dodge, Impersonate as Impersonate
from sublimen.attacks.fgsm import Fgsm as Fgsm
from sublimen.attacks.goal import (
    Goal as Goal,
    Targeted as Targeted,
    Untargeted as Untargeted,
)
from sublimen.attacks.jnd_perceptual import JndPerceptual as JndPerceptual
from sublimen.attacks.ledger import Limits as Limits, State as State
from sublimen.attacks.outcome import Outcome as Outcome
from sublimen.attacks.perceptual_loss import PerceptualLoss as PerceptualLoss
from sublimen.attacks.pgd import Pgd as Pgd
from sublimen.attacks.problem import Problem as Problem, Recognition as Recognition
from sublimen.attacks.search import Search as Search
from sublimen.attacks.view import View as View
from sublimen.catalogue import exported

ATTACKS = exported(__name__, Attack)
