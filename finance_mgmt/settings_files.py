"""Files that come in and go out, what they say, and what charges are explained with."""

import environ

env = environ.Env()

# Limits on an uploaded usage file, checked before anything is parsed.
IMPORT_LIMITS = {"bytes": 2_000_000_000, "rows": 5_000_000, "columns": 200, "cell_bytes": 65_536}

# Files of bills with more lines than this are made by a worker, not while the browser waits.
EXPORT_LINES_AT_ONCE = env.int("EXPORT_LINES_AT_ONCE", default=20_000)

# ProviderName, PublisherName and InvoiceIssuerName of the FOCUS files we write.
PROVIDER_NAME = env("PROVIDER_NAME", default="Group billing")

# Which invoice a charge is on: function (charge) -> {number, title, status}, or None.
INVOICE_OF = "invoicing.queries.charges.invoice_of"
