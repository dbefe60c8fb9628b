"""The REST API, first floor below billing: /api/v1/ (docs/api.md)."""
