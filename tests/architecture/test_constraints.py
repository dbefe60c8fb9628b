"""The database's last word: every constraint and trigger refuses what its name says."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import Error, IntegrityError, connection, models, transaction

from billing import models as billing

from .rows import HOUR, NOON, make

FLOORS = ("finance_mgmt", "billing", "invoicing")
ONE, MINUS = Decimal(1), Decimal(-1)
BEFORE = NOON - HOUR

MODELS = [
    model
    for floor in FLOORS
    for model in apps.get_app_config(floor).get_models()
    if model._meta.managed
]
CONSTRAINTS = [(model, constraint) for model in MODELS for constraint in model._meta.constraints]
TRIGGERS = [
    (model, trigger) for model in MODELS for trigger in getattr(model._meta, "triggers", [])
]

# Each CHECK: what a row would have to say to be refused by it, and by no other.
BROKEN: dict[str, dict[str, Any]] = {
    "currency_is_three_capital_letters": {"currency": "cny"},
    "cash_is_never_negative": {"cash": MINUS, "transferred_in": -2},
    "transferred_in_is_part_of_cash": {"transferred_in": ONE},
    "limits_and_allocations_are_never_negative": {"allocated_in": MINUS, "credit_limit": ONE},
    "no_more_is_allocated_than_the_limit": {"allocated_out": ONE},
    "used_is_never_negative": {"used": MINUS},
    "a_movement_is_positive": {"amount": Decimal(0)},
    "a_movement_touches_an_account": {"from_account": None},
    "a_movement_has_two_different_sides": {"to_pocket": "cash", "to_account": "from_account"},
    "there_is_one_policy": {"id": 2},
    "nobody_is_linked_to_itself": {"member": "master", "state": "invited"},
    "a_relationship_in_force_has_a_beginning": {"effective_from": None},
    "a_relationship_ends_after_it_begins": {"effective_to": BEFORE, "state": "cancelled"},
    "trusteeship_begins_within_the_relationship": {"trusteeship_from": BEFORE},
    "a_grant_ends_after_it_begins": {"granted_until": BEFORE},
    "a_cap_is_never_negative": {"amount": MINUS},
    "nobody_approves_what_they_asked_for": {
        "asked_by": "a",
        "decided_by": "a",
        "state": "approved",
        "decided_at": NOON,
    },
    "what_is_decided_has_an_instant": {"state": "approved"},
    "nobody_is_dismissed_before_being_appointed": {"dismissed_at": BEFORE},
    "a_running_step_has_a_lease": {"state": "running"},
    "a_lease_ends_after_its_heartbeat": {"heartbeat_at": NOON, "lease_until": BEFORE},
    "a_recipient_is_an_address_or_a_user": {"email": ""},
    "a_delivery_is_a_letter_or_of_a_webhook": {"notice": None},
    "what_is_sent_has_an_instant": {"state": "sent"},
    "a_month_is_its_first_day": {"month": date(2024, 5, 2)},
    "lines_less_round_off_are_the_total": {"own_amount": ONE},
    "a_bill_is_drawn_from_cash_and_credit_or_carried": {"from_cash": ONE},
    "only_a_credit_balance_is_carried": {
        "carried_forward": ONE,
        "own_amount": ONE,
        "total": ONE,
    },
    "outstanding_is_never_negative": {"outstanding": MINUS},
    "round_off_is_below_one_unit": {"own_amount": ONE, "round_off": ONE},
    "a_price_is_never_negative": {"unit_price": MINUS},
    "a_discount_is_a_rate_or_a_fixed_price": {"fixed_price": ONE},
    "a_discount_rate_is_between_0_and_1": {"rate": Decimal("1.000000000000000001")},
    "a_fixed_price_is_never_negative": {"rate": None, "fixed_price": MINUS},
    "a_discount_has_one_scope": {"product": billing.Product, "family": billing.Family},
    "a_discount_ends_after_it_begins": {"valid_from": NOON, "valid_until": NOON},
    "payable_is_list_less_covered_discount_and_voucher": {"list_amount": ONE},
    "only_an_adjustment_has_no_product": {"product": None},
    "orders_and_refunds_name_their_order": {"kind": "order"},
    "there_is_one_horizon": {"id": 2},
    "a_commitment_is_units_or_a_spend": {"commit_amount": ONE},
    "a_reserved_instance_names_its_product": {"product": None},
    "used_cover_is_never_negative": {"used": MINUS},
    "coverage_is_positive": {"quantity": Decimal(0)},
    "an_account_key_is_not_empty": {"external_id": ""},
    "a_voucher_never_pays_more_than_its_face_value": {"remaining": MINUS},
    "a_draw_is_positive": {"amount": Decimal(0)},
    "a_coupon_is_positive": {"amount": Decimal(0)},
    "usage_ends_after_it_starts": {"ends_at": BEFORE},
    "usage_lies_in_its_charge_period": {"starts_at": NOON + HOUR, "ends_at": NOON + HOUR},
    "what_is_not_usage_gives_its_amount": {"kind": "adjustment"},
    "a_credit_names_its_voucher": {"kind": "credit", "given_amount": MINUS},
    "a_row_is_parked_or_has_a_record": {"status": "parked"},
    "a_prepaid_resource_is_paid_until_an_instant": {"kind": "prepaid"},
    "an_order_is_never_negative": {"list_amount": MINUS},
    "an_order_is_list_less_discount_coupon_and_voucher": {"paid_at": NOON, "list_amount": ONE},
    "an_order_is_paid_from_cash_and_credit": {"payable_amount": ONE},
    "no_more_is_refunded_than_was_paid": {"refunded_amount": ONE},
    "no_more_goes_back_to_credit_than_came_from_it": {"refunded_to_credit": ONE},
    "a_refund_goes_to_credit_and_cash": {"to_cash": ONE},
    "a_settlement_is_positive": {"amount": Decimal(0)},
    "nobody_is_released_before_being_parked": {"released_at": BEFORE},
    "a_spending_threshold_is_never_negative": {"kind": "spending", "amount": MINUS},
    "an_invoice_is_net_and_tax": {"tax_amount": ONE},
    "an_invoice_is_positive": {"total": Decimal(0), "net_amount": Decimal(0)},
    "a_credit_note_is_positive": {"total": Decimal(0)},
    "a_document_has_its_hash": {"sha256": "0" * 63 + "g"},
    "a_seller_has_a_country_of_two_letters": {"country": "cn"},
    "no_tax_needs_a_reason_unless_zero_rated": {"zero_rate": "E"},
    "a_tax_rate_is_between_0_and_1": {"rate": ONE},
}

# What a row must say so that a second one like it collides where a UNIQUE has a condition.
COLLIDING: dict[str, dict[str, Any]] = {
    "a_single_record_is_charged_once": {"record": billing.UsageRecord, "kind": "usage"},
}

# Columns that a guarded row may change; anything else is refused.
MAY_CHANGE = {
    "only_the_dismissal_changes": ({"dismissed_at": NOON}, {"role": "viewer"}),
    "only_the_verdict_changes": (
        {"state": "rejected", "decided_by": "b", "decided_at": NOON},
        {"amount": ONE},
    ),
    "only_the_status_changes": ({"status": "credited"}, {"title": "another"}),
    "only_voiding_changes": ({"is_void": True}, {"amount": ONE}),
    "only_being_current_changes": ({"is_current": False}, {"title": "another"}),
    "only_settling_changes_a_bill": ({"status": "settled"}, {"due_on": date(2030, 1, 1)}),
}


def test_every_check_has_a_row_that_breaks_it():
    assert {model._meta.app_label for model in MODELS} == set(FLOORS)
    names = [c.name for _, c in CONSTRAINTS if isinstance(c, models.CheckConstraint)]
    assert sorted(names) == sorted(BROKEN)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "name"),
    [(m, c.name) for m, c in CONSTRAINTS if isinstance(c, models.CheckConstraint)],
)
def test_a_check_refuses_what_breaks_it(model, name):
    if not model._base_manager.exists():
        make(model)  # a row like it, but for what breaks the check, is welcome
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        _make_broken(model, name)
    assert refused.value.__cause__.diag.constraint_name == name


def _make_broken(model: type[models.Model], name: str) -> None:
    changes = dict(BROKEN.get(name, {}))
    same = {
        column: of for column, of in changes.items() if isinstance(of, str) and hasattr(model, of)
    }
    for column, of in same.items():
        changes[of] = changes[column] = make(model._meta.get_field(of).related_model)
    make(model, **changes)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "name", "fields"),
    [(m, c.name, c.fields) for m, c in CONSTRAINTS if isinstance(c, models.UniqueConstraint)],
)
def test_a_unique_key_refuses_a_second_row(model, name, fields):
    first = make(model, **COLLIDING.get(name, {}))
    same = {field: getattr(first, field) for field in fields}
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        make(model, **same)
    assert refused.value.__cause__.diag.constraint_name == name
    for field in fields:  # each column of the key counts
        others = {name: value for name, value in same.items() if name != field}
        make(model, **_another(model, field) | others)


def _another(model: type[models.Model], field: str) -> dict[str, Any]:
    column = model._meta.get_field(field)
    if isinstance(column, models.ForeignKey):
        return {field: column.related_model}
    if column.choices:
        return {field: column.choices[-1][0]}
    if isinstance(column, models.DateTimeField):
        return {field: NOON + HOUR}
    if isinstance(column, models.DateField):
        return {field: date(2024, 6, 1)}
    if isinstance(column, models.IntegerField | models.DecimalField):
        return {field: 2}
    if field in ("resource", "email", "jurisdiction"):
        return {field: "another"}
    return {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "name"),
    [(m, c.name) for m, c in CONSTRAINTS if isinstance(c, ExclusionConstraint)],
)
def test_periods_that_overlap_are_refused_and_those_that_touch_are_not(model, name):
    columns = {
        "one_master_at_a_time": ("member", "effective_from", "effective_to"),
        "a_power_is_granted_once_at_a_time": ("relationship", "granted_from", "granted_until"),
    }
    whose, since, until = columns[name]
    first = make(model, **{since: NOON, until: NOON + HOUR})
    same = {whose: getattr(first, whose)}
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        make(model, **same, **{since: NOON + HOUR - timedelta(microseconds=1)})
    assert refused.value.__cause__.diag.constraint_name == name
    make(model, **same, **{since: NOON + HOUR})
    make(model, **same, **{since: BEFORE, until: NOON})
    make(model, **{since: NOON})


# -- Triggers --------------------------------------------------------------------------------------


def _of(*names: str) -> list:
    return [pytest.param(m, id=m._meta.db_table) for m, t in TRIGGERS if t.name in names]


def test_every_trigger_is_tried():
    tried = {"never_changed", "never_removed", "never_truncated", "names_what_exists", *MAY_CHANGE}
    elsewhere = {
        "no_chains",  # tests/finance_mgmt/test_relationships.py
        "not_on_an_issued_bill",  # tests/billing/test_bills.py
    }
    assert {trigger.name for _, trigger in TRIGGERS} == tried | elsewhere


@pytest.mark.rule("F10", "B2", "Z8")
@pytest.mark.django_db
@pytest.mark.parametrize("model", _of("never_changed"))
def test_a_fact_is_never_changed(model):
    pk = make(model).pk
    column = model._meta.pk.column
    with pytest.raises(Error, match="Cannot update rows"), transaction.atomic():
        _sql(f"UPDATE {model._meta.db_table} SET {column} = {column} WHERE {column} = %s", pk)


@pytest.mark.rule("F10", "B2", "Z8")
@pytest.mark.django_db
@pytest.mark.parametrize("model", _of("never_removed"))
def test_a_fact_is_never_removed(model):
    pk = make(model).pk
    with pytest.raises(Error, match="Cannot delete rows"), transaction.atomic():
        _sql(f"DELETE FROM {model._meta.db_table} WHERE {model._meta.pk.column} = %s", pk)


@pytest.mark.rule("F10", "B2", "Z8")
@pytest.mark.django_db
@pytest.mark.parametrize("model", _of("never_truncated"))
def test_a_table_of_facts_is_never_emptied(model):
    _sql("SET LOCAL app.allow_truncate = 'off'")  # the tests' own settings allow it
    with pytest.raises(Error, match="append only"), transaction.atomic():
        _sql(f"TRUNCATE {model._meta.db_table} CASCADE")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "name"), [(m, t.name) for m, t in TRIGGERS if t.name in MAY_CHANGE]
)
def test_only_what_may_move_on_does(model, name):
    allowed, refused = MAY_CHANGE[name]
    rows = model._base_manager.filter(pk=make(model).pk)
    with pytest.raises(Error), transaction.atomic():
        rows.update(**refused)
    assert rows.update(**allowed) == 1


# Columns of a charge without a foreign key check of their own (it would cost more than the close).
UNCHECKED = [
    field.attname
    for field in billing.Charge._meta.concrete_fields
    if isinstance(field, models.ForeignKey) and not field.db_constraint
]


@pytest.mark.django_db
@pytest.mark.parametrize("column", UNCHECKED)
def test_a_charge_names_only_what_exists(column):
    kind = "order" if column == "order_id" else "usage"
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        make(billing.Charge, kind=kind, **{column: 10**12})
    assert refused.value.__cause__.diag.constraint_name == "a_charge_names_what_exists"


def _sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


# -- Names -----------------------------------------------------------------------------------------

JARGON = {"chk", "check", "uq", "uniq", "unique", "idx", "index", "fk", "pk", "constraint", "excl"}


def test_every_constraint_reads_as_a_sentence():
    names = [constraint.name for _, constraint in CONSTRAINTS]
    assert [n for n in names if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+){2,}", n)] == []
    assert [n for n in names if JARGON & set(n.split("_"))] == []
    assert len(names) == len(set(names))
    assert [n for n in names if len(n) > 63] == []


def test_every_trigger_reads_as_a_sentence():
    names = {trigger.name for _, trigger in TRIGGERS}
    assert [n for n in names if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", n)] == []
