"""Who sees which rows: every list and every page, for each relation (Z3-Z6, RELIABILITY S1-S4)."""

import pytest

from finance_mgmt.clock import now
from finance_mgmt.enums import Role
from finance_mgmt.services import grants, people
from tests.api.door import Caller, boss, numbers, person, said, staff, user_of
from tests.api.world import World, build

pytestmark = pytest.mark.django_db

# Whose rows each owner sees, by the account that a kind of row is about.
FINANCES = {"M": "MG", "T": "T", "U": "U", "G": "G", "N": "N", "R": "R", "X": "X", "Y": "Y"}
BILLS = {"M": "MTUG", "T": "T", "U": "U", "G": "G", "N": "N", "R": "R", "X": "XY", "Y": "Y"}
OWN = {name: name for name in "MTUGNRXY"}
LINKS = {
    "M": "TURGN",
    "T": "T",
    "U": "U",
    "G": "G",
    "N": "N",
    "R": "R",
    "X": "Y",
    "Y": "Y",
}
CAPS = {"M": "T", "T": "", "U": "", "G": "", "N": "", "R": "", "X": "Y", "Y": ""}
ACCOUNTS = {
    "M": "MTUGN",
    "T": "T",
    "U": "U",
    "G": "G",
    "N": "N",
    "R": "R",
    "X": "XY",
    "Y": "Y",
}

# path -> (field that names the account, field of the address, who sees whose rows)
KINDS = {
    "accounts": ("number", "number", ACCOUNTS),
    "bills": ("payer", "id", BILLS),
    "charges": ("payer", "id", BILLS),
    "settlements": ("payer", "id", BILLS),
    "orders": ("owner", "number", BILLS),
    "resources": ("account", "id", BILLS),
    "usage": ("owner", "id", BILLS),
    "vouchers": ("owner", "code", OWN),
    "coupons": ("owner", "code", OWN),
    "commitments": ("owner", "code", OWN),
    "discounts": ("owner", "id", OWN),
    "relationships": ("member", "id", LINKS),
    "grants": ("member", "id", {**OWN, "M": "G", "X": ""}),
    "caps": ("member", "id", CAPS),
    "account-users": ("account", "id", OWN),
    "notices": ("to", "id", OWN),
    "deliveries": ("account", "id", OWN),
    "recipients": ("account", "id", OWN),
    "webhooks": ("account", "id", OWN),
    "thresholds": ("account", "id", FINANCES),
}
STAFF_ONLY = ("identities", "imports", "sources", "runs", "closing", "what-ifs", "sellers")
FOR_EVERYBODY = ("products", "prices", "families")


@pytest.fixture
def world(provider) -> World:
    return build(provider)


@pytest.mark.rule("Z3", "Z5", "Z6")
def test_each_sees_exactly_the_rows_of_whom_it_may(world):
    whole, wrong = boss(), {}
    for path, (about, address, sees) in KINDS.items():
        rows = whole.get(path, {"page_size": 200}).json()["results"]
        assert rows, f"world.build makes no {path}"
        for name, caller in world.owners.items():
            expected = sorted(row[address] for row in rows if row[about] in sees[name])
            # whoever paid an order goes on seeing it: R's orders of its time with M
            if (path, name) == ("orders", "M"):
                expected = sorted([*expected, "R-1"])
            if (
                found := sorted(numbers(caller.get(path, {"page_size": 200}), address))
            ) != expected:
                wrong[path, name] = found, expected
            if name not in "MTX":
                continue
            of_each = {row[about]: row[address] for row in rows}
            pages = {pk: caller.get(f"{path}/{pk}").status_code for pk in of_each.values()}
            right = {pk: 200 if pk in expected else 404 for pk in pages}
            if pages != right:
                wrong[path, name, "pages"] = pages, right
    assert wrong == {}


def test_what_belongs_to_staff_is_closed_to_accounts_and_the_catalogue_is_not(provider):
    caller = user_of(provider.account("M"))
    assert {path: caller.get(path).status_code for path in STAFF_ONLY} == dict.fromkeys(
        STAFF_ONLY, 403
    )
    assert {path: caller.get(path).status_code for path in FOR_EVERYBODY} == dict.fromkeys(
        FOR_EVERYBODY, 200
    )


def test_staff_see_nothing_without_the_permission_to_look():
    nobody, stranger = staff(), Caller()
    paths = (*KINDS, *STAFF_ONLY, *FOR_EVERYBODY)
    assert {path: nobody.get(path).status_code for path in paths} == dict.fromkeys(paths, 403)
    assert {path: stranger.get(path).status_code for path in paths} == dict.fromkeys(paths, 401)
    looks = staff("billing.view_bill")
    assert (looks.get("bills").status_code, looks.get("charges").status_code) == (200, 403)


@pytest.mark.rule("Z3", "Z6")
def test_nested_addresses_and_figures_are_scoped_too(world):
    bill = {
        row["payer"]: row["id"]
        for row in boss().get("bills", {"page_size": 200, "month": "2024-05-01"}).json()["results"]
    }
    paths = {
        "M": [
            f"bills/{bill['M']}/lines",
            f"bills/{bill['M']}/owners",
            "accounts/M/funds",
            "accounts/M/runway",
        ],
        "G": [
            f"bills/{bill['G']}/lines",
            f"bills/{bill['G']}/owners",
            "accounts/G/funds",
            "accounts/G/runway",
        ],
        "T": ["accounts/T/funds", "accounts/T/runway", "accounts/T/terms"],
        "N": [f"bills/{bill['N']}/lines", "accounts/N/funds", "accounts/N/runway"],
    }
    found = {
        (name, whose): sorted({world.owners[name].get(path).status_code for path in wanted})
        for name in "MTGX"
        for whose, wanted in paths.items()
    }
    assert found == {
        ("M", "M"): [200],
        ("M", "G"): [200],
        ("M", "T"): [200, 404],  # the terms, not the funds
        ("M", "N"): [404],
        ("T", "M"): [404],
        ("T", "G"): [404],
        ("T", "T"): [200],
        ("T", "N"): [404],
        ("G", "M"): [404],
        ("G", "G"): [200],
        ("G", "T"): [404],
        ("G", "N"): [404],
        ("X", "M"): [404],
        ("X", "G"): [404],
        ("X", "T"): [404],
        ("X", "N"): [404],
    }


@pytest.mark.rule("Z3", "Z4")
def test_a_revoked_power_is_gone_with_the_next_request(world):
    master, link = world.owners["M"], world.links["G"]
    assert master.get("accounts/G/funds").status_code == 200
    grants.revoke(relationship=link, permission="view_finances", **said(now()))
    assert master.get("accounts/G/funds").status_code == 404
    assert sorted(set(numbers(master.get("bills"), "payer"))) == ["G", "M", "T", "U"]
    grants.revoke(relationship=link, permission="view_bills", **said(now()))
    assert sorted(set(numbers(master.get("bills"), "payer"))) == ["M", "T", "U"]
    assert master.get("accounts/G").status_code == 200  # still a member


@pytest.mark.rule("Z3")
def test_a_power_may_go_from_master_to_member(world):
    member = world.owners["N"]
    assert member.get("accounts/M/funds").status_code == 404
    for power in ("view_finances", "view_bills"):
        grants.grant(
            relationship=world.links["N"], permission=power, held_by="member", **said(now())
        )
    assert member.get("accounts/M/funds").status_code == 200
    assert sorted(set(numbers(member.get("bills"), "payer"))) == ["M", "N"]


@pytest.mark.rule("B4")
def test_showback_shows_a_member_what_it_used_and_no_bill(world, provider):
    member = world.owners["T"]
    before = set(numbers(member.get("charges"), "payer"))
    provider.policy(showback=True)
    assert (before, set(numbers(member.get("charges"), "payer"))) == ({"T"}, {"T", "M"})
    assert set(numbers(member.get("bills"), "payer")) == {"T"}


@pytest.mark.rule("Z6")
def test_a_person_says_for_which_of_their_accounts_they_act(world):
    user = person()
    user_of(world.accounts["M"], Role.VIEWER, user)
    user_of(world.accounts["X"], Role.VIEWER, user)
    assert Caller(user).get("accounts").json()["type"] == "/problems/account_missing"
    assert numbers(Caller(user, "M").get("accounts")) == ["G", "M", "N", "T", "U"]
    assert numbers(Caller(user, "X").get("accounts")) == ["X", "Y"]
    for account in ("T", "nowhere"):
        refused = Caller(user, account).get("accounts")
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not_your_account")


@pytest.mark.rule("Z6")
def test_whoever_is_dismissed_or_disabled_sees_nothing_more(world):
    caller = world.owners["M"]
    row = caller.user.account_users.get()
    people.dismiss(account_user=row, **said(now()))
    assert caller.get("bills").status_code == 403
    other = world.owners["X"]
    other.user.is_active = False
    other.user.save()
    assert other.get("bills").status_code == 401
