"""Second floor: from issued bills to legal documents."""
