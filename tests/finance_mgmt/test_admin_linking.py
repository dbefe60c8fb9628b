"""The wizard that links members, and every command of a relationship."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Permission, RelationshipState
from finance_mgmt.models import Account, Cap, Grant, Relationship
from tests.finance_mgmt.admin_door import door, everything, page_url, panel, rows, text
from tests.finance_mgmt.command_door import address, confirm, decided, preview, reasons

pytestmark = pytest.mark.django_db

VIEW = ("finance_mgmt.view_relationship", "finance_mgmt.view_account")


def wizard() -> str:
    return reverse("admin:finance_mgmt_relationship_link")


def ends(master, member, mode=Mode.TRUSTEESHIP, **more) -> dict:
    return {"master": master.pk, "member": member.pk, "mode": mode, **more}


@pytest.fixture
def pair(provider):
    return provider.account("M", credit_limit="500"), provider.account("T", cash_amount="20")


@pytest.fixture
def managed(provider, pair):
    powers = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)
    return provider.link(*pair, mode=Mode.MANAGEMENT, grants=powers)


def states() -> list[str]:
    return [str(link.state) for link in Relationship.objects.order_by("id")]


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_a_stranger_signs_in_first():
    answer = Client().get(wizard())
    assert (answer.status_code, answer.url) == (302, f"/admin/login/?next={wizard()}")


def test_the_form_begins_with_the_rules_of_linking():
    intro = str(everything().get(wizard()).context["intro"])
    assert [rule in intro for rule in ("(L1)", "(L2)", "(L3)", "(L4)", "(L5)")] == [True] * 5


def test_who_may_only_look_may_not_link(pair):
    browser = door(*VIEW)
    assert browser.get(wizard()).status_code == 403
    assert confirm(browser, wizard(), **ends(*pair)).status_code == 403
    assert states() == []


def test_the_button_is_for_who_may(pair):
    for browser, shown in ((door(*VIEW), 0), (door(*VIEW, "finance_mgmt.link"), 1)):
        listed = browser.get("/admin/finance_mgmt/relationship/").content.decode()
        assert listed.count(wizard()) == 2 * shown  # above the list, and as what to do first
        of_account = browser.get(page_url(pair[0])).content.decode()
        assert of_account.count(f"{wizard()}?master={pair[0].pk}") == shown


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"master": "x"}, "master"),
        ({"member": 10**9}, "member"),
        ({"mode": "friendship"}, "mode"),
        ({"grants": ["everything"]}, "grants"),
        ({"effective_at_0": "soon", "effective_at_1": ""}, "effective_at"),
        ({"key": ""}, "key"),
    ],
)
def test_what_is_malformed_is_marked_and_nothing_happens(wrong, field, pair):
    for step in (preview, confirm):
        answer = step(everything(), wizard(), **{**ends(*pair), **wrong})
        assert list(answer.context["form"].errors) == [field]
    assert states() == []


@pytest.mark.rule("L12", "L2", "L1")
def test_a_refusal_shows_every_reason_with_rule_fact_and_who_mends(provider):
    master = provider.account("M")
    member = provider.account("T", identity="Other Ltd", channel="reseller")
    provider.link(provider.account("X", credit_limit="9"), provider.account("Y"))
    answer = preview(everything(), wizard(), **ends(master, member))
    assert reasons(answer) == [
        ("L2", "identities_differ"),
        ("L2", "member_is_reseller"),
        ("L2", "master_has_no_credit_line"),
    ]
    shown = [
        (text(one.message), text(one.facts), one.mend)
        for one in answer.context["reasons"]["reasons"]
    ]
    assert shown[2] == (
        "M has no credit line. Ask the provider for one: members use credit.",
        "Master M",
        "the provider's finance staff",
    )
    assert states() == ["active"]


@pytest.mark.rule("L12")
def test_the_preview_shows_the_terms_before_and_after_and_changes_nothing(pair):
    answer = preview(everything(), wizard(), **ends(*pair))
    assert answer.context["is_preview"]
    terms = rows(panel(answer.context["panels"], "Terms"))
    assert [[row[1], row[2], row[3]] for row in terms][:3] == [
        ["Payer", "itself", "M"],
        ["Money, in order", "itself vouchers › cash › credit", "M vouchers › credit"],
        ["Discounts of", "itself", "M"],
    ]
    assert [row[1] for row in terms][-5:] == [
        "Invoice issued by",
        "Warnings to",
        "Suspended and resumed by funds of",
        "Price override",
        "Own credit line",
    ]
    assert (states(), decided("relationships.link")) == ([], 0)


@pytest.mark.rule("L12", "C1")
def test_the_preview_names_the_first_period_of_the_new_payer(provider, pair):
    product = provider.product("vm", cycle="day")
    provider.use(pair[1], product, "1", now() - timedelta(hours=1))
    answer = preview(everything(), wizard(), **ends(*pair), has_acknowledged="on")
    cut = rows(panel(answer.context["panels"], "Cut-over"))
    tomorrow = timezone.localtime(now(), provider.zone()).date() + timedelta(days=1)
    assert cut == [["day", f"{tomorrow} 00:00"]]


@pytest.mark.rule("F11")
def test_confirming_twice_links_once(pair):
    browser = everything()
    first, second = (confirm(browser, wizard(), **ends(*pair)) for _click in range(2))
    link = Relationship.objects.get()
    assert (link.state, link.mode) == (RelationshipState.ACTIVE, Mode.TRUSTEESHIP)
    assert (first.status_code, first.url, second.url) == (302, page_url(link), page_url(link))
    assert decided("relationships.link") == 1
    assert link.decision.by.startswith("root-")


@pytest.mark.rule("F11")
def test_the_key_of_one_person_is_not_the_key_of_another(provider, pair):
    other = provider.account("U")
    assert confirm(everything(), wizard(), **ends(*pair)).status_code == 302
    assert confirm(everything(), wizard(), **ends(pair[0], other)).status_code == 302
    assert states() == ["active", "active"]


def test_the_same_key_for_something_else_is_refused(provider, pair):
    browser, other = everything(), provider.account("U")
    confirm(browser, wizard(), **ends(*pair))
    assert reasons(confirm(browser, wizard(), **ends(pair[0], other))) == [("F11", "key_reused")]
    assert states() == ["active"]


@pytest.mark.rule("L5")
def test_another_identity_makes_an_invitation_and_the_preview_says_so(provider, pair):
    stranger = provider.account("S", identity="Other Ltd")
    values = ends(pair[0], stranger, Mode.MANAGEMENT, grants=["view_finances"])
    browser = everything()
    shown = preview(browser, wizard(), **values).context["panels"]
    assert text(shown[0].context["title"]) == "The member must consent."
    answer = confirm(browser, wizard(), **values)
    assert said(answer) == ["The member is invited and must confirm."]
    link = Relationship.objects.get()
    assert (link.state, link.proposed_grants) == ("invited", ["view_finances"])


@pytest.mark.rule("L9")
def test_a_date_in_the_future_schedules_it(provider, pair):
    day = f"{timezone.localtime(now(), provider.zone()) + timedelta(days=9):%Y-%m-%d}"
    values = ends(*pair, effective_at_0=day, effective_at_1="00:00")
    browser = everything()
    shown = preview(browser, wizard(), **values).context["panels"]
    assert text(shown[0].context["title"]) == f"It takes effect at {day} 00:00."
    confirm(browser, wizard(), **values)
    assert states() == ["scheduled"]


def test_going_back_keeps_what_was_filled_in(pair):
    answer = everything().post(wizard(), {"key": "k", "step": "edit", **ends(*pair)})
    assert (answer.context["form"]["mode"].value(), answer.context.get("is_preview")) == (
        Mode.TRUSTEESHIP,
        None,
    )


COMMANDS = {
    "confirm": "link",
    "decline": "link",
    "cancel-invitation": "link",
    "cancel-change": "link",
    "grant": "grant",
    "revoke": "grant",
    "cap": "set_cap",
    "upgrade": "upgrade",
    "move": "move",
    "end": "end",
}


@pytest.mark.rule("Z6")
@pytest.mark.parametrize(("name", "permission"), COMMANDS.items())
def test_each_command_needs_its_own_permission(name, permission, managed):
    url = address(managed, name)
    answers = (
        Client().get(url).status_code,
        door().get(url).status_code,
        door(*VIEW).get(url).status_code,
        door(f"finance_mgmt.{permission}").get(url).status_code,  # may not even look
        door(*VIEW, f"finance_mgmt.{permission}").get(url).status_code,
    )
    assert answers == (302, 403, 403, 403, 200)


def test_an_unknown_command_or_row_is_not_found(managed):
    assert everything().get(address(managed, "nonsense")).status_code == 404
    gone = address(managed, "end").replace(f"/{managed.pk}/", "/999999/")
    assert everything().get(gone).status_code == 404


@pytest.mark.parametrize(
    ("name", "state"),
    [("confirm", "active"), ("decline", "declined"), ("cancel-invitation", "cancelled")],
)
def test_an_invitation_is_answered_once(name, state, provider, pair):
    stranger = provider.account("S", identity="Other Ltd")
    link = provider.link(pair[0], stranger, now(), mode=Mode.MANAGEMENT)
    browser, url = everything(), address(link, name)
    assert preview(browser, url).context["is_preview"]
    assert states() == ["invited"]
    for _click in range(2):
        assert confirm(browser, url).status_code == 302
    assert states() == [state]
    assert reasons(confirm(browser, url, key="again")) == [("L5", "not_invited")]


@pytest.mark.rule("L7")
def test_an_upgrade_is_refused_then_made(provider, pair):
    link = provider.link(*pair, mode=Mode.MANAGEMENT)
    provider.product("vm")
    browser, url = everything(), address(link, "upgrade")
    product = provider.product("db", cycle="month")
    provider.use(pair[1], product, "1", now() - timedelta(minutes=1))
    assert reasons(preview(browser, url)) == [("L3", "notice_not_acknowledged")]
    assert confirm(browser, url, has_acknowledged="on").status_code == 302
    link.refresh_from_db()
    assert link.mode == Mode.TRUSTEESHIP


@pytest.mark.rule("L8")
def test_a_move_shows_all_three_and_is_made_once(provider, pair):
    link, other = provider.link(*pair), provider.account("N", credit_limit="5")
    browser, url = everything(), address(link, "move")
    terms = rows(panel(preview(browser, url, master=other.pk).context["panels"], "Terms"))
    assert terms[0][:4] == ["T T", "Payer", "M", "N"]
    for _click in range(2):
        assert confirm(browser, url, master=other.pk).status_code == 302
    assert states() == ["ended", "active"]


@pytest.mark.rule("L10", "L9")
def test_an_end_can_be_planned_and_taken_back(provider, managed):
    browser = everything()
    day = f"{timezone.localtime(now(), provider.zone()) + timedelta(days=3):%Y-%m-%d}"
    later = {"effective_at_0": day, "effective_at_1": "00:00"}
    assert confirm(browser, address(managed, "end"), **later).status_code == 302
    assert states() == ["change_pending"]
    assert confirm(browser, address(managed, "cancel-change"), key="k2").status_code == 302
    assert states() == ["active"]
    assert confirm(browser, address(managed, "end"), key="k3").status_code == 302
    assert states() == ["ended"]


@pytest.mark.rule("Z2", "Z4")
def test_powers_are_granted_and_revoked(managed):
    browser = everything()
    missing = preview(
        browser, address(managed, "grant"), permission="manage_invoices", held_by="master"
    )
    assert reasons(missing) == [("Z2", "dependency_missing")]
    values = {"permission": "view_bills", "held_by": "member"}
    for _click in range(2):
        assert confirm(browser, address(managed, "grant"), **values).status_code == 302
    assert Grant.objects.filter(permission="view_bills", held_by="member").count() == 1
    confirm(
        browser, address(managed, "revoke"), key="r", permission="view_finances", held_by="master"
    )
    left = Grant.objects.filter(granted_until=None).values_list("permission", flat=True)
    assert list(left) == ["view_bills"]


@pytest.mark.rule("F12")
def test_a_cap_is_set_for_a_trusteeship_member(provider, pair):
    link = provider.link(*pair)
    browser, url = everything(), address(link, "cap")
    wrong = preview(browser, url, amount="1,00")
    assert list(wrong.context["form"].errors) == ["amount"]
    for _click in range(2):
        assert confirm(browser, url, amount="1,000.50", is_hard="on").status_code == 302
    assert [(str(cap.amount), cap.is_hard) for cap in Cap.objects.all()] == [("1000.500", True)]
    assert browser.get(url).context["form"].initial["amount"] == "1000.5"


def test_the_buttons_follow_the_state(provider, pair, managed):
    def labels(link) -> list[str]:
        return [str(one.label) for one in everything().get(page_url(link)).context["commands"]]

    assert labels(managed) == [
        "Grant a power",
        "Revoke a power",
        "Upgrade to trusteeship",
        "Move to another master",
        "End the relationship",
        "Unified settlement",
        "What if?",
    ]
    provider.end(managed, now())
    assert labels(managed) == ["What if?"]
    assert labels(provider.link(*pair, now())) == [
        "Cap the member",
        "Move to another master",
        "End the relationship",
        "What if?",
    ]


def test_the_wizard_asks_a_fixed_number_of_questions(provider, pair):
    browser = everything()
    counted = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            browser.get(wizard())
        counted.append(len(queries))
        for number in range(3):
            provider.account(f"more-{_round}-{number}")
    assert counted[0] == counted[1]
    assert Account.objects.count() == 8
