"""Receiving a file, and reading it again after whatever interrupted the reading."""

import gzip
import hashlib
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as product_settings
from django.db import connection

from billing.focus.refusals import RefusedFile
from billing.models import Finding, ImportedRow, StagedRow, UsageImport, UsageRecord
from billing.services import imports
from billing.services.imports.reading import GivenUp
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import Run, RunStep
from finance_mgmt.services import runs
from tests.billing import files
from tests.billing.files import focus

SAID = {"key": "k1", "by": "ann", "at": files.AT}


def receive(whole: bytes = b"", **options) -> UsageImport:
    return imports.receive(
        **{
            "file_name": "usage.csv",
            "content": [whole or focus({}, {})],
            "received_at": files.RECEIVED_AT,
        }
        | SAID
        | options
    )


def kept(media: Path) -> list[str]:
    return sorted(path.name for path in (media / "imports").iterdir())


def claimed(usage_import: UsageImport, who: str) -> RunStep:
    """The import's step, as the worker that has just claimed it holds it."""
    steps = RunStep.objects.filter(run=usage_import.run)
    steps.update(state="running", claimed_by=who, lease_until=files.AT, heartbeat_at=files.AT)
    return steps.select_related("run").get()


def test_receiving_keeps_the_file_and_queues_its_run(db, media):
    content = focus({}, {})

    received = receive(content=[content[:50], content[50:]], file_name="C:\\tmp\\../sept\x07.csv")

    assert (received.file_name, received.state, received.size, received.by) == (
        "sept_.csv",
        "queued",
        len(content),
        "ann",
    )
    assert received.sha256 == hashlib.sha256(content).hexdigest()
    assert kept(media) == [received.stored_as.removeprefix("imports/")]
    assert (media / received.stored_as).read_bytes() == content
    run = received.run
    assert (run.kind, run.state, run.total_units, run.by) == (
        "import",
        "queued",
        len(content),
        "ann",
    )
    assert (run.facts, run.steps.count()) == ({"mode": None, "expected": None}, 1)


@pytest.mark.parametrize(
    ("given", "label"),
    [("/etc/passwd", "passwd"), ("..", ".."), ("", "unnamed"), ("a/", "a"), ("x" * 300, "x" * 255)],
)
def test_a_path_in_the_name_is_only_a_label(db, media, given, label):
    received = receive(file_name=given)
    assert received.file_name == label
    assert Path(media, received.stored_as).parent == media / "imports"


@pytest.mark.rule("F11")
def test_the_same_key_is_the_first_import(db, media):
    first = receive()
    assert receive() == first
    assert (UsageImport.objects.count(), Run.objects.count(), len(kept(media))) == (1, 1, 1)
    with pytest.raises(KeyReused):
        receive(focus({}))
    assert (UsageImport.objects.count(), len(kept(media))) == (1, 1)


def test_a_path_is_copied(db, media, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_bytes(focus({}))
    received = receive(content=path)
    assert (path.read_bytes(), (media / received.stored_as).read_bytes()) == (focus({}),) * 2


@pytest.mark.parametrize("as_path", [True, False])
def test_a_file_over_the_limit_is_refused_at_the_door(db, media, settings, tmp_path, as_path):
    """B17: nothing is kept of it."""
    settings.IMPORT_LIMITS = product_settings.IMPORT_LIMITS | {"bytes": 100}
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 101)
    with pytest.raises(RefusedFile) as caught:
        receive(content=path if as_path else [b"x" * 60, b"x" * 41])
    assert [problem.code for problem in caught.value.problems] == ["file_too_large"]
    assert (UsageImport.objects.count(), kept(media)) == (0, [])


def test_a_file_with_too_many_lines_is_refused_at_the_door(db, media, settings):
    settings.IMPORT_LIMITS = product_settings.IMPORT_LIMITS | {"rows": 2}
    assert receive(focus({}, {})).size
    with pytest.raises(RefusedFile, match="More than 3 lines"):
        receive(focus({}, {}, {}), key="k2")
    assert len(kept(media)) == 1


def packed(size: int) -> bytes:
    """What an .xlsx is: an archive; here one that unpacks to very much."""
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<c>1</c>" * (size // 8))
        archive.writestr("xl/vbaProject.bin", b"macro")
    return book.getvalue()


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>'


@pytest.mark.case("B18")
@pytest.mark.parametrize(
    "whole",
    [packed(50_000_000), gzip.compress(b"0" * 50_000_000), ENTITIES],
    ids=["zip", "gz", "xml"],
)
@pytest.mark.parametrize("name", ["usage.xlsx", "usage.xlsm", "usage.csv"])
def test_a_spreadsheet_or_an_archive_is_refused_unopened(provider, media, whole, name):
    """Only rows of text are taken in. What it would unpack to is never unpacked."""
    files.small_world(provider)
    received = receive(whole, file_name=name)
    runs.work(received.run.pk, worker="test")
    received.refresh_from_db()
    assert (received.state, Finding.objects.count() > 0) == ("failed", True)
    assert (StagedRow.objects.count(), UsageRecord.objects.count()) == (0, 0)


@pytest.mark.rule("C4")
def test_a_file_does_not_come_from_the_future(db):
    with pytest.raises(imports.ImportRefused) as caught:
        receive(received_at=datetime(2024, 11, 1, 0, 0, 1, tzinfo=UTC))
    assert [reason.code for reason in caught.value.reasons] == ["received_in_future"]


def test_an_unreadable_file_is_failed_with_its_findings(provider):
    """B16: the run is done; nothing is stored, nothing stays in staging."""
    files.small_world(provider)
    content = focus({}, {"BilledCost": "1_000", "ListCost": "NaN"}, {"ChargePeriodEnd": "x"})

    failed = files.load(provider, content)

    assert files.report(failed) == {
        "state": "failed",
        "rows_read": 0,
        "rows_stored": 0,
        "rows_known": 0,
        "rows_parked": 0,
        "rows_late": 0,
    }
    assert list(failed.findings.values_list("row_number", "code", "message")) == [
        (2, "bad_number", "Line 3, column BilledCost: '1_000' is not a plain number."),
        (2, "bad_number", "Line 3, column ListCost: 'NaN' is not a plain number."),
        (
            3,
            "bad_time",
            "Line 4, column ChargePeriodEnd: 'x' is no time like 2024-09-18T22:00:00Z.",
        ),
    ]
    assert (ImportedRow.objects.count(), StagedRow.objects.count()) == (0, 0)


def test_a_file_that_was_changed_on_the_disk_is_failed(provider, media):
    files.small_world(provider)
    received = receive()
    (media / received.stored_as).write_bytes(focus({}, {"BilledCost": "9"}))
    runs.work(received.run_id, worker="test")
    received.refresh_from_db()
    assert (received.state, files.found(received)) == ("failed", [(0, "file_changed")])


def test_a_reading_that_was_interrupted_starts_over(provider):
    """Killed in the middle: the next worker finds what the first one had staged and found."""
    files.small_world(provider)
    received = receive(focus({"Tags": "x"}, {}))
    imports.read_step(claimed(received, "first"), by="ann", at=files.AT)
    assert (StagedRow.objects.count(), Finding.objects.count()) == (2, 1)

    step = claimed(received, "second")
    imports.read_step(step, by="ann", at=files.AT)

    assert list(StagedRow.objects.values_list("reading", "row_number")) == [
        ("second", 1),
        ("second", 2),
    ]
    result = imports.store_step(step, by="ann", at=files.AT)
    assert (result["state"], result["rows_stored"]) == ("stored", 2)
    assert (StagedRow.objects.count(), files.found(received)) == (0, [(1, "tags_not_json")])


def test_rows_of_a_given_up_worker_are_not_stored(provider):
    """It woke up and wrote a chunk after its successor began."""
    files.small_world(provider)
    received = receive()
    step = claimed(received, "second")
    imports.read_step(step, by="ann", at=files.AT)
    for row in list(StagedRow.objects.all()):
        row.pk, row.reading = None, "first"
        row.save()
    result = imports.store_step(step, by="ann", at=files.AT)
    assert (result["rows_read"], result["rows_stored"]) == (2, 2)
    assert (UsageRecord.objects.count(), StagedRow.objects.count()) == (2, 0)


def test_a_given_up_worker_touches_nothing(provider):
    files.small_world(provider)
    received = receive()
    late = claimed(received, "first")
    step = claimed(received, "second")
    imports.read_step(step, by="ann", at=files.AT)
    imports.store_step(step, by="ann", at=files.AT)
    with pytest.raises(GivenUp):
        imports.read_step(late, by="ann", at=files.AT)
    received.refresh_from_db()
    assert (received.state, received.rows_stored) == ("stored", 2)


@pytest.mark.parametrize("lost", ["all", "one", "reading"])
def test_lost_staging_is_read_again_never_stored_short(provider, lost):
    """The staging table is unlogged: a crash of the database empties it."""
    files.small_world(provider)
    received = receive()
    step = claimed(received, "first")
    imports.read_step(step, by="ann", at=files.AT)
    if lost == "reading":
        UsageImport.objects.update(reading={})
    else:
        first = StagedRow.objects.earliest("id").pk
        StagedRow.objects.filter(**{"pk": first} if lost == "one" else {}).delete()
    with pytest.raises(imports.ReadingOutdated):
        imports.store_step(step, by="ann", at=files.AT)
    assert UsageRecord.objects.count() == 0

    RunStep.objects.update(state="queued", lease_until=None)
    run = runs.work(received.run_id, worker="test")
    received.refresh_from_db()
    assert (run.state, received.state, received.rows_stored) == ("done", "stored", 2)


@pytest.mark.rule("C5")
def test_a_zone_that_changed_meanwhile_has_the_file_read_again(provider):
    files.small_world(provider)
    received = receive()
    step = claimed(received, "first")
    imports.read_step(step, by="ann", at=files.AT)
    provider.policy(billing_time_zone="Europe/Berlin")
    with pytest.raises(imports.ReadingOutdated):
        imports.store_step(step, by="ann", at=files.AT)


def test_progress_is_told_by_bytes(provider, monkeypatch):
    files.small_world(provider)
    monkeypatch.setattr("billing.services.imports.reading.CHUNK_ROWS", 2)
    content = focus({}, {}, {})
    received = receive(content)
    imports.read_step(claimed(received, "first"), by="ann", at=files.AT)
    assert Run.objects.get().done_units == len(content)
    assert StagedRow.objects.count() == 3


def test_the_staging_table_is_unlogged(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'billing_stagedrow'")
        assert cursor.fetchone() == ("u",)
