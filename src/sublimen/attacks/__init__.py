"""Searches for the smallest change that a recogniser misreads."""

from sublimen.attacks.adv_drop import AdvDrop as AdvDrop
from sublimen.attacks.alma import Alma as Alma
from sublimen.attacks.base import Attack as Attack, BoundedAttack as BoundedAttack
from sublimen.attacks.bim import Bim as Bim
from sublimen.attacks.budget import (
    Budget as Budget,
    JndBox as JndBox,
    Linf as Linf,
    Radius as Radius,
)
from sublimen.attacks.carlini_wagner import CarliniWagner as CarliniWagner
from sublimen.attacks.ddn import Ddn as Ddn
from sublimen.attacks.deep_fool import DeepFool as DeepFool
from sublimen.attacks.di2_fgsm import Di2Fgsm as Di2Fgsm
from sublimen.attacks.diversity import InputDiversity as InputDiversity
from sublimen.attacks.expectation import Expectation as Expectation
from sublimen.attacks.face_goal import Dodge as Dodge, Impersonate as Impersonate
from sublimen.attacks.fgsm import Fgsm as Fgsm
from sublimen.attacks.fgv import Fgv as Fgv
from sublimen.attacks.fmn import Fmn as Fmn
from sublimen.attacks.function import (
    Options as Options,
    attack as attack,
    over_budgets as over_budgets,
)
from sublimen.attacks.goal import (
    Goal as Goal,
    Targeted as Targeted,
    Untargeted as Untargeted,
)
from sublimen.attacks.hooked import Hooked as Hooked
from sublimen.attacks.i_jnd_fgsm import IJndFgsm as IJndFgsm
from sublimen.attacks.jnd_fgsm import JndFgsm as JndFgsm
from sublimen.attacks.jnd_mga import JndMga as JndMga
from sublimen.attacks.jnd_perceptual import JndPerceptual as JndPerceptual
from sublimen.attacks.joint import EveryGoal as EveryGoal, Joint as Joint
from sublimen.attacks.l_bfgs import LBfgs as LBfgs
from sublimen.attacks.lattice import Lattice as Lattice
from sublimen.attacks.ledger import Limits as Limits, State as State
from sublimen.attacks.m_di2_fgsm import MDi2Fgsm as MDi2Fgsm
from sublimen.attacks.mi_fgsm import MiFgsm as MiFgsm
from sublimen.attacks.mnd import Mnd as Mnd
from sublimen.attacks.momentum import Momentum as Momentum
from sublimen.attacks.outcome import Outcome as Outcome
from sublimen.attacks.perc_al import PercAl as PercAl
from sublimen.attacks.perceptual_loss import PerceptualLoss as PerceptualLoss
from sublimen.attacks.pgd import Pgd as Pgd
from sublimen.attacks.pgd_l2 import PgdL2 as PgdL2
from sublimen.attacks.problem import Problem as Problem, Recognition as Recognition
from sublimen.attacks.search import Search as Search
from sublimen.attacks.smallest_budget import SmallestBudget as SmallestBudget
from sublimen.attacks.ssah import Ssah as Ssah
from sublimen.attacks.sublimen import Sublimen as Sublimen
from sublimen.attacks.through import Through as Through
from sublimen.attacks.transformations import (
    Brightness as Brightness,
    Chained as Chained,
    Cropping as Cropping,
    Downscaling as Downscaling,
    Jpeg as Jpeg,
    Mirrored as Mirrored,
    Noise as Noise,
    Smoothing as Smoothing,
)
from sublimen.attacks.translation import TranslationInvariance as TranslationInvariance
from sublimen.attacks.view import View as View
from sublimen.catalogue import exported

ATTACKS = exported(__name__, Attack)
