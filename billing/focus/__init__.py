"""FOCUS files: usage in (cost files and token meters, as plain rows), bills out."""
