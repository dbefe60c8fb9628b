"""Files that workers make: written beside their place, then put there; kept for a week."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

KEPT = timedelta(days=7)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Write a file that is there as a whole, or not at all. Safe to repeat."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix="writing-")
    try:
        with open(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def drop_old(folder: Path, at: datetime) -> int:
    """Remove what was made longer ago than it is kept. Returns how many."""
    dropped = 0
    for path in folder.iterdir() if folder.exists() else ():
        if datetime.fromtimestamp(path.stat().st_mtime, tz=UTC) < at - KEPT:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
