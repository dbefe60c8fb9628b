"""Invoices and credit notes on the timelines of those that may see them (I3, Z5, Z8)."""

import pytest

from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.queries import timeline
from tests.finance_mgmt.admin_door import everything
from tests.finance_mgmt.test_admin_timeline import shown
from tests.invoicing.office import JUNE_2
from tests.provider import at

MAY_2 = at("2024-05-02 08:10")
OURS = ("invoicing.invoice", "invoicing.creditnote")


@pytest.mark.rule("I3", "I4", "B4", "Z5", "Z8")
def test_invoices_stand_where_they_may_be_seen_with_who_issued_them(office):
    """H invoices itself with A, which sees nothing of it, then M, whose title it is, by Ann."""
    office.policy(payment_days=3000)
    found = {name: office.account(name, cash_amount="50", credit_limit="500") for name in "HAMX"}
    office.link(found["H"], found["A"], at("2024-05-01"))
    powers = (Permission.VIEW_BILLS, Permission.MANAGE_INVOICES)
    office.link(found["H"], found["M"], at("2024-05-01"), mode=Mode.MANAGEMENT, grants=powers)
    vm = office.product("vm")
    for account in found.values():
        office.use(account, vm, "2", MAY_2)
    office.jobs(JUNE_2)
    office.invoice(found["H"], is_combined=True)
    managed = office.invoice(found["H"], found["M"], said={"by": "Ann"})
    office.credit(managed, "0.50", said={"by": "Bo"})
    seen = {
        name: [
            (str(one.source.title), one.what, one.other, str(one.amount), one.currency, one.by)
            for one in timeline.events(account.pk, now())[0]
            if one.source.model in OURS
        ]
        for name, account in found.items()
    }
    whole = ("invoice issued", "issued", "", "4.000", "CNY", "test")
    note = ("credit note issued", "", "M", "-0.500", "CNY", "Bo")
    of_m = ("invoice issued", "partly credited", "M", "2.000", "CNY", "Ann")
    to_h = [(*one[:2], "H", *one[3:]) for one in (of_m, note)]
    assert {name: sorted(rows) for name, rows in seen.items()} == {
        "H": sorted([note, of_m, whole]),
        "A": [],
        "M": sorted(to_h),
        "X": [],
    }
    lines = [one for one in shown(everything(), found["M"]) if one[3] in ("Ann", "Bo")]
    assert sorted(lines) == [
        ("Credit note issued", "H", "-0.50 CNY", "Bo"),
        ("Invoice issued", "H", "2.00 CNY", "Ann"),
    ]
