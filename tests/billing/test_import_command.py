"""`manage.py import_focus`: the same run, from a terminal."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import Finding, UsageImport, UsageRecord
from billing.services import cycles
from finance_mgmt.models import Decision
from tests.billing import files
from tests.billing.files import focus


@pytest.fixture
def written(tmp_path):
    """Write a file to import; returns its path."""

    def write(content: bytes) -> str:
        path = tmp_path / "september.csv"
        path.write_bytes(content)
        return str(path)

    return write


def run(path: str, *options: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    out = StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("import_focus", path, *options, stdout=out)
    return caught.value.code, out.getvalue()


def test_a_stored_file(provider, written):
    files.small_world(provider)
    cycles.start_closing(**provider.said())
    code, printed = run(written(focus({}, {"SubAccountId": "S-9"})), "--by", "ann")
    assert code == 0
    lines = [" ".join(line.replace("│", " ").split()) for line in printed.splitlines()]
    assert [line for line in lines if line[:1].isalnum()] == [
        "september.csv: stored",
        "read 2 3",
        "stored 1 1.5",
        "already known 0 0",
        "parked 1 1.5",
        "of these late 1",
        "Re-rating: 2 of 2 rows match, largest difference 0.",
    ]
    assert UsageImport.objects.get().by == "ann"
    assert Decision.objects.filter(verb="imports.receive", by="ann").count() == 1


def test_received_at_decides_what_is_late(provider, written):
    files.small_world(provider)
    code, _ = run(written(focus({})), "--received-at", "2024-09-01T00:00:00Z")
    record = UsageRecord.objects.get()
    assert (code, record.is_late, record.received_at) == (0, False, files.RECEIVED_AT)


def test_a_held_file(provider, written):
    code, printed = run(written(focus({})))
    assert code == 1
    assert "unknown_provider (1): No source has the provider name 'AWS' (1 rows)." in printed
    assert UsageImport.objects.get().state == "held"


def test_an_unreadable_file(provider, written):
    code, printed = run(written(focus({"BilledCost": "[red]1_0[/red]"})))
    assert code == 2
    assert "'[red]1_0[/red]' is not a plain number." in printed
    assert Finding.objects.count() == 1


def test_many_findings_are_cut(provider, written):
    files.small_world(provider)
    code, printed = run(written(focus(*({"ListCost": "9"} for _ in range(25)))))
    assert (code, printed.count("list_cost_differs")) == (0, 20)
    assert printed.splitlines()[-1] == "... and 5 more findings."


def test_a_file_that_is_not_there(provider, tmp_path):
    with pytest.raises(CommandError) as caught:
        call_command("import_focus", str(tmp_path / "nothing.csv"))
    assert caught.value.returncode == 2


def test_a_file_over_the_limit(provider, written, settings, capsys):
    settings.IMPORT_LIMITS = settings.IMPORT_LIMITS | {"bytes": 100}
    code, _ = run(written(focus({})))
    assert (code, capsys.readouterr().err.strip()) == (2, "More than 100 bytes. Split the file.")


def test_a_file_from_the_future(provider, written):
    with pytest.raises(CommandError, match="future"):
        call_command("import_focus", written(focus({})), received_at=files.AT.replace(year=2999))


@pytest.mark.rule("F11")
def test_the_same_key_does_nothing_twice(provider, written):
    files.small_world(provider)
    path, options = written(focus({})), ("--key", "k1", "--received-at", "2024-09-01T00:00:00Z")
    assert run(path, *options) == run(path, *options)
    assert UsageImport.objects.count() == 1


def test_control_figures(provider, written):
    files.small_world(provider)
    path = written(focus({}))
    assert run(path, "--expect-rows", "2")[0] == 1
    assert run(path, "--expect-total", "USD=1.51")[0] == 1
    assert run(path, "--expect-rows", "1", "--expect-total", "USD=1.5")[0] == 0


@pytest.mark.rule("P1")
def test_mode_of_one_file(provider, written):
    files.small_world(provider)
    code, printed = run(written(focus({})), "--mode", "re_rate")
    assert (code, UsageRecord.objects.count()) == (0, 0)
    assert UsageImport.objects.get().rows_parked == 1
    assert "parked" in printed


def test_a_run_that_failed_says_why(provider, written, settings):
    files.small_world(provider)
    broken = {"prepare": "billing.services.imports.nothing", "perform": ""}
    settings.RUN_STEPS = settings.RUN_STEPS | {"import": broken}
    with pytest.raises(CommandError, match="nothing") as caught:
        call_command("import_focus", written(focus({})), stdout=StringIO())
    assert caught.value.returncode == 2
