"""Files that come in and go out, what they say, and what charges are explained with."""

import environ

env = environ.Env()

# Limits on an uploaded usage file, checked before anything is parsed.
IMPORT_LIMITS = {"bytes": 2_000_000_000, "rows": 5_000_000, "columns": 200, "cell_bytes": 65_536}

# Files of bills with more lines than this are made by a worker, not while the browser waits.
EXPORT_LINES_AT_ONCE = env.int("EXPORT_LINES_AT_ONCE", default=20_000)

# Files of lists with more rows than this are made by a worker, too; and how a list is read:
# function (list, filter, user) -> something with `count` and `sheet`.
LIST_ROWS_AT_ONCE = env.int("LIST_ROWS_AT_ONCE", default=5_000)
LIST_ROWS = "finance_mgmt.admin.exporting.rows_of"

# ProviderName, PublisherName and InvoiceIssuerName of the FOCUS files we write.
PROVIDER_NAME = env("PROVIDER_NAME", default="Group billing")

# Which invoice a charge is on: function (charge) -> {number, title, status}, or None.
INVOICE_OF = "invoicing.queries.charges.invoice_of"
