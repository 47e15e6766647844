"""Every deliberate error, so that one `except` can catch them all.

    SublimenError
    ├── SettingError (ValueError)         a setting is out of its range
    │   └── GoalError                     an attack of another library was not made for a goal
    ├── ImageError (ValueError)           a tensor breaks the pixel convention
    ├── PhotoError (ValueError)           a photo file cannot be used
    ├── BoxError (ValueError)             a box does not lie in the photo
    ├── WeightsError (ValueError)         a weights file is not what its name says
    ├── ModelError (ValueError)           a model's output cannot be attacked
    ├── UnknownNameError (LookupError)    no such attack, JND model or recogniser
    ├── MissingExtraError (ImportError)   an optional dependency is not installed
    └── OutputError (OSError)             a result cannot be written

Messages are one sentence: subject, expectation, what came, what to do. No full stop.
"""


class SublimenError(Exception):
    """Any error that this package raises on purpose."""


class SettingError(SublimenError, ValueError):
    """A setting is out of its range."""


class GoalError(SettingError):
    """An attack of another library was not made for a goal."""


class ImageError(SublimenError, ValueError):
    """A tensor breaks the pixel convention: sRGB, NCHW, float in [0, 1]."""


class PhotoError(SublimenError, ValueError):
    """A photo file cannot be read, or would lose something if it were."""


class BoxError(SublimenError, ValueError):
    """A box does not lie in the photo."""


class WeightsError(SublimenError, ValueError):
    """A weights file is not what its name says."""


class ModelError(SublimenError, ValueError):
    """A model's output cannot be attacked: NaN, or another shape than before."""


class UnknownNameError(SublimenError, LookupError):
    """The catalogue has no entry of that name."""


class MissingExtraError(SublimenError, ImportError):
    """An optional dependency is not installed."""


class OutputError(SublimenError, OSError):
    """A result cannot be written."""
