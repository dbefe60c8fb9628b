"""The close: who is charged what, and never twice (C1-C6, B1, B2)."""

from decimal import Decimal

import pytest

from tests.provider import at


@pytest.mark.rule("C1", "C3", "B1", "B5", "D2")
def test_the_cycle_in_progress_stays_with_the_member_the_next_is_the_masters(provider):
    master = provider.account("HQ", credit_limit="1000")
    member = provider.account("A", cash_amount="100")
    ecs = provider.product("ecs")
    provider.discount(master, rate="0.80")
    provider.use(member, ecs, "10", at("2024-05-10 14:10"))
    provider.link(master, member, at("2024-05-10 14:20:30"))
    provider.use(member, ecs, "10", at("2024-05-10 14:40"))
    provider.use(member, ecs, "10", at("2024-05-10 15:05"))

    provider.jobs(at("2024-06-01 00:00"))

    assert [
        (c.payer.number, c.period_start, c.quantity, c.discount_amount, c.payable_amount)
        for c in provider.charges()
    ] == [
        ("A", at("2024-05-10 14:00"), Decimal(20), Decimal(0), Decimal(20)),
        ("HQ", at("2024-05-10 15:00"), Decimal(10), Decimal(2), Decimal(8)),
    ]
    assert [(b.payer.number, b.total, b.from_cash, b.on_credit) for b in provider.bills()] == [
        ("A", Decimal(20), Decimal(20), Decimal(0)),
        ("HQ", Decimal(8), Decimal(0), Decimal(8)),
    ]
    provider.jobs(at("2024-06-01 00:00"))
    assert len(provider.bills()) == 2
    assert len(provider.runs()) == 2
