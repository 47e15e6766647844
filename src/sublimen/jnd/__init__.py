"""Models of what people notice: how far each sample of a photo may move unseen."""

from sublimen.catalogue import exported
from sublimen.jnd.base import JndModel as JndModel
from sublimen.jnd.chou_li import ChouLi as ChouLi
from sublimen.jnd.hvs_sd import HvsSd as HvsSd
from sublimen.jnd.klt import Klt as Klt
from sublimen.jnd.liu import Liu as Liu
from sublimen.jnd.resjnd import ResJnd as ResJnd
from sublimen.jnd.rgb_profile import RgbProfile as RgbProfile
from sublimen.jnd.tiles import in_tiles as in_tiles
from sublimen.jnd.wu_2013 import Wu2013 as Wu2013
from sublimen.jnd.wu_2017 import Wu2017 as Wu2017
from sublimen.jnd.yang import Yang as Yang
from sublimen.jnd.zhang_dct import ZhangDct as ZhangDct

JND_MODELS = exported(__name__, JndModel)
