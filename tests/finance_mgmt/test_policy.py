"""The provider's switches: their defaults, and how they change (DOMAIN 6)."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from django.db import IntegrityError, transaction

from finance_mgmt import queries
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import Decision, StoredPolicy
from finance_mgmt.policy import Policy
from finance_mgmt.services import policy
from finance_mgmt.services.policy import PolicyRefused
from tests.provider import LONG_AGO, at

DEFAULTS = {
    "billing_time_zone": "Asia/Shanghai",
    "auto_confirm_same_identity": True,
    "invitation_days": 7,
    "close_delay": 0,
    "payment_days": 15,
    "default_voucher_share": "all_trusteeship_members",
    "showback": False,
    "four_eyes_above": None,
}


def test_defaults_are_those_of_the_domain():
    assert asdict(Policy()) == DEFAULTS


def test_zone_and_delay_are_ready_to_use():
    chosen = Policy(billing_time_zone="Europe/Berlin", close_delay=90)
    assert chosen.zone == ZoneInfo("Europe/Berlin")
    assert chosen.close_after == timedelta(seconds=90)


@pytest.mark.django_db
def test_without_a_stored_row_the_defaults_hold_and_so_does_an_untouched_row():
    assert queries.policy() == Policy()
    StoredPolicy.objects.create()
    assert queries.policy() == Policy()


def test_a_change_keeps_what_it_does_not_name(provider):
    provider.policy(close_delay=60, four_eyes_above=Decimal("100.50"))
    provider.policy(payment_days=30)
    assert asdict(queries.policy()) == DEFAULTS | {
        "close_delay": 60,
        "four_eyes_above": Decimal("100.50"),
        "payment_days": 30,
    }
    assert StoredPolicy.objects.count() == 1


@pytest.mark.rule("F11")
def test_a_repeated_change_is_done_once_and_another_with_its_key_refused(provider):
    said = {"key": "k", "by": "test", "at": LONG_AGO}
    policy.change(changes={"payment_days": 30}, **said)
    provider.policy(payment_days=10)
    assert policy.change(changes={"payment_days": 30}, **said).payment_days == 10
    with pytest.raises(KeyReused):
        policy.change(changes={"payment_days": 31}, **said)
    assert queries.policy().payment_days == 10


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"close_dealy": 1}, TypeError),
        ({"billing_time_zone": "Mars/Olympus"}, ZoneInfoNotFoundError),
        ({"close_delay": -1}, IntegrityError),
    ],
)
def test_what_is_no_switch_or_no_value_changes_nothing(provider, changes, error):
    with pytest.raises(error), transaction.atomic():
        provider.policy(**changes)
    assert queries.policy() == Policy()
    assert list(Decision.objects.values_list("verb", flat=True)) == []


@pytest.mark.rule("C5")
def test_the_time_zone_stands_once_usage_was_cut(provider):
    provider.policy(billing_time_zone="Europe/Berlin")
    provider.policy(billing_time_zone="Asia/Tokyo")
    account, product = provider.account("A"), provider.product("ecs")
    provider.use(account, product, "1", at("2024-05-10 14:00"))
    with pytest.raises(PolicyRefused) as refused:
        provider.policy(billing_time_zone="Europe/Berlin")
    assert [(r.rule, r.code) for r in refused.value.reasons] == [("C5", "time_zone_in_use")]
    provider.policy(billing_time_zone="Asia/Tokyo", payment_days=3)
    assert (queries.policy().billing_time_zone, queries.policy().payment_days) == ("Asia/Tokyo", 3)
