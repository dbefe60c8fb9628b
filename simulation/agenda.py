"""What waits for the scheduled jobs, read in one statement: nobody is asked who has no work.

A scenario asks after every event and at every stop. Each answer is what the job's own question
would find; the jobs themselves decide what is really done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection

from finance_mgmt import periods
from finance_mgmt.policy import Policy

# Relationships by effects.instant; `now` and `next` are up to and beyond the instant asked about.
_AGENDA = """
SELECT
    (SELECT max(id) FROM finance_mgmt_decision WHERE verb <> 'usage.accept'),
    closed.instant,
    (SELECT min(due_at) FROM billing_usagerecord
        WHERE due_at > coalesce(closed.instant, '-infinity')),
    (SELECT min(due_at) FROM billing_usagerecord
        WHERE due_at > greatest(coalesce(closed.instant, '-infinity'), %(at)s)),
    (SELECT min(billing_month) FROM billing_charge
        WHERE billing_month > coalesce(closed.billed_month, '-infinity')),
    (SELECT min(due_on) FROM billing_bill WHERE status = 'outstanding' AND due_run_at IS NULL),
    (SELECT min(due_on) FROM billing_bill WHERE status = 'outstanding' AND due_on >= %(today)s),
    change.now, change.next, invitation.now, invitation.next, request.now, request.next,
    (SELECT min(paid_until) FROM billing_resource
        WHERE status <> 'released' AND paid_until > %(at)s),
    EXISTS (SELECT FROM billing_resource WHERE status <> 'released'),
    EXISTS (SELECT FROM billing_threshold) OR EXISTS (SELECT FROM finance_mgmt_cap)
FROM (VALUES (1)) AS one (id)
LEFT JOIN billing_closedthrough closed USING (id)
CROSS JOIN (
    SELECT min(instant) FILTER (WHERE instant <= %(at)s) AS now,
        min(instant) FILTER (WHERE instant > %(at)s) AS next
    FROM (
        SELECT CASE WHEN state = 'scheduled' THEN effective_from
            ELSE coalesce(effective_to, trusteeship_from) END AS instant
        FROM finance_mgmt_relationship WHERE state IN ('scheduled', 'change_pending')
    ) AS planned
) AS change
CROSS JOIN (
    SELECT min(expires_at) FILTER (WHERE expires_at <= %(at)s) AS now,
        min(expires_at) FILTER (WHERE expires_at > %(at)s) AS next
    FROM finance_mgmt_relationship WHERE state = 'invited'
) AS invitation
CROSS JOIN (
    SELECT min(expires_at) FILTER (WHERE expires_at <= %(at)s) AS now,
        min(expires_at) FILTER (WHERE expires_at > %(at)s) AS next
    FROM finance_mgmt_approval WHERE state = 'waiting'
) AS request
"""


@dataclass(frozen=True)
class Agenda:
    """The books at one instant, as far as the scheduled jobs are concerned."""

    decision: int | None  # the last thing that anybody decided; reports of usage are none
    closed_through: datetime | None
    usage_due: datetime | None  # the first record that no close has taken
    usage_next: datetime | None  # ... that is due later
    open_month: date | None  # the first billing month with charges and without bills
    bill_run_on: date | None  # the first due date whose automatic run has not been
    bill_next_on: date | None  # the first due date that is not over
    change_now: datetime | None
    change_next: datetime | None
    invitation_now: datetime | None
    invitation_next: datetime | None
    request_now: datetime | None
    request_next: datetime | None
    paid_next: datetime | None  # when a prepaid resource is not spared any longer (R3)
    has_resources: bool
    has_watched: bool  # accounts with thresholds, members with caps


def read(at: datetime, policy: Policy) -> Agenda:
    """The agenda as the books stand at an instant of the scenario."""
    today = at.astimezone(policy.zone).date()
    with connection.cursor() as cursor:
        cursor.execute(_AGENDA, {"at": at, "today": today})
        return Agenda(*cursor.fetchone())


def month_end(agenda: Agenda, policy: Policy) -> datetime | None:
    """When the first month with charges and without bills is closed (B5)."""
    if agenda.open_month is None:
        return None
    return periods.month_period(agenda.open_month, policy.zone).end + policy.close_after


def is_bill_due(agenda: Agenda, at: datetime, policy: Policy) -> bool:
    """Whether a bill waits for its automatic run (S1)."""
    return (
        agenda.bill_run_on is not None and agenda.bill_run_on <= at.astimezone(policy.zone).date()
    )


def quiet_stops(agenda: Agenda, after: datetime, policy: Policy) -> Iterator[datetime]:
    """The next instants at which another job than those of the books has work."""
    planned = (agenda.change_next, agenda.invitation_next, agenda.request_next, agenda.paid_next)
    yield from (stop for stop in planned if stop is not None)
    if agenda.bill_next_on is not None:  # its automatic run, and the day it is past due
        for day in (agenda.bill_next_on, agenda.bill_next_on + timedelta(days=1)):
            if (start := midnight(day, policy)) > after:
                yield start


def stops(agenda: Agenda, after: datetime, policy: Policy) -> Iterator[datetime]:
    """The next instants at which a job may have work. There is always one: the end of a month."""
    month = periods.month_of(after - policy.close_after, policy.zone)
    yield periods.month_period(month, policy.zone).end + policy.close_after
    if agenda.usage_next is not None:  # empty cycles close unseen (C4)
        yield agenda.usage_next
    yield from quiet_stops(agenda, after, policy)


def midnight(day: date, policy: Policy) -> datetime:
    """The instant at which a day starts in the billing time zone."""
    return datetime.combine(day, time(), tzinfo=policy.zone)
