"""Networks that recognise, and what it takes to ask them: detection, alignment, thresholds."""

from sublimen.catalogue import exported
from sublimen.recognisers.alignment import Alignment as Alignment, chip as chip
from sublimen.recognisers.base import Embedder as Embedder
from sublimen.recognisers.detection import detect as detect
from sublimen.recognisers.dlib_program import DlibProgram as DlibProgram
from sublimen.recognisers.dlib_resnet import DlibResnet as DlibResnet
from sublimen.recognisers.face import Box as Box, Face as Face
from sublimen.recognisers.identification import Candidate as Candidate, Gallery as Gallery
from sublimen.recognisers.verification import Verifier as Verifier

RECOGNISERS = exported(__name__, Embedder)
