"""Networks that recognise, and what it takes to ask them: detection, alignment, thresholds."""

from sublimen.catalogue import exported
from sublimen.recognisers.alignment import Alignment as Alignment, chip as chip
from sublimen.recognisers.base import Embedder as Embedder
from sublimen.recognisers.classifier import Classifier as Classifier
from sublimen.recognisers.detection import detect as detect
from sublimen.recognisers.dlib_program import DlibProgram as DlibProgram
from sublimen.recognisers.dlib_resnet import DlibResnet as DlibResnet
from sublimen.recognisers.efficientnet_lite0 import EfficientNetLite0 as EfficientNetLite0
from sublimen.recognisers.face import Box as Box, Face as Face
from sublimen.recognisers.gallery import (
    GalleryChips as GalleryChips,
    gallery_chips as gallery_chips,
)
from sublimen.recognisers.hse_mobilenet import HseMobileNet as HseMobileNet
from sublimen.recognisers.identification import Candidate as Candidate, Gallery as Gallery
from sublimen.recognisers.identity_classifier import IdentityClassifier as IdentityClassifier
from sublimen.recognisers.inception_resnet_v1 import InceptionResnetV1 as InceptionResnetV1
from sublimen.recognisers.loading import Recogniser as Recogniser, load as load
from sublimen.recognisers.mobileface import MobileFace as MobileFace
from sublimen.recognisers.mobilefacenet import MobileFaceNet as MobileFaceNet
from sublimen.recognisers.onnx_card import OnnxCard as OnnxCard
from sublimen.recognisers.verification import Verifier as Verifier

RECOGNISERS = exported(__name__, Embedder)
CLASSIFIERS = exported(__name__, Classifier)
