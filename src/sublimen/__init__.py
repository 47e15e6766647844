"""Photographs that recognition systems misread and people cannot tell from the originals.

Importing this package imports neither torch nor dlib; take what you need from its parts:
`sublimen.jnd`, `sublimen.attacks`, `sublimen.recognisers`, `sublimen.metrics`, `sublimen.photo`.
"""

from importlib.metadata import version

__version__ = version("sublimen")
