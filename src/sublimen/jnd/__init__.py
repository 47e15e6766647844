"""Models of what people notice: how far each sample of a photo may move unseen."""

from sublimen.catalogue import exported
from sublimen.jnd.base import JndModel as JndModel
from sublimen.jnd.chou_li import ChouLi as ChouLi
from sublimen.jnd.tiles import in_tiles as in_tiles
from sublimen.jnd.wu_2017 import Wu2017 as Wu2017
from sublimen.jnd.yang import Yang as Yang

JND_MODELS = exported(__name__, JndModel)
