"""An answer as tables: in the terminal, as CSV, as a workbook."""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import xlsxwriter
from rich.console import Console
from rich.table import Table

NAMES = {
    "lines": ("owner", "product", "currency"),
    "bills": ("account", "month"),
    "accounts": ("account",),
}
FIGURES = {
    "lines": ("payers", "list", "covered", "discount", "vouchers", "payable"),
    "bills": ("total", "from_cash", "on_credit", "outstanding", "status"),
    "accounts": ("pays", "cash", "used", "available", "headroom", "overshoot"),
}
NOTICES = ("low_funds", "spending", "suspended", "resumed")


def headings(part: str) -> list[str]:
    """The names of the columns: what it is, then each figure of both sides."""
    figures = [*FIGURES[part], *(NOTICES if part == "accounts" else ())]
    return [*NAMES[part], *(f"{name} {side}" for name in figures for side in ("actual", "what-if"))]


def rows(answer: dict[str, Any], part: str) -> Iterator[list[str]]:
    """The headings, then a row each; nothing where a side has none."""
    yield headings(part)
    for row in answer[part]:
        told = [str(row[name]) for name in NAMES[part]]
        for name in FIGURES[part]:
            told += [said(row[side], name) for side in ("actual", "what_if")]
        if part == "accounts":
            for kind in NOTICES:
                sides = (row["actual"], row["what_if"])
                told += [str(side["notices"][kind]) if side else "" for side in sides]
        yield told


def said(side: dict[str, Any] | None, name: str) -> str:
    """One figure of one side, in words."""
    if side is None:
        return ""
    value = side[name]
    return ", ".join(sorted(value)) if isinstance(value, dict) else str(value)


def workbook(answer: dict[str, Any]) -> bytes:
    """All tables, a sheet each. Amounts are texts: no spreadsheet rounds them."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True})
        changed = book.add_format({"bg_color": "#FFF3C4"})
        for part in NAMES:
            sheet = book.add_worksheet(part)
            sheet.freeze_panes(1, len(NAMES[part]))
            for number, row in enumerate(rows(answer, part)):
                differs = number > 0 and answer[part][number - 1]["differs"]
                style = bold if number == 0 else changed if differs else None
                sheet.write_row(number, 0, row, style)
            sheet.autofit()
    return content.getvalue()


def show(console: Console, answer: dict[str, Any]) -> None:
    """The tables for people; what differs is in color."""
    if answer["refusal"]:
        for reason in answer["refusal"]["reasons"]:
            text = f"The change would have been refused: {reason['message']} ({reason['rule']})"
            console.print(text, style="red", markup=False)
        return
    for part, title in (("lines", "Who pays"), ("bills", "Bills"), ("accounts", "Accounts")):
        _show_part(console, answer, part, title)
    for one in answer["refused"]:
        reasons = " ".join(reason["message"] for reason in one["reasons"])
        console.print(f"{one['at']} {one['verb']} would have been refused: {reasons}", markup=False)
    console.print(verdict(answer))


def _show_part(console: Console, answer: dict[str, Any], part: str, title: str) -> None:
    """What differs, as "was -> would be"; how many rows do not."""
    differing = [row for row in answer[part] if row["differs"]]
    alike = len(answer[part]) - len(differing)
    table = Table(title=f"{title}: {len(differing)} differ, {alike} do not", title_justify="left")
    for name in (*NAMES[part], *FIGURES[part]):
        is_word = name in NAMES[part] or name in ("payers", "status")
        table.add_column(name, justify="left" if is_word else "right", overflow="fold")
    for row in differing:
        names = [str(row[name]) for name in NAMES[part]]
        table.add_row(*names, *(_pair(row, name) for name in FIGURES[part]))
    console.print(table if differing else table.title or "", markup=False)


def _pair(row: dict[str, Any], name: str) -> str:
    before, after = (said(row[side], name) or "none" for side in ("actual", "what_if"))
    return before if before == after else f"{before} -> {after}"


def verdict(answer: dict[str, Any]) -> str:
    """Whether the replay without the change gave the actual figures."""
    if answer["is_exact"]:
        return "Without the change the replay gives exactly the actual figures."
    count = len(answer["not_exact"])
    return f"Take care: without the change {count} rows of the replay differ from the actual ones."


def difference(row: dict[str, Any], name: str) -> Decimal:
    """What-if less actual; a missing side is 0."""
    sides = [
        Decimal(row[side][name]) if row[side] else Decimal(0) for side in ("actual", "what_if")
    ]
    return sides[1] - sides[0]
