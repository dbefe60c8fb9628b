"""Who may invoice whose consumption, under which title (I2-I5, I7). Pure."""

from dataclasses import replace
from decimal import Decimal

import pytest

from finance_mgmt.enums import End, Mode, Permission
from finance_mgmt.rules.terms import Standing
from invoicing.rules.eligibility import Request, judge, judge_arrears

HQ, M, N = 1, 2, 3
SAME = {HQ: ("Acme", ""), M: ("Acme", ""), N: ("Acme", "")}
OTHER = SAME | {M: ("Acme", "X1")}
FORBID, MANAGE = Permission.FORBID_INVOICING, Permission.MANAGE_INVOICES


def standing(account, *powers, mode=Mode.MANAGEMENT):
    if mode is None:
        return Standing(account)
    granted = frozenset((power, End.MASTER) for power in powers)
    return Standing(account, mode=mode, master=HQ, granted=granted)


TABLE = [
    # issuer, owners, payers, standings, titles, codes
    (HQ, (HQ,), {HQ}, [standing(HQ, mode=None)], SAME, []),
    (HQ, (HQ, M, N), {HQ}, [standing(HQ, mode=None)], SAME, []),
    (HQ, (), set(), [], SAME, ["nobody_named"]),
    (M, (M,), {M}, [standing(M)], SAME, []),
    (M, (M,), {M}, [standing(M, MANAGE)], SAME, []),
    (M, (M,), {M}, [standing(M, FORBID)], SAME, ["invoicing_forbidden"]),
    (M, (M,), {M}, [standing(M, mode=Mode.TRUSTEESHIP)], SAME, []),
    (HQ, (M,), {M}, [standing(M)], SAME, ["not_allowed"]),
    (HQ, (M,), {M}, [standing(M, MANAGE)], SAME, []),
    (HQ, (M,), {M}, [standing(M, MANAGE)], OTHER, []),
    (HQ, (M,), {M}, [standing(M, FORBID)], SAME, []),
    (HQ, (M,), {M}, [standing(M, FORBID)], OTHER, ["titles_differ"]),
    (HQ, (M, N), {M, N}, [standing(M, FORBID), standing(N, FORBID)], SAME, ["several_members"]),
    (N, (M,), {M}, [standing(M, MANAGE)], SAME, ["not_allowed"]),
    (HQ, (M,), {M}, [standing(M, MANAGE, mode=Mode.TRUSTEESHIP)], SAME, ["not_allowed"]),
]


@pytest.mark.rule("I2", "I3", "I4")
@pytest.mark.parametrize(("issuer", "owners", "payers", "standings", "titles", "codes"), TABLE)
def test_who_may_invoice_whom(issuer, owners, payers, standings, titles, codes):
    request = Request(
        issuer, owners, {one.account: one for one in standings}, frozenset(payers), titles
    )
    assert [reason.code for reason in judge(request)] == codes


@pytest.mark.rule("I3")
def test_a_member_in_management_is_not_left_out_of_what_its_master_paid():
    request = Request(HQ, (M, N), {HQ: standing(HQ, mode=None)}, frozenset({HQ}), SAME)
    assert judge(request) == []
    assert [one.code for one in judge(replace(request, apart=frozenset({N})))] == [
        "several_members"
    ]


@pytest.mark.rule("I5")
@pytest.mark.parametrize(
    ("arrears", "left_out", "codes"),
    [
        ("0", "0", []),
        ("-1", "0", []),
        ("10", "10", []),
        ("10", "11", []),
        ("10", "9.99", ["arrears_not_covered"]),
    ],
)
def test_arrears_stay_behind(arrears, left_out, codes):
    found = judge_arrears(Decimal(arrears), Decimal(left_out))
    assert [reason.code for reason in found] == codes
