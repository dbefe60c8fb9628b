"""May these two be linked? Each condition, their order, and all at once (L1-L4, L12)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from finance_mgmt.enums import Channel, Mode
from finance_mgmt.rules.linking import Party, judge, judge_end, judge_move, judge_upgrade

TRUST, MANAGE = Mode.TRUSTEESHIP, Mode.MANAGEMENT
OPEN = {"has_open_usage": True}

MASTER = Party(
    number="HQ",
    identity=1,
    channel=Channel.DIRECT,
    currency="CNY",
    credit_limit=Decimal(500),
    available=Decimal(0),
)
MEMBER = Party(
    number="A",
    identity=1,
    channel=Channel.DIRECT,
    currency="CNY",
    credit_limit=Decimal(0),
    available=Decimal(0),
)


def reasons(mode, master=None, member=None, has_acknowledged=False):
    return judge(
        master=replace(MASTER, **master or {}),
        member=replace(MEMBER, **member or {}),
        mode=mode,
        has_acknowledged=has_acknowledged,
    )


def named(found) -> list[str]:
    return [f"{reason.rule} {reason.code}" for reason in found]


def codes(*args, **kwargs) -> list[str]:
    return named(reasons(*args, **kwargs))


RESELLER = {"channel": Channel.RESELLER}
CENT = Decimal("0.01")

# What is different about the master, about the member; reasons in trusteeship, in management.
TABLE = [
    ({}, {}, [], []),
    # L1
    ({}, {"is_member_now": True}, ["L1 member_has_a_master"], ["L1 member_has_a_master"]),
    ({}, {"is_master_now": True}, ["L1 member_is_a_master"], ["L1 member_is_a_master"]),
    ({"is_member_now": True}, {}, ["L1 master_is_a_member"], ["L1 master_is_a_member"]),
    ({"is_master_now": True}, {}, [], []),  # a master may have many members
    # L2
    ({"identity": None}, {}, ["L2 master_not_verified"], []),
    ({}, {"identity": None}, ["L2 member_not_verified"], []),
    (
        {"identity": None},
        {"identity": None},
        ["L2 master_not_verified", "L2 member_not_verified"],
        [],
    ),
    ({}, {"identity": 2}, ["L2 identities_differ"], []),
    (RESELLER, {}, ["L2 master_is_reseller"], ["L2 master_is_reseller"]),
    ({}, RESELLER, ["L2 member_is_reseller"], ["L2 member_is_reseller"]),
    ({"credit_limit": Decimal(0)}, {}, ["L2 master_has_no_credit_line"], []),
    ({"credit_limit": CENT}, {}, [], []),
    ({}, {"currency": "USD"}, ["L2 currencies_differ"], ["L2 currencies_differ"]),
    # L3 without an open cycle: at least 0 on both ends
    ({}, {"available": CENT}, [], []),
    ({}, {"available": -CENT}, ["L3 member_funds_too_low"], []),
    ({"available": -CENT}, {}, ["L3 master_funds_too_low"], []),
    # L3 with an open cycle: above 0, and acknowledged
    (
        {},
        {"facts": OPEN},
        ["L3 notice_not_acknowledged", "L3 member_funds_too_low"],
        [],
    ),
    ({}, {"facts": OPEN, "available": CENT}, ["L3 notice_not_acknowledged"], []),
    # L4
    ({}, {"facts": {"open_orders": 2}}, ["L4 unpaid_orders"], ["L4 unpaid_orders"]),
    ({}, {"facts": {"open_orders": 0, "bills_past_due": []}}, [], []),
    (
        {},
        {"facts": {"bills_past_due": ["2024-03", "2024-04"]}},
        ["L4 bills_past_due"],
        ["L4 bills_past_due"],
    ),
    ({}, {"open_invitations": ("OTHER",)}, ["L4 other_invitation"], ["L4 other_invitation"]),
    # all of these are asked of the member only
    (
        {
            "facts": {"open_orders": 2, "bills_past_due": ["2024-03"], **OPEN},
            "open_invitations": ("OTHER",),
        },
        {},
        [],
        [],
    ),
]


@pytest.mark.rule("L1", "L2", "L3", "L4")
@pytest.mark.parametrize(("master", "member", "in_trusteeship", "in_management"), TABLE)
def test_each_condition_of_a_link(master, member, in_trusteeship, in_management):
    assert codes(TRUST, master, member) == in_trusteeship
    assert codes(MANAGE, master, member) == in_management


@pytest.mark.rule("L3")
@pytest.mark.parametrize(
    ("available", "acknowledged", "refused"),
    [
        (Decimal(0), True, ["L3 member_funds_too_low"]),
        (-CENT, True, ["L3 member_funds_too_low"]),
        (CENT, True, []),
        (CENT, False, ["L3 notice_not_acknowledged"]),
    ],
)
def test_with_an_open_cycle_funds_are_above_0_and_the_notice_is_acknowledged(
    available, acknowledged, refused
):
    member = {"facts": OPEN, "available": available}
    assert codes(TRUST, member=member, has_acknowledged=acknowledged) == refused


@pytest.mark.rule("L1")
@pytest.mark.parametrize("mode", list(Mode))
def test_an_account_is_never_linked_to_itself_and_nothing_else_is_asked(mode):
    assert codes(mode, member={"number": "HQ", "identity": None, "is_member_now": True}) == [
        "L1 linked_to_itself"
    ]


@pytest.mark.rule("L12")
def test_every_failing_condition_is_named_at_once_in_the_order_of_the_rules():
    worst_master = {"is_member_now": True, "identity": None, "available": -CENT} | RESELLER
    worst_member = {
        "is_member_now": True,
        "is_master_now": True,
        "identity": None,
        "currency": "USD",
        "facts": {"open_orders": 1, "bills_past_due": ["2024-03"], **OPEN},
        "open_invitations": ("OTHER",),
    } | RESELLER
    assert codes(TRUST, worst_master | {"credit_limit": Decimal(0)}, worst_member) == [
        "L1 member_has_a_master",
        "L1 member_is_a_master",
        "L1 master_is_a_member",
        "L2 master_not_verified",
        "L2 member_not_verified",
        "L2 master_is_reseller",
        "L2 member_is_reseller",
        "L2 master_has_no_credit_line",
        "L2 currencies_differ",
        "L3 notice_not_acknowledged",
        "L3 member_funds_too_low",
        "L3 master_funds_too_low",
        "L4 unpaid_orders",
        "L4 bills_past_due",
        "L4 other_invitation",
    ]
    assert codes(MANAGE, worst_master, worst_member) == [
        "L1 member_has_a_master",
        "L1 member_is_a_master",
        "L1 master_is_a_member",
        "L2 master_is_reseller",
        "L2 member_is_reseller",
        "L2 currencies_differ",
        "L4 unpaid_orders",
        "L4 bills_past_due",
        "L4 other_invitation",
    ]


@pytest.mark.rule("L12")
def test_a_reason_says_what_was_found_and_who_can_mend_it():
    found = reasons(TRUST, {"currency": "USD"}, {"available": Decimal("-12.5"), "facts": OPEN})
    assert [(r.rule, r.code, r.message, dict(r.facts), r.mend) for r in found] == [
        (
            "L2",
            "currencies_differ",
            "Both ends need one currency: USD and CNY differ.",
            {"master": "USD", "member": "CNY"},
            "the provider's finance staff",
        ),
        (
            "L3",
            "notice_not_acknowledged",
            "The cycle in progress stays with A. Acknowledge that to go on.",
            {"payer": "A"},
            "the caller",
        ),
        (
            "L3",
            "member_funds_too_low",
            "A needs available funds above 0; it has -12.50.",
            {"available": Decimal("-12.5")},
            "the member: top up",
        ),
    ]


# -- Upgrade, end, move ----------------------------------------------------------------------------


@pytest.mark.rule("L7")
@pytest.mark.parametrize(
    ("master", "member", "refused"),
    [
        ({}, {}, []),
        (
            {"is_master_now": True},
            {"is_member_now": True},
            [],
        ),  # they are linked: that is the point
        ({}, {"open_invitations": ("OTHER",)}, ["L4 other_invitation"]),
        ({}, {"identity": 2}, ["L2 identities_differ"]),
        ({"credit_limit": Decimal(0)}, {}, ["L2 master_has_no_credit_line"]),
        (
            {"available": -CENT},
            {"available": -CENT},
            ["L3 member_funds_too_low", "L3 master_funds_too_low"],
        ),
        ({}, {"facts": {"bills_past_due": ["2024-03"]}}, ["L4 bills_past_due"]),
        ({}, {"allocated_in": CENT}, ["L7 credit_not_reclaimed"]),
        (
            RESELLER,
            {"allocated_in": CENT, "facts": {"open_orders": 1, **OPEN}},
            [
                "L2 master_is_reseller",
                "L3 notice_not_acknowledged",
                "L3 member_funds_too_low",
                "L4 unpaid_orders",
                "L7 credit_not_reclaimed",
            ],
        ),
    ],
)
def test_an_upgrade_asks_what_trusteeship_asks_and_that_credit_is_reclaimed(
    master, member, refused
):
    found = judge_upgrade(
        master=replace(MASTER, **master), member=replace(MEMBER, **member), has_acknowledged=False
    )
    assert named(found) == refused


@pytest.mark.rule("L10")
@pytest.mark.parametrize(
    ("member", "refused"),
    [
        ({}, []),
        ({"facts": OPEN}, []),
        # judged with its own line restored, so what counts is not `available`
        ({"available": -CENT, "restored_available": Decimal(0)}, []),
        ({"available": CENT, "restored_available": -CENT}, ["L10 member_funds_too_low"]),
        ({"allocated_in": CENT}, ["L10 credit_not_reclaimed"]),
        ({"facts": {"open_orders": 1}}, ["L10 unpaid_orders"]),
        ({"facts": {"bills_past_due": ["2024-03"]}}, ["L10 bills_past_due"]),
        (
            {
                "allocated_in": CENT,
                "restored_available": -CENT,
                "facts": {"open_orders": 1, "bills_past_due": ["2024-03"]},
            },
            [
                "L10 credit_not_reclaimed",
                "L10 unpaid_orders",
                "L10 bills_past_due",
                "L10 member_funds_too_low",
            ],
        ),
    ],
)
def test_an_end_leaves_the_member_in_order(member, refused):
    assert named(judge_end(member=replace(MEMBER, **member))) == refused


FORMER = replace(MASTER, number="OLD", available=Decimal(0))


@pytest.mark.rule("L8", "L10")
@pytest.mark.parametrize(
    ("former", "master", "member", "acknowledged", "refused"),
    [
        ({}, {}, {}, False, []),
        ({}, {}, {"is_member_now": True}, False, []),
        ({}, {}, {"is_master_now": True}, False, ["L1 member_is_a_master"]),
        ({}, {"is_member_now": True}, {}, False, ["L1 master_is_a_member"]),
        ({}, {"identity": 2}, {}, False, ["L2 identities_differ"]),
        ({}, {}, {"facts": OPEN}, False, ["L8 notice_not_acknowledged"]),
        # L3 asks the payer of the open cycle: the former master, at least 0, not the member
        ({}, {}, {"facts": OPEN, "available": -CENT}, True, []),
        ({"available": -CENT}, {}, {}, True, ["L8 former_master_funds_too_low"]),
        ({}, {"available": -CENT}, {}, True, ["L3 master_funds_too_low"]),
        ({}, {}, {"facts": {"open_orders": 1}}, True, ["L4 unpaid_orders"]),
        ({}, {}, {"open_invitations": ("OTHER",)}, True, ["L4 other_invitation"]),
        ({}, {}, {"allocated_in": CENT}, True, ["L10 credit_not_reclaimed"]),
        # L10 asks the member's own funds, with its own line awake, at either mode
        ({}, {}, {"restored_available": -CENT}, True, ["L10 member_funds_too_low"]),
        ({}, {"number": "OLD"}, {"facts": OPEN}, False, ["L8 moved_to_itself"]),
        ({}, {"number": "A"}, {}, False, ["L8 moved_to_itself"]),
    ],
)
def test_a_move_asks_both_ends_and_the_payer_of_the_open_cycle(
    former, master, member, acknowledged, refused
):
    found = judge_move(
        former=replace(FORMER, **former),
        master=replace(MASTER, **master),
        member=replace(MEMBER, **member),
        mode=TRUST,
        has_acknowledged=acknowledged,
    )
    assert named(found) == refused
