"""A mail backend that keeps mails as rows: they are read in the admin (Stored mails)."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from ..clock import now
from ..services import mails


class StoredMail(BaseEmailBackend):
    """Stores; never sends."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep all of them."""
        at = now()
        for message in email_messages:
            mails.store(
                message_id=message.extra_headers.get("Message-ID", ""),
                sender=message.from_email,
                recipients=", ".join(message.recipients()),
                subject=str(message.subject),
                text=str(message.body),
                html=_html(message),
                at=at,
            )
        return len(email_messages)


def _html(message: EmailMessage) -> str:
    for content, kind in getattr(message, "alternatives", None) or ():
        if kind == "text/html":
            return str(content)
    return ""
