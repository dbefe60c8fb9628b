"""A notice as an event: a CloudEvents envelope, the same bytes at every attempt (W4)."""

import json
from datetime import UTC
from urllib.parse import quote

from ..models import Delivery, Notice
from ..money import minor_places, plain

MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
TYPE = "group-billing.notice"
TEST_TYPE = "group-billing.test"


def message_id(delivery: Delivery) -> str:
    """What `webhook-id` says, and the id of the envelope."""
    return f"msg_{delivery.public_id.hex}"


def body(delivery: Delivery) -> bytes:
    """The envelope with the notice, or with a few words where it is a test."""
    notice = delivery.notice
    event = {
        "specversion": "1.0",
        "id": message_id(delivery),
        "source": f"/accounts/{quote(delivery.account.number, safe='')}",
        "type": f"{TYPE}.{notice.kind}" if notice else TEST_TYPE,
        "time": (notice.at if notice else delivery.queued_at).astimezone(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": data(notice) if notice else {"message": "This is a test."},
    }
    if notice:
        event["subject"] = notice.about.number
    return json.dumps(event, ensure_ascii=False, sort_keys=True).encode()


def data(notice: Notice) -> dict[str, object]:
    """The facts of a notice; amounts are texts."""
    currency = notice.about.currency
    threshold = notice.threshold
    return {
        "notice": notice.pk,
        "kind": notice.kind,
        "to": notice.to.number,
        "about": notice.about.number,
        "currency": currency,
        "threshold": None if threshold is None else plain(threshold, minor_places(currency)),
        "facts": notice.facts,
    }
