"""Tables for spreadsheet programs: XLSX and CSV, for people. Files for programs are in focus/."""
