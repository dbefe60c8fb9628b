"""Each rule in one line, for who meets its id on a page: those of docs/rules.md, as a test asks."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as lazy

RULES = {
    "L1": lazy(
        "One master at a time per member, no chains, nobody linked to itself; overlaps "
        "are refused by the database too."
    ),
    "L2": lazy("Who may be linked in which mode: identity, channel, credit line, currency."),
    "L3": lazy(
        "Funds and acknowledgement that a trusteeship needs, with and without an open cycle."
    ),
    "L4": lazy(
        "A member comes clean: no unpaid orders, no bill past due, no other open invitation."
    ),
    "L5": lazy(
        "The master proposes, the member consents to exactly that; same identity may "
        "confirm itself."
    ),
    "L6": lazy("The states of a relationship and the steps between them."),
    "L7": lazy("Management may be upgraded to trusteeship in place, never the reverse."),
    "L8": lazy("A member moves from one master to another at one instant, without a gap."),
    "L9": lazy(
        "Link, upgrade, end and move may be dated ahead; checked when made and when "
        "they take effect."
    ),
    "L10": lazy("What must be in order before a relationship ends."),
    "L11": lazy("Identity, channel and currency stand still while linked."),
    "L12": lazy(
        "A refusal names every failing condition at once; a preview answers the same "
        "and changes nothing."
    ),
    "L13": lazy("In trusteeship the member's own credit line sleeps: old debt only."),
    "L14": lazy("A master or staff may open a member account that is linked from the start."),
    "C1": lazy(
        "Payer, price, discount and validity of a charge are those of the start of its "
        "charge period."
    ),
    "C2": lazy("A prepaid order follows the terms at the instant it is paid."),
    "C3": lazy(
        "A relationship that begins exactly at a boundary begins with the cycle that starts there."
    ),
    "C4": lazy(
        "A cycle closes at its end plus the delay; what comes later is a charge of its "
        "own in the open month."
    ),
    "C5": lazy("Cycles are cut in the provider's time zone and stored as half-open UTC intervals."),
    "C6": lazy("The month of a charge is the one that holds the last instant of its period."),
    "F1": lazy(
        "What an account has and owes: cash, line, allocated, used, unsettled in two parts."
    ),
    "F2": lazy("Effective limit; a frozen own line counts only as far as old debt reaches."),
    "F3": lazy("Available = cash + effective limit - used - unsettled."),
    "F4": lazy("Headroom for members' orders: credit only, never the master's cash."),
    "F5": lazy("Orders never pass the limit; metered usage may, and the overshoot is shown."),
    "F6": lazy("How much credit may be allocated, reclaimed or cut by the provider."),
    "F7": lazy(
        "How much cash may be transferred, withdrawn, taken back; transferred-in money "
        "is only spent."
    ),
    "F8": lazy("No allocation and no transfer in trusteeship."),
    "F9": lazy("forbid_withdrawal keeps the member's cash in."),
    "F10": lazy(
        "Every movement is an append-only row with two sides; figures can be "
        "recomputed from the rows."
    ),
    "F11": lazy("A repeated key gives the first result; with other facts it is refused."),
    "F12": lazy("Optional cap per trusteeship member: soft warns, hard refuses."),
    "O1": lazy(
        "Kinds and states of prepaid orders; one that can't be paid at once leaves nothing behind."
    ),
    "O2": lazy(
        "A trusteeship member's order draws the master's vouchers, then the master's credit."
    ),
    "O3": lazy("Staff may override the price of unpaid orders, never of a trusteeship member's."),
    "O4": lazy("Refunds go back to who paid, credit first, at most the unused part."),
    "R1": lazy("States of a resource; prepaid ones know until when they are paid."),
    "R2": lazy("A begin, move or end of trusteeship takes the refund value of prepaid time."),
    "R3": lazy(
        "Available funds of the account that decides suspend and resume postpaid resources."
    ),
    "D1": lazy("The one best discount by scope and validity applies; they don't stack."),
    "D2": lazy("Whose discounts count; flagged families keep the user's own."),
    "P1": lazy("Prices are dated; tiers count per owner, product and month."),
    "V1": lazy("What a voucher is: face value, exact rest, scope, minimum spend, validity."),
    "V2": lazy("In which order vouchers are used; several may pay one charge."),
    "V3": lazy("With whom a voucher is shared."),
    "V4": lazy("A trusteeship member's own vouchers sleep, but for its own charges."),
    "V5": lazy("Coupons never cross accounts."),
    "K1": lazy("Reserved instances, capacity units and savings plans, and what they cover."),
    "K2": lazy("The owner chooses per commitment whether its trusteeship members share it."),
    "K3": lazy("Own usage is covered first, then members in order; what was covered is recorded."),
    "K4": lazy("list - covered - discount - voucher = payable, in this order."),
    "B1": lazy(
        "One charge per owner, product, resource and period, one per late record; it "
        "explains itself."
    ),
    "B2": lazy("Each record in one charge, each charge on one bill, a closed bill never changes."),
    "B3": lazy(
        "Exact lines; a bill is cut to the minor unit in the customer's favour, the rest shown."
    ),
    "B4": lazy(
        "In trusteeship all is on the master's bill, naming the member; the member "
        "gets none for it."
    ),
    "B5": lazy(
        "When a bill is issued, what it draws from cash and credit, and what becomes "
        "of a negative one."
    ),
    "S1": lazy("Settling pays outstanding credit from cash, oldest due first."),
    "S2": lazy("Unified settlement: the master's cash pays a management member's bills."),
    "S3": lazy("A bill past due is arrears and stops new orders."),
    "I1": lazy("Only consumption on issued bills is invoiced, once, less refunds."),
    "I2": lazy("Trusteeship: invoiced to the master under its title, members combined."),
    "I3": lazy(
        "forbid_invoicing: only the master invoices, one member at a time, under the "
        "member's title."
    ),
    "I4": lazy("manage_invoices: the master may issue for the member as well."),
    "I5": lazy("Whole charges only; arrears stay covered by charges not yet invoiced."),
    "I6": lazy("Gapless numbers, never edited, corrected by credit notes."),
    "I7": lazy("Tax is included, dated by product and jurisdiction, split out on the invoice."),
    "W1": lazy("Low-funds and spending warnings judge the running figures."),
    "W2": lazy("In trusteeship the master is warned on its figures, the member never."),
    "W3": lazy("One notice per crossing, armed again on recovery or with the month."),
    "W4": lazy("A notice is a row first, then mail and webhook."),
    "W5": lazy("With view_finances the master sets a management member's thresholds."),
    "Z1": lazy("The single powers and the provider's codes for them."),
    "Z2": lazy("Which power needs which other one."),
    "Z3": lazy("Which powers may go in which direction."),
    "Z4": lazy("Adding a power needs consent, giving one up never does."),
    "Z5": lazy("Trusteeship itself lets the master see and manage."),
    "Z6": lazy("Who acts for an account and what they see."),
    "Z7": lazy("Four eyes above an amount."),
    "Z8": lazy("Every decision is on a trail that can't be altered."),
}


def said(rule_id: str) -> Any:
    """The rule in words; nothing where it is none."""
    return RULES.get(rule_id, "")


def chip(rule_id: str) -> SafeString:
    """The id of a rule: it says the rule when pointed at, and leads to all of them."""
    if rule_id not in RULES:
        return label(rule_id)
    where = f"{reverse('admin:rules')}#{rule_id}"
    link = '<a class="bo-rule" href="{}" title="{}">{}</a>'
    return format_html(link, where, said(rule_id), rule_id)


def label(rule_id: str) -> SafeString:
    """The same where it can't be a link: within another one."""
    return format_html('<span class="bo-rule" title="{}">{}</span>', said(rule_id), rule_id)
