"""An outcome as tables for people."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from .compare import Difference
from .world import World

SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "charges": (
        "Charges",
        ("kind", "owner", "payer", "product", "resource", "period_start", "quantity")
        + ("list_amount", "covered_amount", "discount_amount", "voucher_amount")
        + ("payable_amount", "bill", "rules"),
    ),
    "orders": (
        "Orders",
        ("id", "owner", "payer", "status", "list_amount", "payable_amount")
        + ("from_cash", "from_credit", "refunded"),
    ),
    "bills": (
        "Bills",
        ("account", "month", "total", "round_off", "from_cash", "on_credit", "outstanding")
        + ("due_on", "status", "charges"),
    ),
    "funds": (
        "Funds at the end",
        ("account", "cash", "transferred_in", "credit_limit", "allocated_in", "allocated_out")
        + ("used", "unsettled", "available", "headroom", "overshoot"),
    ),
    "relationships": (
        "Relationships",
        ("master", "member", "mode", "state", "effective_from", "effective_to", "grants"),
    ),
    "vouchers": ("Vouchers", ("id", "owner", "remaining", "frozen")),
    "resources": (
        "Resources",
        ("resource", "account", "product", "status", "subject", "refundable"),
    ),
}


def show(console: Console, world: World, outcome: dict[str, Any]) -> None:
    """The story first, then what came of it. Empty lists are left out."""
    console.print(_story(world))
    for name, (title, columns) in SHOWN.items():
        if rows := outcome[name]:
            console.print(_table(title, columns, ([row[c] for c in columns] for row in rows)))
    if outcome["refusals"]:
        console.print(_refusals(outcome["refusals"]))
    if outcome["previews"]:
        console.print(_previews(outcome["previews"]))
    failed = [name.replace("_", " ") for name, is_so in outcome["checks"].items() if not is_so]
    if failed:
        console.print(f"[bold red]The books are wrong: {', '.join(failed)}.[/]")
    else:
        console.print("The books are right: every check holds.")


def show_differences(console: Console, found: Sequence[Difference], file: str) -> None:
    """What was expected beside what came."""
    for difference in found:
        where = f"{file}:{difference.line}: " if difference.line else f"{file}: "
        console.print(
            f"{where}{difference.place} {difference.what}:", markup=False, highlight=False
        )
        table = Table()
        for heading in ("key", "expected", "actual"):
            table.add_column(heading, overflow="fold")
        for key, expected, actual in _side_by_side(difference):
            table.add_row(key, expected, actual, style=None if expected == actual else "red")
        if table.row_count:
            console.print(table)


def _side_by_side(difference: Difference) -> Iterable[tuple[str, str, str]]:
    """Each row that came, on the keys that were expected; all its keys where none was."""
    wanted = difference.expected[0] if difference.expected else {}
    for number, row in enumerate(difference.actual):
        if number:
            yield "", "", ""
        for key in wanted or row:
            yield key, _said(wanted[key]) if wanted else "", _said(row[key])
    if not difference.actual:
        yield from ((key, _said(value), "no row") for key, value in wanted.items())


def _story(world: World) -> Table:
    table = Table(title="What happened", title_justify="left")
    for heading in ("when", "who", "what"):
        table.add_column(heading, overflow="fold")
    for line in world.story:
        when = line.at.astimezone(world.zone).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(when, line.who, line.what, style="yellow" if line.is_refusal else None)
    return table


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    texts = [[_said(value) for value in row] for row in rows]
    for number, name in enumerate(columns):
        is_amount = all(
            text.replace(".", "").lstrip("-").isdigit() or not text
            for text in (row[number] for row in texts)
        )
        table.add_column(
            name.removesuffix("_amount").replace("_", " "),
            justify="right" if is_amount else "left",
            overflow="fold",
        )
    for row in texts:
        table.add_row(*row)
    return table


def _refusals(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="Refused", title_justify="left")
    for heading in ("event", "verb", "rule", "why", "who can mend it"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        for reason in row["reasons"]:
            table.add_row(
                str(row["event"]), row["verb"], reason["rule"], reason["message"], reason["mend"]
            )
    return table


def _previews(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="Previews", title_justify="left")
    for heading in ("event", "verb", "would change", "before", "after"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        event = (str(row["event"]), row["verb"])
        if row["reasons"]:
            table.add_row(*event, "nothing: " + " ".join(one["message"] for one in row["reasons"]))
        for name, value in row["would"].items():
            if isinstance(value, list):
                for change in value:
                    table.add_row(*event, name, *_changed(change["before"] or {}, change["after"]))
            else:
                table.add_row(*event, name.replace("_", " "), "", _said(value))
    return table


def _changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, str]:
    """Only what differs, with the first key to know the row by."""
    first = next(iter(after))
    keys = [key for key in after if key == first or before.get(key) != after[key]]
    return _said({k: before[k] for k in keys if k in before}), _said({k: after[k] for k in keys})


def _said(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(one)}" for key, one in value.items())
    return str(value)
