"""What a partial credit note states: each line that it credits, and the same sums (I6, I7)."""

from decimal import Decimal

import pytest

from invoicing.documents import e_invoice, stored, validation
from invoicing.documents.content import exact_by_rate
from invoicing.enums import DocumentForm
from invoicing.services import credit_notes
from invoicing.services import lines as written


def told(content) -> list[tuple]:
    """(member, product, quantity, charges, net, tax, gross) of each line."""
    return [
        (
            section.owner_number,
            line.product_code,
            line.quantity and f"{line.quantity.normalize():f}",
            line.charges,
            *(str(amount) for amount in (line.part.net, line.part.tax, line.part.gross)),
        )
        for section in content.sections
        for line in section.lines
    ]


def credit(shop, invoice, *lines: int):
    return credit_notes.issue(invoice=invoice, lines=lines, **shop.said())


def sums(contents) -> tuple[Decimal, Decimal]:
    """Tax and total of all lines of some documents."""
    parts = [line.part for content in contents for one in content.sections for line in one.lines]
    return sum(part.tax for part in parts), sum(part.gross for part in parts)


@pytest.mark.rule("I6", "I7")
def test_lines_are_told_one_by_one_and_all_notes_sum_to_the_invoice(shop, china):
    invoice = shop.issue(*china)
    whole = stored.of_invoice(invoice)
    texts = invoice.lines.filter(owner_number="SUB-1", product_code="sms")
    by_lines = credit(shop, invoice, *(line.pk for line in texts))
    by_amount = shop.credit(invoice, "20.00")
    rest = shop.credit(invoice)
    contents = [stored.of_credit_note(note) for note in (by_lines, by_amount, rest)]
    assert [told(content) for content in contents[:2]] == [
        [("SUB-1", "sms", "345", 2, "14.64", "0.88", "15.52")],
        [
            ("SUB-1", "ecs.g7", None, 1, "16.41", "2.14", "18.55"),
            ("SUB-2", "sms", None, 2, "0.10", "0.01", "0.11"),
            ("SUB-2", "ecs.g7", None, 1, "1.19", "0.15", "1.34"),
        ],
    ]
    # The last takes all that is left: of a rate that it has no line of, cents may be nobody's.
    assert [line[:4] for line in told(contents[2]) if line[0]] == [
        ("SUB-1", "ecs.g7", None, 1),
        ("SUB-2", "sms", None, 2),
        ("SUB-2", "ecs.g7", None, 1),
    ]
    assert sums(contents) == sums([whole]) == (invoice.tax_amount, invoice.total)
    assert [content.total.tax for content in contents] == [
        note.tax_amount for note in (by_lines, by_amount, rest)
    ]


@pytest.mark.rule("I6")
def test_what_is_checked_before_numbering_is_what_is_stored(shop, china):
    invoice = shop.issue(*china)
    line = invoice.lines.get(owner_number="SUB-1", product_code="ecs.g7")
    looked = [
        written.remaining(invoice, [line.pk]),
        written.of_amount(invoice, Decimal("1.00")),
    ]
    amount, of_line = shop.credit(invoice, "1.00"), credit(shop, invoice, line.pk)
    kept = [stored.credited(of_line), stored.credited(amount)]
    assert sorted(map(repr, looked[1])) == sorted(map(repr, kept[1]))
    assert (looked[0][0].quantity, kept[0][0].quantity) == (line.quantity, None)
    assert exact_by_rate([*kept[0], *kept[1]])[line.tax_rate] == (
        line.amount + sum(one.amount for one in kept[1] if one.owner_number == "SUB-2"
                          and one.rate == line.tax_rate)
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.rule("I6")
def test_by_lines_it_is_valid_in_both_syntaxes(shop, europe):
    invoice = shop.issue(europe)
    content = stored.of_credit_note(
        credit(shop, invoice, invoice.lines.get(product_code="ecs.g7").pk)
    )
    assert told(content) == [("ACME", "ecs.g7", "1234.567", 1, "84.68", "17.78", "102.46")]
    for form in (DocumentForm.CII, DocumentForm.UBL):
        validation.require_valid(e_invoice.as_xml(content, form), form)
