"""Working by keyboard alone: nothing traps the focus, all of it is seen, the sidebar is skipped."""

import pytest
from django.urls import reverse

from finance_mgmt.models import Account
from tests.finance_mgmt.admin_door import list_url, page_url
from tests.provider import at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_STOPS = 200
# Where the focus is, and whether it is seen: on the element, or on the box that holds it.
FOCUS = """() => {
  const now = document.activeElement;
  if (!now || now === document.body) return null;
  const boxes = [now];
  while (boxes.length < 6 && boxes.at(-1).parentElement) boxes.push(boxes.at(-1).parentElement);
  const isSeen = boxes.some((box) => {
    const style = getComputedStyle(box);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  });
  return {
    what: `${now.tagName} ${now.id} ${(now.innerText || now.name || "").trim().slice(0, 30)}`,
    isSeen,
    isInPage: document.querySelector("#content").contains(now),
  };
}"""


def stops(page) -> list[dict]:
    """Every stop of the Tab key, until it leaves the page."""
    found = []
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None:
            return found
        found.append(focus)
    raise AssertionError(f"trapped at {found[-1]['what']}")


def test_every_stop_is_seen_and_none_is_a_trap(page, provider):
    account = provider.account("M", cash_amount="5")
    provider.use(account, provider.product("compute"), "7", at("2024-05-10 14:20"))
    for address in (
        "/admin/",
        list_url(Account),
        page_url(account),
        reverse("admin:billing_voucher_issue"),
    ):
        page.goto(address)
        found = stops(page)
        assert [one["what"] for one in found if not one["isSeen"]] == [], address
        assert len(found) > 20


def test_the_first_stop_leads_past_the_sidebar(page, tongue):
    page.goto("/admin/")
    page.keyboard.press("Tab")
    said = "Skip to the content" if tongue == "en" else "跳到正文"
    assert page.evaluate("document.activeElement.innerText") == said
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["isInPage"]
