"""Mails that are kept instead of being sent: what a demo shows."""

from datetime import datetime

from ..models import StoredMessage


def store(
    *,
    message_id: str,
    sender: str,
    recipients: str,
    subject: str,
    text: str,
    html: str,
    at: datetime,
) -> StoredMessage:
    """Keep one mail."""
    return StoredMessage.objects.create(
        message_id=message_id[:250],
        sender=sender[:500],
        recipients=recipients[:1000],
        subject=subject[:500],
        text=text,
        html=html,
        at=at,
    )
