"""Files of usage, as plain rows: FOCUS cost files and token meters. No database in here."""
