"""A valid row of any table, as small as its columns allow: what the database lets pass."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import models

from billing import models as billing
from finance_mgmt import models as ground
from invoicing import models as invoicing

NOON = datetime(2024, 5, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

_numbers = count(1)

# What a row needs beyond "anything of the column's kind", so that its constraints hold.
NEEDED: dict[type[models.Model], dict[str, Any]] = {
    ground.Account: {"currency": "CNY"},
    ground.Movement: {
        "from_pocket": "cash",
        "to_pocket": "provider",
        "amount": Decimal(1),
        "from_account": ground.Account,
    },
    ground.Delivery: {
        "channel": "email",
        "notice": ground.Notice,
    },
    ground.Recipient: {"email": "a@example.com"},
    ground.Relationship: {"mode": "management", "state": "active", "effective_from": NOON},
    billing.Bill: {"month": date(2024, 5, 1)},
    billing.Charge: {"kind": "usage", "product": billing.Product},
    billing.Commitment: {
        "kind": "reserved_instance",
        "product": billing.Product,
        "quantity": Decimal(1),
    },
    billing.Coupon: {"amount": Decimal(1)},
    billing.Coverage: {"quantity": Decimal(1)},
    billing.Discount: {"rate": Decimal("0.8")},
    billing.ImportedRow: {"status": "stored", "record": billing.UsageRecord},
    billing.Refund: {"amount": Decimal(1), "to_credit": Decimal(1)},
    billing.Resource: {"kind": "postpaid"},
    billing.Settlement: {"amount": Decimal(1)},
    billing.UsageRecord: {
        "kind": "usage",
        "starts_at": NOON,
        "ends_at": NOON,
        "period_start": NOON,
        "period_end": NOON + HOUR,
    },
    billing.Voucher: {"face_value": Decimal(10), "remaining": Decimal(10)},
    billing.VoucherDraw: {"amount": Decimal(1)},
    billing.VoucherSharing: {"members": []},
    invoicing.CreditNote: {"total": Decimal(1)},
    invoicing.Invoice: {"total": Decimal(1), "net_amount": Decimal(1)},
    invoicing.InvoiceDocument: {"sha256": "0" * 64},
}


def make(model: type[models.Model], **given: Any) -> models.Model:
    """Insert a row. A value that is a model means a row of it."""
    needed = {n: v for n, v in NEEDED.get(model, {}).items() if f"{n}_id" not in given}
    values = needed | given
    for field in model._meta.concrete_fields:
        if not {field.name, field.attname} & set(values) and _is_needed(field):
            values[field.name] = _anything(field)
    rows = {
        name: make(value) if isinstance(value, type) else value for name, value in values.items()
    }
    return model._base_manager.create(**rows)


def _is_needed(field: models.Field) -> bool:
    return not (field.null or field.has_default() or field.blank or field.auto_created)


def _anything(field: models.Field) -> Any:
    if isinstance(field, models.ForeignKey):
        return make(field.related_model)
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.DateTimeField):
        return NOON
    if isinstance(field, models.DateField):
        return NOON.date()
    if isinstance(field, models.DecimalField | models.IntegerField):
        return 0 if not field.unique else next(_numbers)
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.JSONField):
        return {}
    return f"{field.name} {next(_numbers)}"[: field.max_length]
