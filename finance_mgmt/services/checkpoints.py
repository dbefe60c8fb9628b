"""Named places where a test may kill the process, to prove that a second run repairs everything."""

import os
import signal

NAMES = (
    "import-staged",
    "import-stored",
    "close-claimed",
    "close-charges-written",
    "close-ledger-posted",
    "bill-claimed",
    "bill-written",
    "bill-drawn",
    "step-performed",
    "step-committed",
)


def checkpoint(name: str) -> None:
    """Die by SIGKILL here if the environment says KILL_AT=name. Does nothing otherwise."""
    if os.environ.get("KILL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
    if name not in NAMES:
        raise AssertionError(f"{name!r} is missing in checkpoints.NAMES")
