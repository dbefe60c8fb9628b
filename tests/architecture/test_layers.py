"""Who may read the clock and who may write (ARCHITECTURE 2)."""

import ast
import re

from .sources import Source, dotted, matches, of_product, where

CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|timezone\.(now|localtime|localdate)"
    r"|time\.(time|time_ns|localtime|gmtime))$"
)
CLOCK_IMPORTS = {
    "time": {"time", "time_ns", "localtime", "gmtime"},
    "django.utils.timezone": {"now", "localtime", "localdate"},
    "django.db.models.functions": {"Now"},
    "finance_mgmt.clock": {"now"},
    "clock": {"now"},
}
SQL_CLOCK = re.compile(r"\bnow\(\)|\bcurrent_(timestamp|date|time)\b|\bclock_timestamp\b", re.I)

# Leases of workers are judged by the database's clock, the same for all of them (runs.py).
MAY_ASK_THE_DATABASE_CLOCK = {"finance_mgmt/services/runs.py"}

ALWAYS_WRITES = {
    "save",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "abulk_create",
    "aget_or_create",
    "asave",
}
MANAGER_WRITES = {"create", "update", "delete", "acreate", "aupdate", "adelete"}
SQL_WRITE = re.compile(
    r"\b(INSERT\s+INTO|DELETE\s+FROM|TRUNCATE\s+(TABLE\s+)?\w|MERGE\s+INTO"
    r"|UPDATE\s+(ONLY\s+)?\S+(\s+\w+)?\s+SET\b|COPY\s+\S+\s*(\([^)]*\))?\s+FROM\b)",
    re.I,
)


def clock_reads(source: Source) -> list[str]:
    found = []
    for node in source.nodes():
        name = dotted(node) if isinstance(node, ast.Attribute) else ""
        if CLOCKS.search(name):
            found.append(where(source, node.lineno, name))
        if isinstance(node, ast.ImportFrom):
            taken = {alias.name for alias in node.names} & CLOCK_IMPORTS.get(
                node.module or "", set()
            )
            found += [where(source, node.lineno, f"import {name}") for name in sorted(taken)]
    return found + matches(source, SQL_CLOCK)


def writes(source: Source) -> list[str]:
    services = _services(source)
    return [
        where(source, node.lineno, f".{node.func.attr}()")
        for node in source.nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and dotted(node.func.value) not in services
        and (node.func.attr in ALWAYS_WRITES or _is_manager_write(node))
    ] + matches(source, SQL_WRITE)


def _services(source: Source) -> set[str]:
    """Names under which the file knows services: `members.create(...)` is a call of one."""
    return {
        alias.asname or alias.name
        for node in source.nodes()
        if isinstance(node, ast.ImportFrom) and (node.module or "").rsplit(".", 1)[-1] == "services"
        for alias in node.names
    }


def _is_manager_write(call: ast.Call) -> bool:
    # dict.update takes a mapping, set.update an iterable; a queryset takes columns by name, and
    # `delete` takes nothing.
    return call.func.attr in MANAGER_WRITES and not call.args


def test_only_interfaces_read_the_clock():
    below = [s for s in of_product() if not (s.is_interface or s.is_roof)]
    read = [
        place
        for source in below
        if source.name not in MAY_ASK_THE_DATABASE_CLOCK
        for place in clock_reads(source)
    ]
    assert read == []


def test_only_services_write():
    others = [source for source in of_product() if source.room != "services"]
    assert [place for source in others for place in writes(source)] == []


def test_a_clock_and_a_write_would_be_seen(tmp_path, monkeypatch):
    planted = tmp_path / "billing" / "queries" / "planted.py"
    planted.parent.mkdir(parents=True)
    planted.write_text(
        "from django.utils.timezone import now\n"
        "when = datetime.now(tz=UTC)\n"
        "default = timezone.now\n"
        'sql = "UPDATE billing_bill SET total = 0"\n'
        'clock = f"SELECT {x}, now()"\n'
        "Bill.objects.filter(pk=1).update(total=0)\n"
        "row.delete()\n"
        "row.save(update_fields=[])\n"
        "facts.update(other)\n"
        "from ..services import members\n"
        "members.create(number=1)\n"
        'def explain():\n    """INSERT INTO is fine in a sentence."""\n'
    )
    monkeypatch.setattr("tests.architecture.sources.ROOT", tmp_path)
    source = Source(planted)
    assert sorted(clock_reads(source)) == [
        "billing/queries/planted.py:1: import now",
        "billing/queries/planted.py:2: datetime.now",
        "billing/queries/planted.py:3: timezone.now",
        "billing/queries/planted.py:5: now()",
    ]
    assert sorted(writes(source)) == [
        "billing/queries/planted.py:4: UPDATE billing_bill SET",
        "billing/queries/planted.py:6: .update()",
        "billing/queries/planted.py:7: .delete()",
        "billing/queries/planted.py:8: .save()",
    ]
