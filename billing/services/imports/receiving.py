"""A file comes in: kept under a name of our own, with its digest, and a run to read it."""

import hashlib
import os
import re
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.money import plain
from finance_mgmt.services import decisions, runs

from ...enums import ImportMode
from ...focus.refusals import Problem, RefusedFile
from ...models import UsageImport

FOLDER = "imports"
CHUNK = 1 << 20

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]")


class ImportRefused(FinanceError):
    """The file was not taken in at all."""

    code = "import_refused"
    example = Reason(
        "C4",
        "received_in_future",
        "A file can't have come after now.",
        {"received_at": "2099-01-01T00:00:00Z"},
    )


@dataclass(frozen=True)
class Expected:
    """Control figures that the sender gave; a file that does not match them is held.

    `totals` is the sum of BilledCost per currency.
    """

    rows: int | None = None
    totals: dict[str, Decimal] = field(default_factory=dict)
    sha256: str | None = None


@dataclass(frozen=True)
class _Received:
    path: Path
    sha256: str
    size: int


def receive(
    *,
    file_name: str,
    content: Path | Iterable[bytes],
    received_at: datetime,
    mode: ImportMode | None = None,
    expected: Expected | None = None,
    key: str,
    by: str,
    at: datetime,
) -> UsageImport:
    """Keep the file and open a run that will import it. Nothing of it is read yet.

    `mode` overrides what the sources say. `received_at` decides what is late (C4) and may lie in
    the past, for history. The same key returns the first import. Raises RefusedFile for a file
    over the limit, ImportRefused for one that comes from the future.
    """
    if received_at > at:
        text = "The file can't have been received in the future."
        raise ImportRefused(Reason("C4", "received_in_future", text, {"received_at": received_at}))
    folder = Path(settings.MEDIA_ROOT) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with _written(content, folder) as received, transaction.atomic():
        label = _bare_name(file_name)
        facts = {
            "file_name": label,
            "sha256": received.sha256,
            "received_at": received_at,
            "mode": mode,
            "expected": expected and _as_facts(expected),
        }
        _, is_new = decisions.record(verb="imports.receive", facts=facts, key=key, by=by, at=at)
        run_key = f"import {key}"
        if not is_new:
            return UsageImport.objects.get(run__key=run_key)
        run = runs.open(
            kind="import",
            scopes=[{}],
            facts={"mode": mode, "expected": expected and _as_facts(expected)},
            total_units=received.size,
            key=run_key,
            by=by,
            at=at,
        )
        stored_as = f"{FOLDER}/{uuid.uuid4().hex}.csv"
        os.replace(received.path, Path(settings.MEDIA_ROOT) / stored_as)
        return UsageImport.objects.create(
            file_name=label,
            stored_as=stored_as,
            sha256=received.sha256,
            size=received.size,
            by=by,
            received_at=received_at,
            run=run,
        )


@contextmanager
def _written(content: Path | Iterable[bytes], folder: Path) -> Iterator[_Received]:
    """The content in a new file of the folder, on the disk for good, removed if nobody took it."""
    most_bytes, most_lines = settings.IMPORT_LIMITS["bytes"], settings.IMPORT_LIMITS["rows"] + 1
    if isinstance(content, Path) and content.stat().st_size > most_bytes:
        raise _over(most_bytes, "bytes")
    digest, size, lines = hashlib.sha256(), 0, 0
    handle, name = tempfile.mkstemp(dir=folder, prefix="receiving-")
    path = Path(name)
    try:
        with open(handle, "wb") as file:
            for chunk in _chunks(content):
                size += len(chunk)
                lines += chunk.count(b"\n")
                if size > most_bytes:
                    raise _over(most_bytes, "bytes")
                if lines > most_lines:  # seconds now instead of minutes of reading
                    raise _over(most_lines, "lines")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        yield _Received(path, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)


def _chunks(content: Path | Iterable[bytes]) -> Iterator[bytes]:
    if not isinstance(content, Path):
        yield from content
        return
    with content.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _bare_name(file_name: str) -> str:
    """The last part of the name its sender gave: a label, never a path of ours."""
    last = file_name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return _UNPRINTABLE.sub("_", last)[:255] or "unnamed"


def _as_facts(expected: Expected) -> dict[str, object]:
    return {
        "rows": expected.rows,
        "totals": {currency: plain(total) for currency, total in expected.totals.items()},
        "sha256": expected.sha256,
    }


def _over(limit: int, unit: str) -> RefusedFile:
    return RefusedFile([Problem("file_too_large", f"More than {limit} {unit}. Split the file.")])
