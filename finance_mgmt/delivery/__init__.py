"""The way out: letters to mail servers, events to webhooks. Nothing else talks to strangers."""
