"""Files of usage: received, read into staging, stored whole or held, parked rows resolved.

An import is a run of kind "import" with one step: `read_step` prepares, `store_step` performs.
"""

from .reading import read_step
from .receiving import Expected, ImportRefused, receive
from .resolving import NotResolved, resolve
from .storing import ReadingOutdated, store_step

__all__ = [
    "Expected",
    "ImportRefused",
    "NotResolved",
    "ReadingOutdated",
    "read_step",
    "receive",
    "resolve",
    "store_step",
]
