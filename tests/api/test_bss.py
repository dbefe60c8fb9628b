"""Relations by the names of Alibaba Cloud's BSS OpenAPI: as an existing script would call it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from finance_mgmt.api.bss.door import ACTIONS
from finance_mgmt.clock import now
from finance_mgmt.enums import End, Mode, Permission, Role
from finance_mgmt.models import Account, Approval, Decision, Grant, Relationship
from finance_mgmt.services import grants
from tests.api.door import Caller, boss, said, staff, user_of

pytestmark = pytest.mark.django_db

MASTER, MEMBER = "1738376485192612", "1512996702208737"
PAIR = {"ParentUserId": MASTER, "ChildUserId": MEMBER, "RelationType": "enterprise_group"}
SEE_BILLS, SEE_FUNDS = "CHECK_TARGET_CONSUMPTION", "CHECK_FINANCE_INFO"


class Script:
    """What a script has left of its client: the flat parameters, and our token for a signature."""

    def __init__(self, caller: Caller) -> None:
        self.caller, self.client = caller, Client(raise_request_exception=False)

    def send(self, action: str, method: str = "post", **parameters: Any) -> Any:
        flat = {"Action": action, "Version": "2017-12-14", "Format": "JSON", "SignatureNonce": "1"}
        for name, value in parameters.items():
            many = enumerate(value, 1) if isinstance(value, list) else ()
            flat |= {f"{name}.{n}": one for n, one in many} or {name: value}
        headers = {k: v for k, v in self.caller.headers.items()}
        if method == "get":
            return self.client.get("/api/bss/", flat, headers=headers)
        body = "&".join(f"{name}={value}" for name, value in flat.items())
        form = "application/x-www-form-urlencoded"
        return self.client.post("/api/bss/", body, content_type=form, headers=headers)

    def call(self, action: str, method: str = "post", **parameters: Any) -> Any:
        """Data of an answer that went well."""
        answer = self.send(action, method, **parameters)
        assert (answer.status_code, answer.json()["Success"]) == (200, True), answer.content
        return answer.json()["Data"]


def wrong(answer: Any) -> tuple[int, str, str]:
    found = answer.json()
    assert (found["Success"], found["Data"]) == (False, None)
    return answer.status_code, found["Code"], found["Message"]


@pytest.fixture
def ends(provider) -> tuple[Account, Account]:
    """Two legal persons: the member has to confirm."""
    return (
        provider.account(MASTER, identity="Master Ltd", cash_amount="100", credit_limit="500"),
        provider.account(MEMBER, identity="Member Ltd", cash_amount="20"),
    )


@pytest.fixture
def scripts(ends) -> tuple[Script, Script]:
    """One of the master's owner, one of the member's."""
    master, member = ends
    return Script(user_of(master)), Script(user_of(member))


def states(script: Script, number: str, *wanted: str) -> list[tuple[Any, ...]]:
    more = {"StatusList": list(wanted)} if wanted else {}
    found = script.call("QueryRelationList", "get", UserId=number, **more)
    assert (found["PageNum"], found["PageSize"]) == (1, 20)
    rows = found["FinancialRelationInfoList"]
    assert found["TotalCount"] == len(rows)
    return [
        (row["RelationId"], row["AccountId"], row["AccountType"], row["RelationType"], row["State"])
        for row in rows
    ]


def held() -> list[str]:
    rows = Grant.objects.filter(granted_until__isnull=True)
    return sorted(rows.values_list("permission", flat=True))


@pytest.mark.rule("L5", "L6", "L10", "Z1", "Z4")
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_script_walks_a_relation_from_its_invitation_to_its_end(scripts, method):
    master, member = scripts
    codes = [SEE_BILLS, SEE_FUNDS]
    asked = {**PAIR, "ChildNick": "labs", "PermissionCodes": codes, "RequestId": "request_id"}

    made = master.send("AddAccountRelation", method, **asked)
    link = Relationship.objects.get()
    assert made.json() == {
        "Code": "200",
        "Message": "Successful!",
        "RequestId": "request_id",
        "Success": True,
        "Data": {"HostId": "127.0.0.1", "RelationId": link.pk},
    }
    assert (made["X-Request-Id"], made["Cache-Control"]) == ("request_id", "no-store")
    assert master.call("AddAccountRelation", method, **asked) == made.json()["Data"]
    invited = states(member, MEMBER, "CONFIRMING")
    assert invited == [(link.pk, int(MASTER), "MASTER", "FinancialManagement", "CONFIRMING")]
    assert states(member, MEMBER) == []

    proposed = member.call("QueryPermissionList", method, RelationId=link.pk)
    found = sorted(one["PermissionCode"] for one in proposed["PermissionList"])
    assert (proposed["State"], found) == ("CONFIRMING", sorted(codes))
    agree = {"RelationId": link.pk, "ConfirmCode": "child_agree"}
    other = wrong(member.send("ConfirmRelation", method, **agree, PermissionCodes=[SEE_BILLS]))
    text = "Consent is to exactly the proposed powers. Ask for a new invitation to change them."
    assert other == (400, "NotApplicable", f"L5: {text}")
    for _ in range(2):
        told = member.call("ConfirmRelation", method, **agree, PermissionCodes=found)
        assert told == {"HostId": "127.0.0.1"}
    related = [(link.pk, int(MEMBER), "MEMBER", "FinancialManagement", "RELATED")]
    assert states(master, MASTER) == related

    more = {"RelationId": link.pk, "RelationOperation": "ADD"}
    credit = ["SYNCHRONIZE_FINANCE_IDENTITY", SEE_FUNDS]
    for _ in range(2):
        member.call("ModifyAccountRelation", method, **more, PermissionCodes=credit)
    assert held() == ["share_credit", "view_bills", "view_finances"]
    less = {**more, "RelationOperation": "DELETE", "PermissionCodes": [SEE_FUNDS]}
    for _ in range(2):
        master.call("ModifyAccountRelation", method, **less)
    assert held() == ["view_bills"]

    for _ in range(2):
        assert master.call("RelieveAccountRelation", method, **PAIR) == {"HostId": "127.0.0.1"}
    ended = master.call("GetAccountRelation", method, RelationId=link.pk)
    begun, over = ended.pop("StartTime"), ended.pop("EndTime")
    assert begun < over == ended.pop("GmtModified")
    assert ended == {
        "Id": link.pk,
        "ParentUserId": int(MASTER),
        "ChildUserId": int(MEMBER),
        "Type": "enterprise_group",
        "Status": "CONNECTION_CANCELED",
    }
    past = master.call("QueryPermissionList", method, RelationId=link.pk)["PermissionList"]
    assert (len(past), [one for one in past if one["EndTime"] is None]) == (3, [])
    assert (states(master, MASTER), Relationship.objects.count()) == ([], 1)
    assert set(Decision.objects.filter(verb="relationships.link").values_list("request_id")) == {
        ("request_id",)
    }


@pytest.mark.rule("L5", "L6")
def test_an_invitation_is_refused_or_taken_back_and_that_again_changes_nothing(scripts):
    master, member = scripts
    ways = [("child_disagree", member, "REJECTED")]
    ways += [("master_cancel", master, "CONNECTION_MASTER_CANCEL")]
    ways += [("主账号取消确认", master, "CONNECTION_MASTER_CANCEL")]
    found = []
    for code, script, _ in ways:
        link = master.call("AddAccountRelation", **PAIR)["RelationId"]
        other = member if script is master else master
        refused = wrong(other.send("ConfirmRelation", RelationId=link, ConfirmCode=code))
        assert refused[:2] == (400, "NotAuthorized")
        for _ in range(2):
            script.call("ConfirmRelation", RelationId=link, ConfirmCode=code)
        found.append((code, script, master.call("GetAccountRelation", RelationId=link)["Status"]))
    assert found == ways
    assert len({row[0] for row in states(master, MASTER, *{way[2] for way in ways})}) == 3


@pytest.mark.rule("L2", "L3", "L12")
def test_trusteeship_is_a_role_and_a_refusal_names_every_rule(provider, ends):
    script = Script(boss())
    trust = {**PAIR, "RoleCodes": ["trusteeship"]}
    refused = script.send("AddAccountRelation", **trust)
    rest = (
        boss()
        .post("relationships", {"master": MASTER, "member": MEMBER, "mode": "trusteeship"})
        .json()["errors"]
    )
    status, code, message = wrong(refused)
    assert (status, code) == (400, "NotApplicable")
    assert message == " ".join(f"{one['rule']}: {one['detail']}" for one in rest)
    assert refused.json()["Reasons"] == [
        {"Rule": one["rule"], "Code": one["code"], "Message": one["detail"]} for one in rest
    ]
    twin = provider.account("9", identity="Master Ltd", cash_amount="1")
    product = provider.product("vm", unit_price="0.5")
    provider.use(twin, product, "2", now() - timedelta(hours=1), resource="vm")
    trust["ChildUserId"] = "9"
    assert [
        one["Code"] for one in script.send("AddAccountRelation", **trust).json()["Reasons"]
    ] == ["notice_not_acknowledged"]
    link = script.call("AddAccountRelation", **trust, HasAcknowledged="true")["RelationId"]
    row = script.call("QueryRelationList", UserId="9")["FinancialRelationInfoList"]
    assert [(one["RelationId"], one["RelationType"], one["State"]) for one in row] == [
        (link, "FinancialTrusteeship", "RELATED")
    ]


@pytest.mark.rule("Z7")
def test_an_end_that_needs_a_second_person_waits_and_is_asked_for_once(provider, scripts):
    master, member = scripts
    link = master.call("AddAccountRelation", **PAIR)["RelationId"]
    member.call("ConfirmRelation", RelationId=link, ConfirmCode="child_agree")
    provider.policy(four_eyes_above="0")
    answers = [master.send("RelieveAccountRelation", RelationId=link).json() for _ in range(2)]
    waiting = Approval.objects.get()
    assert [(one["Code"], one["Success"], one["Data"]["ApprovalId"]) for one in answers] == [
        ("202", True, waiting.pk)
    ] * 2
    assert [row[4] for row in states(master, MASTER)] == ["CHANGE_CONFIRMING"]
    assert [row[4] for row in states(member, MEMBER)] == ["RELATED"]


@pytest.mark.rule("Z6")
def test_what_can_not_be_read_is_said_in_their_codes(scripts):
    master, member = scripts
    link = master.call("AddAccountRelation", **PAIR)["RelationId"]
    said = {
        ("AddAccountRelations",): (404, "InvalidAction.NotFound"),
        ("AddAccountRelation", ("Version", "2014-05-26")): (400, "InvalidVersion"),
        ("AddAccountRelation", ("Format", "XML")): (400, "InvalidParameter"),
        ("AddAccountRelation", ("RelationType", "family")): (400, "InvalidParameter"),
        ("AddAccountRelation", ("ParentUserId", MASTER)): (400, "MissingParameter"),
        ("GetAccountRelation",): (400, "MissingParameter"),
        ("GetAccountRelation", ("RelationId", "0")): (400, "InvalidParameter"),
        ("GetAccountRelation", ("RelationId", "x")): (400, "InvalidParameter"),
        ("GetAccountRelation", ("RelationId", str(link + 1))): (400, "InvalidParameter"),
        ("GetAccountRelation", ("Relation", str(link))): (400, "InvalidParameter"),
        ("QueryRelationList", ("UserId", "nobody")): (400, "InvalidParameter"),
        ("RelieveAccountRelation", ("ParentUserId", MASTER)): (400, "MissingParameter"),
        ("RelieveAccountRelation", ("RelationId", str(link))): (400, "NotApplicable"),
        ("ConfirmRelation", ("RelationId", str(link))): (400, "MissingParameter"),
        ("ModifyAccountRelation", ("RelationOperation", "ADD")): (400, "MissingParameter"),
    }
    found = {
        (action, *more): wrong(master.send(action, **dict(more)))[:2] for action, *more in said
    }
    assert found == said
    unknown = master.send("GetAccountRelation", RelationId=link, RelatonId=link)
    assert wrong(unknown)[2] == "Unknown parameters: RelatonId (did you mean RelationId?)."
    code = master.send("AddAccountRelation", **PAIR, PermissionCodes=["CHECK_FINANCE"])
    assert wrong(code)[2].endswith("Not: CHECK_FINANCE (did you mean CHECK_FINANCE_INFO?).")
    other = {**PAIR, "ParentUserId": MEMBER, "ChildUserId": MASTER}
    assert wrong(master.send("AddAccountRelation", **other))[1:] == (
        "InvalidParameter",
        "ParentUserId: There is no such account.",
    )
    put = Client().put("/api/bss/?Action=QueryRelationList", headers=master.caller.headers)
    assert (put.status_code, put.json()["Code"]) == (405, "UnsupportedHTTPMethod")


def test_a_token_signs_in_and_a_cookie_does_not(scripts, ends):
    master, _ = scripts
    nobody = Script(Caller())
    assert wrong(nobody.send("QueryRelationList", UserId=MASTER))[:2] == (
        401,
        "InvalidAccessKeyId.NotFound",
    )
    browser = Client()
    browser.force_login(master.caller.user)
    query = {"Action": "QueryRelationList", "Version": "2017-12-14", "UserId": MASTER}
    assert browser.get("/api/bss", query).status_code == 401
    newer = {"x-acs-action": "QueryRelationList", "x-acs-version": "2017-12-14"}
    headers = {**master.caller.headers, **newer}
    assert Client().get("/api/bss", {"UserId": MASTER}, headers=headers).status_code == 200


# Who may: the permission that staff need, the roles at the master's end and at the member's.
OWNERS, ANYBODY = (Role.OWNER,), tuple(Role)
MATRIX = {
    "AddAccountRelation": ("link", OWNERS, ()),
    "ConfirmRelation": ("link", (), OWNERS),
    "ModifyAccountRelation": ("grant", (), OWNERS),
    "RelieveAccountRelation": ("end", OWNERS, ()),
    "GetAccountRelation": ("finance_mgmt.view_relationship", ANYBODY, ANYBODY),
    "QueryRelationList": ("finance_mgmt.view_relationship", ANYBODY, ANYBODY),
    "QueryPermissionList": ("finance_mgmt.view_grant", ANYBODY, ANYBODY),
}


@pytest.mark.rule("Z4", "Z6")
def test_only_whom_the_matrix_names_gets_through(provider, ends):
    master, member = ends
    stranger = provider.account("7", identity="Other Ltd")
    link = provider.link(master, member, now() - timedelta(days=1), mode=Mode.MANAGEMENT)
    provider.account("8", identity="Other Ltd")
    one = {"RelationId": link.pk}
    calls = {
        "AddAccountRelation": {**PAIR, "ChildUserId": "8"},
        "ConfirmRelation": {**one, "ConfirmCode": "child_agree"},
        "ModifyAccountRelation": {
            **one,
            "RelationOperation": "ADD",
            "PermissionCodes": [SEE_BILLS],
        },
        "RelieveAccountRelation": one,
        "GetAccountRelation": one,
        "QueryRelationList": {"UserId": MASTER},
        "QueryPermissionList": one,
    }
    assert set(MATRIX) == set(calls) == set(ACTIONS)

    def through(caller: Caller, action: str) -> bool:
        with transaction.atomic():
            answer = Script(caller).send(action, **calls[action]).json()
            transaction.set_rollback(True)
        return answer["Code"] not in ("NotAuthorized", "InvalidParameter")

    people = {(end.number, role): user_of(end, role) for end in (master, member) for role in Role}
    outside, nobody = user_of(stranger), staff()
    found = {}
    for action, (permission, *_) in MATRIX.items():
        calls["QueryRelationList"] = {"UserId": MASTER}
        by_master = tuple(r for r in Role if through(people[MASTER, r], action))
        calls["QueryRelationList"] = {"UserId": MEMBER}
        by_member = tuple(r for r in Role if through(people[MEMBER, r], action))
        assert not through(outside, action), action
        assert not through(nobody, action), action
        assert through(staff(permission), action), action
        found[action] = (permission, by_master, by_member)
    assert found == MATRIX


@pytest.mark.rule("F11")
def test_a_key_of_ones_own_replays_the_first_answer(scripts):
    master, member = scripts
    master.caller.headers["Idempotency-Key"] = "once"
    answers = [master.send("AddAccountRelation", **PAIR) for _ in range(2)]
    assert answers[0].json()["Data"] == answers[1].json()["Data"]
    assert [one.headers.get("Idempotency-Replayed") for one in answers] == [None, "true"]
    other = master.send("AddAccountRelation", **PAIR, PermissionCodes=[SEE_BILLS])
    assert wrong(other)[:2] == (400, "InvalidParameter")
    assert Relationship.objects.count() == 1


def test_pages_of_relations(provider, ends):
    master, _ = ends
    script = Script(boss())
    for number in range(3):
        provider.account(f"10{number}", identity="Member Ltd")
        script.call("AddAccountRelation", **{**PAIR, "ChildUserId": f"10{number}"})
    pages = [
        script.call(
            "QueryRelationList", UserId=MASTER, PageNum=n, PageSize=2, StatusList=["CONFIRMING"]
        )
        for n in (1, 2, 3)
    ]
    assert [
        (page["TotalCount"], [row["AccountId"] for row in page["FinancialRelationInfoList"]])
        for page in pages
    ] == [(3, [102, 101]), (3, [100]), (3, [])]


@pytest.mark.rule("Z3")
def test_powers_of_the_member_are_not_told_among_the_masters(scripts):
    master, member = scripts
    link = master.call("AddAccountRelation", **PAIR)["RelationId"]
    member.call("ConfirmRelation", RelationId=link, ConfirmCode="child_agree")
    grants.grant(
        relationship=Relationship.objects.get(),
        permission=Permission.VIEW_BILLS,
        held_by=End.MEMBER,
        **said(now()),
    )
    found = master.call("QueryPermissionList", RelationId=link)
    assert (found["MasterId"], found["MemberId"], found["PermissionList"]) == (
        int(MASTER),
        int(MEMBER),
        [],
    )


@pytest.mark.rule("L5", "L6")
def test_an_invitation_that_nobody_answered_is_over_before_a_job_says_so(provider, ends):
    master, member = ends
    link = provider.link(master, member, now() - timedelta(days=30), mode=Mode.MANAGEMENT)
    script, over = Script(boss()), "CONNECTION_MASTER_CANCEL"
    assert (link.state, states(script, MASTER, "CONFIRMING", "RELATED")) == ("invited", [])
    assert states(script, MASTER, over) == [
        (link.pk, int(MEMBER), "MEMBER", "FinancialManagement", over)
    ]
