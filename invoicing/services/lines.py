"""Lines of invoices and credit notes, written as sets: there may be 100,000 of them."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, DecimalField, F, QuerySet, Value, When
from django.db.models.functions import Coalesce, Left

from billing.models import Charge

from ..documents.content import Group
from ..models import CreditNote, Invoice, InvoiceLine
from ..queries import candidates

_COPY = """
INSERT INTO invoicing_invoiceline
    (charge_id, owner_number, owner_name, product_code, description, quantity, unit, amount,
    tax_rate, invoice_id, is_void)
SELECT chosen.*, %s, false FROM ({rows}) chosen
"""
_COLUMNS = (
    *("pk", "owner_number", "owner_name", "product_code", "description", "metered_quantity"),
    *("unit", "payable_amount", "tax_rate"),
)

# What is left of each line: its amount less what credit notes took; `owed` of it was refunded.
_LEFT = """
WITH taken AS (
    SELECT credit.line_id, sum(credit.amount) AS amount
    FROM invoicing_creditnoteline credit
    JOIN invoicing_creditnote note ON note.id = credit.note_id
    WHERE note.invoice_id = %(invoice)s GROUP BY 1
), remaining AS (
    SELECT line.id, line.tax_rate, line.amount - coalesce(taken.amount, 0) AS amount,
        CASE WHEN charge.kind = 'order' THEN greatest(0, coalesce((
            SELECT -sum(refund.payable_amount) FROM billing_charge refund
            WHERE refund.order_id = charge.order_id AND refund.kind = 'refund' AND NOT EXISTS (
                SELECT 1 FROM invoicing_invoiceline stated
                WHERE stated.charge_id = refund.id AND NOT stated.is_void
            )
        ), 0) - coalesce(taken.amount, 0)) ELSE 0 END AS owed
    FROM invoicing_invoiceline line
    JOIN billing_charge charge ON charge.id = line.charge_id
    LEFT JOIN taken ON taken.line_id = line.id
    WHERE line.invoice_id = %(invoice)s AND NOT line.is_void
)
"""

_TAKE_WHOLE = f"""
{_LEFT}
INSERT INTO invoicing_creditnoteline (note_id, line_id, amount)
SELECT %(note)s, id, amount FROM remaining
WHERE %(lines)s::bigint[] IS NULL OR id = ANY(%(lines)s)
"""

# An amount goes to what is owed first, in proportion; what is left of it to all lines, in
# proportion. Rounded to 18 decimals by running sums, so that the parts sum to it exactly.
_PART = f"""
{_LEFT}, first AS (
    SELECT id, tax_rate, amount,
        owed * least(1, %(amount)s / nullif(sum(owed) OVER (), 0)) AS owed
    FROM remaining WHERE amount > 0
), rest AS (
    SELECT id, tax_rate, coalesce(owed, 0) AS owed,
        %(amount)s - coalesce(sum(owed) OVER (), 0) AS left_over,
        sum(amount - coalesce(owed, 0)) OVER () AS room,
        sum(coalesce(owed, 0)) OVER (ORDER BY id) AS owed_so_far,
        sum(amount - coalesce(owed, 0)) OVER (ORDER BY id) AS room_so_far
    FROM first
), running AS (
    SELECT id, tax_rate, round(owed_so_far
        + coalesce(room_so_far * left_over / nullif(room, 0), 0), 18) AS so_far
    FROM rest
), part AS (
    SELECT id, tax_rate, so_far - lag(so_far, 1, 0) OVER (ORDER BY id) AS amount FROM running
)
"""

_TAKE_AMOUNT = f"""
{_PART}
INSERT INTO invoicing_creditnoteline (note_id, line_id, amount)
SELECT %(note)s, id, amount FROM part WHERE amount <> 0
"""

# As a document shows them: stored.credited reads the same of a note that is stored.
_GROUPS = """
SELECT line.owner_number, line.owner_name, line.product_code, line.description, line.unit,
    line.tax_rate, sum(part.amount),
    CASE WHEN bool_and(part.amount = line.amount) THEN sum(line.quantity) END, count(*),
    NOT bool_and(part.amount = line.amount)
FROM {part} part JOIN invoicing_invoiceline line ON line.id = part.id
WHERE {which} GROUP BY 1, 2, 3, 4, 5, 6
"""

_OF_AMOUNT = f"""
{_PART}
{_GROUPS.format(part="part", which="part.amount <> 0")}
"""

_VOID = """
UPDATE invoicing_invoiceline line SET is_void = true
WHERE line.invoice_id = %(invoice)s AND NOT line.is_void AND EXISTS (
    SELECT 1 FROM invoicing_creditnoteline mine
    WHERE mine.note_id = %(note)s AND mine.line_id = line.id
) AND line.amount = (
    SELECT sum(credit.amount) FROM invoicing_creditnoteline credit WHERE credit.line_id = line.id
)
"""

_WHOLE = f"""
{_LEFT}
{_GROUPS.format(part="remaining", which="%(lines)s::bigint[] IS NULL OR part.id = ANY(%(lines)s)")}
"""


def shown_as_lines(charges: QuerySet[Charge], jurisdiction: str) -> QuerySet[Any]:
    """Charges with the columns of the lines that they would become."""
    text, number = CharField(), DecimalField(max_digits=38, decimal_places=18)
    described = Coalesce(F("product__name"), F("reason"), output_field=text)
    return candidates.rated(charges, jurisdiction).annotate(
        owner_number=F("owner__number"),
        owner_name=F("owner__name"),
        product_code=Coalesce(F("product__code"), Value(""), output_field=text),
        description=Left(described, 500),
        metered_quantity=Case(
            When(product__isnull=False, then=F("quantity")), default=None, output_field=number
        ),
        unit=Coalesce(F("product__unit"), Value(""), output_field=text),
    )


def copy(invoice: Invoice, shown: QuerySet[Any]) -> None:
    """Copy what the invoice states of each charge. Nothing may have come between (I6)."""
    rows = shown.order_by("owner_number", "product_code", "period_start", "pk")
    sql, values = rows.values_list(*_COLUMNS).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_COPY.format(rows=sql), [invoice.pk, *values])
        if cursor.rowcount != invoice.line_count:
            raise AssertionError(f"{cursor.rowcount} lines of {invoice.line_count}")


def remaining(invoice: Invoice, lines: Collection[int] | None = None) -> list[Group]:
    """What is left of these lines, or of all, that are not void."""
    named = None if lines is None else list(lines)
    with connection.cursor() as cursor:
        cursor.execute(_WHOLE, {"invoice": invoice.pk, "lines": named})
        return [Group(*row) for row in cursor.fetchall()]


def of_amount(invoice: Invoice, amount: Decimal) -> list[Group]:
    """What a credit of an amount takes from the lines."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_AMOUNT, {"invoice": invoice.pk, "amount": amount})
        return [Group(*row) for row in cursor.fetchall()]


def take_whole(note: CreditNote, lines: Collection[int] | None) -> None:
    """Take what is left of these lines, or of all, and void them: they can be invoiced anew."""
    named = None if lines is None else list(lines)
    said = {"note": note.pk, "invoice": note.invoice_id, "lines": named}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_WHOLE, said)
    rows = InvoiceLine.objects.filter(invoice=note.invoice, is_void=False)
    (rows if named is None else rows.filter(pk__in=named)).update(is_void=True)


def take_amount(note: CreditNote, amount: Decimal) -> None:
    """Take an amount from the lines, what was refunded first; what is used up is void."""
    said: dict[str, int | Decimal] = {
        "note": note.pk,
        "invoice": note.invoice_id,
        "amount": amount,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_AMOUNT, said)
        cursor.execute(_VOID, said)
