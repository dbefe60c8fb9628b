"""Do invoices, credit notes and charges tell one story? For `verify_ledger` (RELIABILITY 4).

Each check returns sentences, one per thing that is wrong; none: all is well.
"""

from billing.queries.told import told


def wrong_invoices() -> list[str]:
    """Invoices that are not the sum of their lines (I6)."""
    return told(
        """
        SELECT format('Invoice %%s says %%s in %%s lines, its lines sum to %%s in %%s.',
            invoice.number, invoice.total + invoice.round_off, invoice.line_count,
            coalesce(made.amount, 0), coalesce(made.lines, 0))
        FROM invoicing_invoice invoice
        LEFT JOIN (
            SELECT invoice_id, sum(amount) AS amount, count(*) AS lines
            FROM invoicing_invoiceline GROUP BY 1
        ) made ON made.invoice_id = invoice.id
        WHERE (invoice.total + invoice.round_off, invoice.line_count)
            IS DISTINCT FROM (coalesce(made.amount, 0), coalesce(made.lines, 0))
        """
    )


def wrong_credit_notes() -> list[str]:
    """Credit notes that are not the sum of their lines, or take more than there is (I6)."""
    return told(
        """
        SELECT format('Credit note %%s says %%s, its lines sum to %%s.',
            note.number, note.total + note.round_off, coalesce(sum(line.amount), 0))
        FROM invoicing_creditnote note
        LEFT JOIN invoicing_creditnoteline line ON line.note_id = note.id
        GROUP BY note.id HAVING note.total + note.round_off <> coalesce(sum(line.amount), 0)
        UNION ALL
        SELECT format('Invoice %%s of %%s with tax %%s, %%s, is credited by %%s with tax %%s.',
            invoice.number, invoice.total, invoice.tax_amount, invoice.status,
            sum(note.total), sum(note.tax_amount))
        FROM invoicing_invoice invoice
        JOIN invoicing_creditnote note ON note.invoice_id = invoice.id
        GROUP BY invoice.id
        HAVING sum(note.total) > invoice.total OR sum(note.tax_amount) > invoice.tax_amount
            OR (sum(note.total) = invoice.total) <> (invoice.status = 'credited')
        UNION ALL
        SELECT format('Line %%s of invoice %%s is %%s, credited %%s, void: %%s.',
            line.id, invoice.number, line.amount, sum(credit.amount), line.is_void)
        FROM invoicing_creditnoteline credit
        JOIN invoicing_invoiceline line ON line.id = credit.line_id
        JOIN invoicing_invoice invoice ON invoice.id = line.invoice_id
        GROUP BY line.id, invoice.number
        HAVING (sum(credit.amount) = line.amount) <> line.is_void
        """
    )


def wrongly_invoiced_charges() -> list[str]:
    """Charges on two invoices, on one before their bill, or for another amount or payer (I1)."""
    return told(
        """
        SELECT format('Charge %%s is on %%s invoices at once.', charge_id, count(*))
        FROM invoicing_invoiceline WHERE NOT is_void GROUP BY charge_id HAVING count(*) > 1
        UNION ALL
        SELECT format('Charge %%s of %%s stands on invoice %%s with %%s; billed: %%s.',
            charge.id, charge.payable_amount, invoice.number, line.amount, bill.id IS NOT NULL)
        FROM invoicing_invoiceline line
        JOIN invoicing_invoice invoice ON invoice.id = line.invoice_id
        JOIN billing_charge charge ON charge.id = line.charge_id
        LEFT JOIN billing_bill bill
            ON bill.payer_id = charge.payer_id AND bill.month = charge.billing_month
        WHERE bill.id IS NULL OR line.amount <> charge.payable_amount
            OR charge.payer_id <> invoice.title_of_id
        """
    )


def gaps_in_numbers() -> list[str]:
    """Series whose numbers are not 1 to the last one, each once (I6)."""
    return told(
        """
        WITH numbered AS (
            SELECT split_part(number, '-', 1) AS code, split_part(number, '-', 2)::bigint AS number
            FROM (SELECT number FROM invoicing_invoice
                UNION ALL SELECT number FROM invoicing_creditnote) used
        ), counted AS (
            SELECT code, count(*) AS used, count(DISTINCT number) AS different,
                min(number) AS first, max(number) AS last
            FROM numbered GROUP BY code
        )
        SELECT format('Series %%s is at %%s, its numbers are %%s from %%s to %%s.',
            coalesce(series.code, counted.code), coalesce(series.last_number, 0),
            coalesce(counted.different, 0), counted.first, counted.last)
        FROM invoicing_series series FULL JOIN counted ON counted.code = series.code
        WHERE (coalesce(series.last_number, 0), coalesce(counted.used, 0),
            coalesce(counted.different, 0), coalesce(counted.last, 0))
            IS DISTINCT FROM (coalesce(counted.last, 0), coalesce(counted.last, 0),
            coalesce(counted.last, 0), coalesce(series.last_number, 0))
        """
    )
