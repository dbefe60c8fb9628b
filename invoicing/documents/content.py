"""Everything that one invoice or credit note states, as plain values (I6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from finance_mgmt.money import ZERO, minor_unit

from ..rules import tax_split
from ..rules.tax_split import Part


@dataclass(frozen=True)
class Party:
    """The seller or the buyer."""

    name: str
    tax_number: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "CN"
    phone: str = ""
    bank_name: str = ""
    bank_account: str = ""

    @property
    def full_address(self) -> str:
        """Address, postcode and city in one line."""
        place = " ".join(filter(None, [self.postcode, self.city]))
        return ", ".join(filter(None, [self.address, place]))


@dataclass(frozen=True)
class Group:
    """The charges of one member for one product at one tax rate, summed exactly."""

    owner_number: str
    owner_name: str
    product_code: str
    description: str
    unit: str
    rate: Decimal
    amount: Decimal  # with tax, not rounded
    quantity: Decimal | None
    charges: int
    is_part: bool = False  # only part of these charges is credited: no quantity tells how much


@dataclass(frozen=True)
class Line:
    """One line of the document, in minor units."""

    description: str
    product_code: str
    unit: str
    quantity: Decimal | None
    charges: int
    part: Part
    is_part: bool = False


@dataclass(frozen=True)
class Section:
    """The lines of one member."""

    owner_number: str
    owner_name: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> Part:
        """The sum of the lines; its rate says nothing."""
        return _sum([line.part for line in self.lines])


@dataclass(frozen=True)
class Corrected:
    """The invoice that a credit note corrects, and why."""

    number: str
    issued_on: date
    reason: str


@dataclass(frozen=True)
class InvoiceContent:
    """An invoice, or a credit note if `corrects` is set. Amounts of credit notes are positive."""

    number: str
    issued_on: date
    month: date
    currency: str
    seller: Party
    buyer: Party
    sections: tuple[Section, ...]
    parts: tuple[Part, ...]  # by tax rate, highest first
    round_off: Decimal = ZERO
    zero_rate: str = "Z"
    zero_rate_reason: str = ""
    corrects: Corrected | None = None

    @property
    def total(self) -> Part:
        """Net, tax and gross of the document; its rate says nothing."""
        return _sum(self.parts)

    @property
    def line_count(self) -> int:
        return sum(len(section.lines) for section in self.sections)


def sections_of(
    groups: Sequence[Group], total: Decimal, currency: str
) -> tuple[tuple[Section, ...], tuple[Part, ...]]:
    """The members' sections and the parts by rate, every rounding done (I7)."""
    parts = tuple(tax_split.by_rate(exact_by_rate(groups), total, minor_unit(currency)))
    return in_sections(groups, parts, currency), parts


def exact_by_rate(groups: Sequence[Group]) -> dict[Decimal, Decimal]:
    """The exact amounts with tax, by rate."""
    exact: dict[Decimal, Decimal] = {}
    for group in groups:
        exact[group.rate] = exact.get(group.rate, ZERO) + group.amount
    return exact


def in_sections(
    groups: Sequence[Group], parts: Sequence[Part], currency: str
) -> tuple[Section, ...]:
    """The parts by rate handed out to the groups, by member.

    A part of which there is no group, cents that earlier credit notes left, is a line of nobody.
    """
    unit = minor_unit(currency)
    groups = sorted(groups, key=_place)
    of_rate: dict[Decimal, list[Decimal]] = {part.rate: [] for part in parts}
    for group in groups:
        of_rate[group.rate].append(group.amount)
    handed: dict[Decimal, Iterator[Part]] = {
        part.rate: iter(tax_split.to_lines(part, of_rate[part.rate], unit))
        for part in parts
        if of_rate[part.rate]
    }
    sections: dict[str, Section] = {}
    lines: dict[str, list[Line]] = {}
    for group in groups:
        sections.setdefault(group.owner_number, Section(group.owner_number, group.owner_name, ()))
        lines.setdefault(group.owner_number, []).append(_line(group, next(handed[group.rate])))
    named = [replace(one, lines=tuple(lines[number])) for number, one in sections.items()]
    rest = [Line("", "", "", None, 0, part) for part in parts if not of_rate[part.rate]]
    return (*named, Section("", "", tuple(rest))) if rest else tuple(named)


def _place(group: Group) -> tuple:
    return (group.owner_number, group.description, group.product_code, -group.rate, group.unit)


def _line(group: Group, part: Part) -> Line:
    return Line(
        description=group.description,
        product_code=group.product_code,
        unit=group.unit,
        quantity=group.quantity,
        charges=group.charges,
        part=part,
        is_part=group.is_part,
    )


def _sum(parts: Sequence[Part]) -> Part:
    gross = sum((part.gross for part in parts), ZERO)
    return Part(ZERO, gross, sum((part.tax for part in parts), ZERO))
