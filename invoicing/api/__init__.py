"""The invoicing floor through the REST API."""
