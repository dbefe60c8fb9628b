"""Statements and balances of 1,000 accounts over many charges: are they read, or summed up?"""

from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from benchmarks import groups, scratch
from billing.models import Charge, Product
from finance_mgmt import queries
from finance_mgmt.clock import now
from finance_mgmt.models import Account
from finance_mgmt.services import people

CHARGES = """
INSERT INTO billing_charge (kind, owner_id, payer_id, product_id, resource, period_start,
    period_end, billing_month, quantity, unit_price, list_amount, covered_amount, discount_amount,
    voucher_amount, payable_amount, currency, is_late, reason)
SELECT 'usage', %(first)s + (i %% %(accounts)s), %(first)s + (i %% %(accounts)s), %(product)s,
    'r' || i, at, at + interval '1 hour', '2024-05-01', 1, 1, 1, 0, 0, 0, 1, 'CNY', false, ''
FROM generate_series(0, %(charges)s - 1) i,
    LATERAL (SELECT timestamptz '2024-05-01' + interval '1 second' * (i %% 86400) AS at) t
"""
ACCRUE = """
UPDATE finance_mgmt_funds funds SET unsettled_own = made.amount FROM (
    SELECT payer_id, sum(payable_amount) AS amount FROM billing_charge GROUP BY 1
) made WHERE made.payer_id = funds.account_id
"""
SUMMED = "SELECT payer_id, sum(payable_amount) FROM billing_charge GROUP BY 1"


def measure(*, accounts: int, charges: int, rounds: int) -> dict:
    """Load once, then read each in turn."""
    with scratch.database(scratch.LOADED):
        scratch.migrate()
        groups.load(accounts)
        members = Account.objects.filter(number__startswith="spread-").order_by("pk")
        ids = list(members.values_list("pk", flat=True))
        facts = {"first": ids[0], "accounts": accounts, "charges": charges}
        with connection.cursor() as cursor:
            cursor.execute(CHARGES, facts | {"product": Product.objects.get().pk})
            cursor.execute(ACCRUE)
        scratch.execute("VACUUM ANALYZE")
        timed: dict[str, list[Any]] = {}
        for number in range(rounds + 1):  # the first one warms up
            for what, seconds in _round(ids, Random(number)).items():
                if number:
                    timed.setdefault(what, []).append(seconds)
        said = sum(one.unsettled for one in queries.figures_of(ids, groups.NOW).values())
    return {
        "title": f"Reading {accounts:,} accounts with {charges:,} charges",
        "rows": [
            {
                "what": what,
                "ms": f"{1000 * median(some):.1f}",
                "rounds": [f"{1000 * one:.1f}" for one in some],
            }
            for what, some in timed.items()
        ],
        "books_are_right": said == charges,
    }


def _round(ids: list[int], random: Random) -> dict[str, Any]:
    owner = Account.objects.get(pk=random.choice(ids))
    caller = _caller()
    return {
        "floor: the balances summed from the charges": _timed(lambda: scratch.execute(SUMMED)),
        f"balances of {len(ids):,} accounts (figures_of)": _timed(
            lambda: queries.figures_of(ids, groups.NOW)
        ),
        "one statement: 100 lines of one payer": _timed(
            lambda: list(
                Charge.objects.filter(payer=owner, billing_month="2024-05-01")
                .select_related("owner", "product")
                .order_by("-id")[:100]
            )
        ),
        "API: funds of one account": _asked(caller, f"accounts/{owner.number}/funds"),
        "API: first page of one payer's charges": _asked(caller, f"charges?payer={owner.number}"),
        "API: first page of all charges": _asked(caller, "charges"),
    }


def _caller() -> Client:
    user, _ = User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)
    _, token = people.issue_token(user=user, by="bench", at=now())
    return Client(headers={"Authorization": f"Bearer {token}"})


def _asked(caller: Client, path: str) -> Any:
    def ask() -> None:
        answer = caller.get(f"/api/v1/{path}", headers={"host": "localhost"})
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code} {answer.content[:300]!r}")

    return _timed(ask)


def _timed(action: Any) -> Any:
    started = perf_counter()
    action()
    return perf_counter() - started
