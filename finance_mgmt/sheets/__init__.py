"""Tables for spreadsheet programs: XLSX and CSV, for people, not for programs."""
