"""Invoices and credit notes on paper, in English or Simplified Chinese (I6)."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal

from finance_mgmt.money import ZERO, minor_places, plain

from ..rules.capitals import in_capitals
from ..rules.tax_split import Part
from . import glyphs
from .content import InvoiceContent, Line, Party
from .labels import OF_LANGUAGE, Labels
from .sheet import GRAY, LEADING, LEFT, RIGHT, TOP, Column, Sheet
from .xmp import FACTURX_FILE, metadata

HALF = 250  # of the page, for the seller and the buyer
EVERY = 200  # lines between two words about progress
SHOWN_PLACES = 6  # of a quantity


def as_pdf(
    content: InvoiceContent,
    language: str,
    *,
    e_invoice: bytes | None = None,
    tell: Callable[[int], None] = lambda lines: None,
) -> bytearray:
    """PDF/A-3B; Factur-X if an EN 16931 CII document is given to lie in it.

    The same content makes the same bytes. `tell` hears now and then how many lines are drawn.
    """
    printer = _Printer(content, OF_LANGUAGE[language], language)
    printer.describe(is_facturx=e_invoice is not None)
    printer.print_all(tell)
    if e_invoice is not None:
        printer.embed(e_invoice)
    return printer.sheet.output()


class _Printer:
    def __init__(self, content: InvoiceContent, labels: Labels, language: str) -> None:
        self.content = content
        self.labels = labels
        self.kind = labels.credit_note if content.corrects else labels.invoice
        self.made_at = datetime.combine(content.issued_on, time(), UTC)
        has_rare = glyphs.rare_in(content)
        self.sheet = Sheet(language, self.made_at, labels.page, has_rare=has_rare)
        self.sheet.running_head = f"{self.kind} {content.number}"
        self.places = minor_places(content.currency)

    def describe(self, *, is_facturx: bool) -> None:
        title, author = self.sheet.running_head, self.content.seller.name
        self.sheet.set_title(title)
        self.sheet.set_author(author)
        self.sheet.set_xmp_metadata(
            metadata(title=title, author=author, made_at=self.made_at, is_facturx=is_facturx)
        )

    def embed(self, e_invoice: bytes) -> None:
        self.sheet.embed_file(
            bytes=e_invoice,
            basename=FACTURX_FILE,
            mime_type="text/xml",
            associated_file_relationship="Data",
            desc="EN 16931 e-invoice",
            creation_date=self.made_at,
            modification_date=self.made_at,
            checksum=True,
            compress=True,
        )

    def print_all(self, tell: Callable[[int], None]) -> None:
        self._head()
        self._parties()
        self._corrected()
        self._lines(tell)
        self._breakdown()
        self._totals()
        self._notes()

    def _head(self) -> None:
        words, content, sheet = self.labels, self.content, self.sheet
        month = words.month_format.format(year=content.month.year, month=content.month.month)
        sheet.set_y(TOP)
        sheet.put(self.kind, HALF, size=22, is_bold=True)
        bottom = sheet.get_y()
        sheet.set_y(TOP)
        for label, value in (
            (words.number, content.number),
            (words.issued_on, content.issued_on.isoformat()),
            (words.month, month),
            (words.currency, content.currency),
        ):
            top = sheet.get_y()
            sheet.put(label, 130, x=RIGHT - 240, is_right=True, tone=GRAY)
            sheet.set_y(top)
            sheet.put(value, 100, x=RIGHT - 100, is_bold=True, is_right=True)
        sheet.set_y(max(sheet.get_y(), bottom) + 8)
        sheet.rule(sheet.get_y())
        sheet.set_y(sheet.get_y() + 8)

    def _parties(self) -> None:
        sheet, top = self.sheet, self.sheet.get_y()
        self._party(self.labels.seller, self.content.seller, LEFT)
        bottom = sheet.get_y()
        sheet.set_y(top)
        self._party(self.labels.buyer, self.content.buyer, RIGHT - HALF)
        sheet.set_y(max(bottom, sheet.get_y()) + 10)

    def _party(self, title: str, party: Party, x: int) -> None:
        sheet, words = self.sheet, self.labels
        sheet.put(title, HALF, x=x, tone=GRAY)
        sheet.put(party.name, HALF, x=x, size=10, is_bold=True)
        bank = " ".join(filter(None, [party.bank_name, party.bank_account]))
        for label, value in (
            (words.tax_number, party.tax_number),
            (words.address, party.full_address),
            (words.country, party.country),
            (words.phone, party.phone),
            (words.bank, bank),
        ):
            if value:
                top = sheet.get_y()
                sheet.put(label, 70, x=x, tone=GRAY)
                bottom = sheet.get_y()
                sheet.set_y(top)
                sheet.put(value, HALF - 76, x=x + 76)
                sheet.set_y(max(bottom, sheet.get_y()))

    def _corrected(self) -> None:
        if not (corrects := self.content.corrects):
            return
        words, sheet = self.labels, self.sheet
        text = words.corrects.format(number=corrects.number, day=corrects.issued_on.isoformat())
        sheet.put(text, RIGHT - LEFT, size=10, is_bold=True)
        if corrects.reason:
            sheet.put(words.reason + words.colon + corrects.reason, RIGHT - LEFT)
        sheet.set_y(sheet.get_y() + 8)

    def _lines(self, tell: Callable[[int], None]) -> None:
        sheet, words = self.sheet, self.labels
        sheet.open_table(
            (
                Column(words.item, LEFT + 4, 160, is_number=False),
                Column(words.quantity, 208, 104),
                Column(words.net, 316, 76),
                Column(words.rate, 394, 40),
                Column(words.tax, 438, 50),
                Column(words.gross, 490, 61),
            )
        )
        drawn = 0
        for section in self.content.sections:
            who = f"{section.owner_number}  {section.owner_name}"
            is_named = bool(section.owner_number)
            sheet.open_group(words.member + words.colon + who if is_named else "")
            for line in section.lines:
                sheet.row(self._cells(line))
                drawn += 1
                if drawn % EVERY == 0:
                    tell(drawn)
            if is_named:
                self._sum(words.subtotal, section.total)
        sheet.close_table()

    def _cells(self, line: Line) -> list[str]:
        words = self.labels
        name = line.description or words.correction
        quantity = f"{_shown(line.quantity)} {line.unit}".strip() if line.quantity else ""
        if not quantity and line.charges:
            said = words.part_of if line.is_part else words.charges
            quantity = said.format(count=line.charges)
        part = line.part
        return [name, quantity, *self._amounts(part, _percent(part.rate))]

    def _sum(self, label: str, part: Part) -> None:
        self.sheet.row([label, "", *self._amounts(part, "")], is_bold=True)

    def _amounts(self, part: Part, rate: str) -> list[str]:
        return [self._money(part.net), rate, self._money(part.tax), self._money(part.gross)]

    def _breakdown(self) -> None:
        sheet, words = self.sheet, self.labels
        sheet.need((len(self.content.parts) + 8) * LEADING)
        sheet.set_y(sheet.get_y() + 10)
        sheet.open_table(
            (
                Column(words.breakdown, 240, 72, is_number=False),
                Column(words.net, 316, 76),
                Column(words.rate, 394, 40),
                Column(words.tax, 438, 50),
                Column(words.gross, 490, 61),
            )
        )
        for part in self.content.parts:
            sheet.row(["", *self._amounts(part, _percent(part.rate))])
        sheet.close_table()

    def _totals(self) -> None:
        sheet, words, content = self.sheet, self.labels, self.content
        total = content.total
        label = words.total_credited if content.corrects else words.total
        sheet.set_y(sheet.get_y() + 6)
        top = sheet.get_y()
        sheet.band(top, 40)
        sheet.set_y(top + 4)
        sums = f"{words.net} {self._money(total.net)}   {words.tax} {self._money(total.tax)}"
        sheet.put(sums, RIGHT - LEFT - 8, x=LEFT + 4, is_right=True)
        middle = sheet.get_y()
        if content.currency == "CNY":
            text = words.in_capitals + words.colon + in_capitals(total.gross)
            sheet.put(text, 290, x=LEFT + 4, size=9, is_bold=True)
        sheet.set_y(middle)
        text = f"{label}  {content.currency} {self._money(total.gross)}"
        sheet.put(text, 220, x=RIGHT - 224, size=11, is_bold=True, is_right=True)
        sheet.set_y(top + 48)

    def _notes(self) -> None:
        words, content = self.labels, self.content
        notes = [words.credit_terms if content.corrects else words.terms]
        if content.round_off:
            notes.append(words.round_off.format(amount=plain(content.round_off)))
        if content.zero_rate_reason and any(not part.rate for part in content.parts):
            notes.append(words.no_tax.format(reason=content.zero_rate_reason))
        if content.seller.country == "CN":
            notes.append(words.not_a_fapiao)
        for note in notes:
            self.sheet.need(2 * LEADING)
            self.sheet.put(note, RIGHT - LEFT, tone=GRAY)

    def _money(self, amount: Decimal) -> str:
        return f"{amount + ZERO:,.{self.places}f}"


def _percent(rate: Decimal) -> str:
    return f"{plain(rate * 100)}%"


def _shown(quantity: Decimal) -> str:
    """With separators, at most 6 decimals and no idle zeros."""
    whole, _, fraction = f"{quantity:,.{SHOWN_PLACES}f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole
