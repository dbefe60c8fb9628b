"""The REST API of the first floor: under /api/v1/ (docs/api.md)."""
