"""Scheduled doors: each asks what is due, and may run twice, late or at once."""

from celery import shared_task

from finance_mgmt.clock import now
from finance_mgmt.tasks import poke

from .services import bills, cycles, resources, settlement, warnings


@shared_task(name="billing.close_due_cycles")
def close_due_cycles() -> None:
    """Close every cycle that is due (C4)."""
    if run := cycles.close(by="job:close", at=now()):
        poke(run)


@shared_task(name="billing.issue_due_bills")
def issue_due_bills() -> None:
    """Issue the bills of the earliest month that is closed and not billed (B5)."""
    if run := bills.issue(by="job:bill", at=now()):
        poke(run)


@shared_task(name="billing.settle_due_bills")
def settle_due_bills() -> None:
    """Settle bills whose due date has come from the payer's, or the master's, cash (S1, S2)."""
    at = now()
    for bill in settlement.due_bills(at):
        settlement.settle_due(bill=bill, by="job:settle", at=at)


@shared_task(name="billing.review_resources")
def review_resources() -> None:
    """Suspend and resume resources by the funds that decide (R3)."""
    resources.review(by="job:resources", at=now())


@shared_task(name="billing.evaluate_warnings")
def evaluate_warnings() -> None:
    """Judge the figures that moved against their thresholds (W1)."""
    warnings.evaluate(by="job:warnings", at=now())
