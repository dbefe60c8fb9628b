"""Examples for the schema: a value for every field, by its name where that says more."""

import re
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

DEEPEST = 6  # explanations hold explanations

BY_NAME: dict[str, Any] = {
    "number": "ACME",
    "account": "ACME",
    "master": "ACME",
    "member": "LABS",
    "owner": "LABS",
    "payer": "ACME",
    "issuer": "ACME",
    "code": "vm-small",
    "product": "vm-small",
    "products": "vm-small",
    "source": "meter",
    "resource": "vm-1",
    "family": "Compute",
    "families": "Compute",
    "unit": "hour",
    "region": "eu-1",
    "name": "Acme Ltd",
    "legal_name": "Acme Ltd",
    "title": "Acme Ltd",
    "currency": "CNY",
    "month": "2024-05-01",
    "billing_month": "2024-05-01",
    "key": "m-1",
    "by": "jane",
    "username": "jane",
    "reason": "agreed with the customer",
    "email": "billing@acme.example.com",
    "url": "https://acme.example.com/billing",
    "time_zone": "Asia/Shanghai",
    "next": "https://billing.example.com/api/v1/orders?cursor=WyJpZCIsIHRydWUsIDE3LCAxN10",
    "prefix": "7d3f91c2",
    "token": "7d3f91c2e8ab4f0d95c1",
    "secret": "whsec_0f6e2b",
    "quantity": "24",
    "rate": "0.06",
    "unit_price": "0.12",
    "rule": "F6",
    "detail": "At most 490.00 can move (headroom of the master).",
    "permissions": "view_bills",
    "request_id": "774ad1d5a1a14b4fa1ee1e6c4e1c9f0b",
    "mend": "the master: raise the cap",
    "pointer": "/amount",
    "verb": "refunds.refund",
    "consent_of": "LABS",
    "asked_by": "jane",
    "decided_by": "joe",
    "comment": "as agreed",
    "proposed_grants": "view_bills",
    "address": "1 Main Street",
    "user": "jane",
    "from_account": "ACME",
    "to_account": "LABS",
    "coupon": "TENOFF",
    "tax_number": "91330000MA27XL0N1W",
    "country": "CN",
    "postcode": "310000",
    "city": "Hangzhou",
    "phone": "+86 571 8502 2088",
    "bank_name": "Bank of Hangzhou",
    "bank_account": "3301040160000000000",
    "answer": "201",
    "title_of": "ACME",
    "paid_by": "ACME",
    "members": "LABS",
    "order": "O-1",
    "why": "F1",
    "used_by": "LABS",
    "invoice": "INV-000001",
    "registration_number": "91330000MA27XL0N1W",
    "file_name": "usage-2024-05.csv",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "expected_sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "content_hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "service": "Virtual machines",
    "jurisdiction": "CN",
    "voucher": "SPRING",
    "commitment": "RI-7",
    "to": "billing@acme.example.com",
    "about": "ACME",
    "formula": "headroom of the master",
    "resources": "vm-1",
    "discounts_of": "ACME",
    "flagged_discounts_of": "LABS",
    "vouchers_of": "ACME",
    "commitments_of": "LABS",
    "bill_on": "ACME",
    "settled_by": "ACME",
    "invoice_title_of": "ACME",
    "invoice_issued_by": "ACME",
    "warnings_to": "ACME",
    "funds_that_decide": "ACME",
    "rules": "F6",
    "message": "Resumed: vm-1.",
    "description": "Small machine",
    "problems": "There is no account NOBODY.",
    "because": "The contract of the owner.",
}
BY_MEDIA: dict[str, Any] = {
    "application/pdf": "%PDF-1.7 ...",
    "application/xml": '<?xml version="1.0" encoding="UTF-8"?><Invoice>...</Invoice>',
    "application/x-ndjson": '{"line": 1, "key": "m-1", "result": "stored"}',
    "text/csv": "BilledCost,BillingAccountId\n3.78,ACME\n",
}
BY_FORMAT: dict[str, Any] = {
    "date-time": "2024-05-31T16:00:00Z",
    "date": "2024-05-31",
    "uri": "https://acme.example.com/billing",
    "email": "billing@acme.example.com",
    "uuid": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "binary": "(the file)",
}


def of(schema: Schema, components: Mapping[str, Schema], name: str = "", depth: int = 0) -> Any:
    """A value of this schema."""
    schema = _resolved(schema, components)
    if "enum" in schema:
        return schema["enum"][0]
    kind = _kind(schema)
    if kind == "object":
        return _object(schema, components, depth)
    if kind == "array":
        is_deep = depth >= DEEPEST
        return [] if is_deep else [of(schema.get("items", {}), components, name, depth + 1)]
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return schema.get("default", True)
    return _text(schema, name) if kind == "string" else {}


def _resolved(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    """Without references; of several shapes the first that is not null."""
    while True:
        if "$ref" in schema:
            schema = components[schema["$ref"].rpartition("/")[2]]
            continue
        shapes = next((schema[word] for word in ("allOf", "oneOf", "anyOf") if word in schema), ())
        if not shapes:
            return schema
        schema = next(one for one in shapes if one.get("type") != "null")


def _kind(schema: Schema) -> str:
    kinds = schema.get("type", "object" if "properties" in schema else "")
    if isinstance(kinds, str):
        return kinds
    return next((kind for kind in kinds if kind != "null"), "")


def _object(schema: Schema, components: Mapping[str, Schema], depth: int) -> dict[str, Any]:
    if depth >= DEEPEST:
        return {}
    return {
        name: of(inner, components, name, depth + 1)
        for name, inner in schema.get("properties", {}).items()
    }


def _text(schema: Schema, name: str) -> str:
    pattern = schema.get("pattern", "")
    likely = (
        BY_NAME.get(name),
        *schema.get("examples", ()),
        BY_FORMAT.get(schema.get("format", "")),
    )
    for text in likely:
        if text is not None and _fits(text, schema) and re.search(pattern, text):
            return str(text)
    return "text"


def _fits(text: str, schema: Schema) -> bool:
    """Whether a name's own text fits; a field with a format goes by that."""
    own = BY_FORMAT.get(schema.get("format", ""))
    return own is None or text == own
