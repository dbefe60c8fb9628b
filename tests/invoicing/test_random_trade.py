"""Everything at random: the trading machine with invitations, powers, vouchers and invoices.

`MACHINE_SEED=n` repeats a run, `MACHINE_EXAMPLES=n` and `MACHINE_STEPS=n` make it longer; without
them it is the same short story every time.
"""

import os
from datetime import date, timedelta
from decimal import Decimal

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from billing.models import Charge, Commitment, Family, Resource, Voucher, VoucherDraw
from billing.services import commitments, vouchers
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import Relationship
from finance_mgmt.services import caps, cash, credit, effects, grants, relationships
from invoicing.models import Invoice
from tests.billing.trading import SHARING, Trading, account, master, maybe, member, pick
from tests.invoicing import oracles

SEED = 20240529
STEPPED = ("0.5", [("5", "0.3"), ("20", "0.1")])
scope = st.sampled_from([None, None, "hour", "vm", "storage", "sms"])
hours = st.sampled_from([None, None, 1, 30])


class Business(Trading):
    """All that a provider's customers and staff do."""

    def __init__(self) -> None:
        super().__init__()
        self.seen_charge = self.seen_draw = 0
        self.is_reviewed = False

    @initialize(rate=st.sampled_from([None, "0.13"]), asks_consent=maybe)
    def open_office(self, rate, asks_consent):
        self.shop.policy(auto_confirm_same_identity=not asks_consent)
        if rate:
            self.shop.tax(rate)

    def attempt(self, command):
        self.is_reviewed = False
        return super().attempt(command)

    def jobs(self) -> None:
        super().jobs()
        relationships.expire(by="job", at=self.now)
        self.shop.review(self.now)
        self.is_reviewed = True

    # -- Links and powers --------------------------------------------------------------------------

    @rule(is_asked=maybe)
    def ask_for_consent(self, is_asked):
        self.attempt(lambda: self.shop.policy(auto_confirm_same_identity=not is_asked))

    @rule(chosen=pick, answer=st.sampled_from(["confirm", "confirm", "decline", "cancel"]))
    def answer(self, chosen, answer):
        link = self.one_of(Relationship.objects.filter(state="invited"), chosen)
        if link is None:
            return
        words = {
            "confirm": relationships.confirm,
            "decline": relationships.decline,
            "cancel": relationships.cancel_invitation,
        }
        self.attempt(lambda: words[answer](relationship=link, **self.shop.said(self.now)))

    @rule(giver=master, taker=member, mode=st.sampled_from(list(Mode)))
    def invite_and_confirm(self, giver, taker, mode):
        self.attempt(lambda: self.shop.link(self.of(giver), self.of(taker), self.now, mode=mode))
        self.answer(-1, "confirm")

    @rule(chosen=pick)
    def take_a_planned_change_back(self, chosen):
        waiting = Relationship.objects.filter(state__in=["scheduled", "change_pending"])
        if link := self.one_of(waiting, chosen):
            said = self.shop.said(self.now)
            self.attempt(lambda: effects.cancel(relationship=link, **said))

    @rule(chosen=pick, power=st.sampled_from(list(Permission)), is_given=maybe)
    def power(self, chosen, power, is_given):
        if link := self.one_of(Relationship.objects.filter(state="active"), chosen):
            change = grants.grant if is_given else grants.revoke
            said = self.shop.said(self.now)
            self.attempt(lambda: change(relationship=link, permission=power, **said))

    @rule(chosen=pick, amount=st.sampled_from([None, "0", "12", "90"]), is_hard=maybe)
    def cap(self, chosen, amount, is_hard):
        if link := self.one_of(Relationship.objects.filter(state="active"), chosen):
            given = None if amount is None else Decimal(amount)
            said = self.shop.said(self.now)
            self.attempt(
                lambda: caps.set_cap(relationship=link, amount=given, is_hard=is_hard, **said)
            )

    # -- Vouchers and commitments ------------------------------------------------------------------

    @rule(
        number=account,
        face=st.sampled_from(["0.005", "4", "33.333"]),
        share=st.sampled_from(["private", "all_trusteeship_members", "listed_members"]),
        listed=member,
        scope=scope,
        begins=hours,
        lasts=hours,
    )
    def special_voucher(self, number, face, share, listed, scope, begins, lasts):
        start = begins and self.now + timedelta(hours=begins)
        more = {
            "share": share,
            "members": [self.of(listed)] if share == "listed_members" else [],
            "valid_from": start,
            "expires_at": lasts and (start or self.now) + timedelta(hours=lasts),
        }
        if scope in self.products:
            more["products"] = [self.products[scope]]
        elif scope:
            more["families"] = [Family.objects.get(code=scope)]
        self.attempt(lambda: self.shop.voucher(self.of(number), face, when=self.now, **more))

    @rule(chosen=pick, listed=st.lists(member, max_size=2, unique=True))
    def list_members(self, chosen, listed):
        if one := self.one_of(Voucher.objects.all(), chosen):
            said, members = self.shop.said(self.now), [self.of(number) for number in listed]
            self.attempt(
                lambda: vouchers.share(voucher=one, share="listed_members", members=members, **said)
            )

    @rule(chosen=pick, is_shared=maybe)
    def share_commitment(self, chosen, is_shared):
        if one := self.one_of(Commitment.objects.all(), chosen):
            said = self.shop.said(self.now)
            self.attempt(lambda: commitments.share(commitment=one, is_shared=is_shared, **said))

    @rule(number=account)
    def start_resource(self, number):
        code, hourly = f"r{self.done}", self.products["hour"]
        self.attempt(lambda: self.shop.start(self.of(number), code, hourly, self.now))

    @rule(chosen=pick)
    def release_resource(self, chosen):
        if one := self.one_of(Resource.objects.all(), chosen):
            self.attempt(lambda: self.shop.release(one, self.now))

    # -- Stories that chance alone would seldom tell -----------------------------------------------

    @rule(
        owner=account,
        giver=account,
        what=st.sampled_from(["hour", "day", "flagged", "stepped"]),
        quantity=st.sampled_from(["3.7", "12", "40"]),
        share=st.sampled_from(["private", "all_trusteeship_members", "listed_members"]),
        kind=st.sampled_from([None, "instance", "capacity", "plan"]),
        lasts=hours,
    )
    def use_what_is_covered_and_paid_by_vouchers(
        self, owner, giver, what, quantity, share, kind, lasts
    ):
        """Cover, two vouchers and usage of the next hours, closed."""
        if kind:
            self.commit(giver, kind, True, None)
        self.voucher(owner, "7", "all_trusteeship_members", "0")
        self.special_voucher(giver, "4", share, "A", None, None, lasts)
        self.now += timedelta(hours=1)
        self.use(owner, what, quantity, 0)
        self.now += timedelta(hours=26)
        self.jobs()
        self.use(owner, what, quantity, 30)

    @rule(owner=account, giver=account, amount=st.sampled_from(["2", "24.999", "60"]), again=maybe)
    def buy_with_vouchers_and_give_back(self, owner, giver, amount, again):
        self.voucher(giver, "24.999", "all_trusteeship_members", "0")
        self.discount(giver, "0.8")
        self.top_up(owner, "25")
        self.buy(owner, amount, 1)
        if again:
            self.buy_and_return(owner, 49)

    @rule(number=account, owner=account, is_combined=maybe, amount=st.sampled_from([None, "3.21"]))
    def a_month_ends_and_is_invoiced(self, number, owner, is_combined, amount):
        self.top_up(number, "70")
        self.use(owner, "hour", "40", 0)
        self.now += timedelta(days=31)
        self.jobs()
        for month in (5, 6):
            self.invoice(number, None, is_combined, month)
        self.credit_note(-1, amount)
        self.settle(number, "5")
        self.settle(owner, None)

    @rule(giver=master, taker=member, amount=st.sampled_from(["10", "25"]))
    def share_credit_and_spend_it(self, giver, taker, amount):
        ends = {"master": self.of(giver), "member": self.of(taker)}
        self.attempt(
            lambda: self.shop.link(*ends.values(), self.now, mode=Mode.MANAGEMENT, grants=SHARING)
        )
        self.move_money(giver, taker, amount, credit.allocate)
        self.move_money(giver, taker, "3.33", cash.transfer)
        self.buy(taker, "11.11", 1)

    # -- Documents ---------------------------------------------------------------------------------

    @rule(
        number=account,
        owner=st.one_of(st.none(), member),
        is_combined=maybe,
        month=st.sampled_from([5, 6]),
    )
    def invoice(self, number, owner, is_combined, month):
        owners = [self.of(owner)] if owner and not is_combined else []
        self.attempt(
            lambda: self.shop.invoice(
                self.of(number),
                *owners,
                when=self.now,
                month=date(2024, month, 1),
                is_combined=is_combined,
            )
        )

    @rule(chosen=pick, amount=st.sampled_from([None, "0.01", "3.21"]))
    def credit_note(self, chosen, amount):
        if one := self.one_of(Invoice.objects.all(), chosen):
            said = self.shop.said(self.now)
            self.attempt(lambda: self.shop.credit(one, amount, said=said))

    @rule(number=account, month=st.sampled_from([5, 6]), amount=st.sampled_from([None, "1"]))
    def settle_a_month(self, number, month, amount):
        first = date(2024, month, 1)
        self.attempt(lambda: self.shop.settle(self.of(number), self.now, amount, month=first))

    # -- What always holds -------------------------------------------------------------------------

    @invariant()
    def rows_that_came_are_right(self):
        charges = Charge.objects.filter(pk__gt=self.seen_charge).order_by("pk")
        charges = list(charges.select_related("product", "owner", "discount"))
        draws = VoucherDraw.objects.filter(pk__gt=self.seen_draw).order_by("pk")
        draws = list(draws.select_related("voucher", "charge__product"))
        oracles.new_draws_were_allowed(draws, self.now)
        oracles.no_usable_voucher_was_left_out(charges)
        oracles.new_charges_have_the_best_discount(charges)
        self.seen_charge = charges[-1].pk if charges else self.seen_charge
        self.seen_draw = draws[-1].pk if draws else self.seen_draw

    @invariant()
    def every_row_is_right(self):
        oracles.credit_is_only_given_within_management(self.now)
        oracles.powers_end_with_their_relationship(self.now)
        oracles.steps_telescope(self.products["stepped"].pk, *STEPPED)
        oracles.what_is_settled_and_open_was_billed()
        oracles.refunds_stay_below_their_orders()
        oracles.issued_bills_still_say_the_same()
        oracles.the_group_sums_to_its_parts([])
        if self.is_reviewed:
            oracles.resources_are_as_the_funds_say(
                self.now, lambda one: self.shop.figures(one, self.now).available
            )


@pytest.mark.slow
@pytest.mark.rule("F10", "F11", "F5", "B2", "B3", "B5", "C1", "D1", "L5", "L6", "L9", "O4", "P1")
@pytest.mark.rule("R3", "S1", "S2", "V1", "V2", "V3", "V4", "K1", "Z4", "I1", "I6")
def test_random_trade_keeps_the_books(db):
    seed = int(os.environ.get("MACHINE_SEED") or SEED)
    print(f"MACHINE_SEED={seed}")  # noqa: T201 (shown where the test fails)
    run_state_machine_as_test(
        hypothesis.seed(seed)(Business),
        settings=settings(
            max_examples=int(os.environ.get("MACHINE_EXAMPLES") or 4),
            stateful_step_count=int(os.environ.get("MACHINE_STEPS") or 40),
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
