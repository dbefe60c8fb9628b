"""Scheduled doors: each asks what is due, and may run twice, late or at once."""

from datetime import datetime
from functools import partial

from finance_mgmt.enums import Parked
from finance_mgmt.services import parking
from finance_mgmt.tasks import asked_for, job

from .services import bills, cycles, resources, settlement, sums, warnings


@job("billing.close_due_cycles")
def close_due_cycles(at: datetime) -> str:
    """Close every cycle that is due (C4)."""
    return asked_for(cycles.close(by="job:close", at=at))


@job("billing.issue_due_bills")
def issue_due_bills(at: datetime) -> str:
    """Issue the bills of the earliest month that is closed and not billed (B5)."""
    return asked_for(bills.issue(by="job:bill", at=at))


@job("billing.settle_due_bills")
def settle_due_bills(at: datetime) -> str:
    """Settle bills whose due date has come from the payer's, or the master's, cash (S1, S2)."""
    by = "job:settle"
    settled = 0
    for bill in settlement.due_bills(at):
        do = partial(settlement.settle_due, bill=bill, by=by, at=at)
        was_done, _ = parking.attempt(do, job=Parked.SETTLE, account=bill.payer_id, by=by, at=at)
        settled += was_done
    return f"{settled} due" if settled else ""


@job("billing.review_resources")
def review_resources(at: datetime) -> str:
    """Suspend and resume resources by the funds that decide (R3)."""
    changed = resources.review(by="job:resources", at=at)
    return f"{len(changed)} suspended or resumed" if changed else ""


@job("billing.evaluate_warnings")
def evaluate_warnings(at: datetime) -> str:
    """Judge the figures that moved against their thresholds (W1)."""
    by = "job:warnings"
    told = warnings.tell_caps(by=by, at=at)
    for account in warnings.moved():
        do = partial(warnings.evaluate_account, account, by=by, at=at)
        _, notices = parking.attempt(do, job=Parked.WARNINGS, account=account, by=by, at=at)
        told += notices or 0
    return f"{told} told" if told else ""


@job("billing.sum_charges")
def sum_charges(at: datetime) -> str:
    """Add new charges to the stored sums that pages read."""
    summed = sums.catch_up()
    return f"{summed} charge{'' if summed == 1 else 's'} summed" if summed else ""
