"""What background work does: the kinds of runs and the scheduled jobs of all floors."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# What each kind of run does with one of its steps (services/runs.py): `prepare` may run several
# times and commit as it goes, `perform` is one transaction with the mark that the step is done.
# `split` cuts a step that failed into smaller ones, so that only what can't be done stays behind:
# the accounts under `parks` of its scope are parked. Runs of a kind that `is_ordered` are worked on
# one after the other.
RUN_STEPS: dict[str, dict[str, str | None]] = {
    "import": {
        "prepare": "billing.services.imports.read_step",
        "perform": "billing.services.imports.store_step",
    },
    "close": {
        "prepare": None,
        "perform": "billing.services.cycles.close_step",
        "split": "billing.services.cycles.split_step",
        "parks": "owners",
        "is_ordered": "yes",
    },
    "bill": {
        "prepare": None,
        "perform": "billing.services.bills.issue_step",
        "split": "billing.services.bills.split_step",
        "parks": "payers",
        "is_ordered": "yes",
    },
    "document": {
        "prepare": "invoicing.services.documents.make_step",
        "perform": "invoicing.services.documents.keep_step",
    },
    "verify": {"prepare": None, "perform": "finance_mgmt.services.verification.check_step"},
    "export": {
        "prepare": "billing.services.exports.write_step",
        "perform": "billing.services.exports.keep_step",
    },
    "list": {
        "prepare": "finance_mgmt.services.list_files.write_step",
        "perform": "finance_mgmt.services.list_files.keep_step",
    },
    "what_if": {
        "prepare": "simulation.services.what_ifs.prepare",
        "perform": "simulation.services.what_ifs.perform",
    },
}

# The scheduled jobs, for their page: the name, how much is due at an instant (function (at) -> int)
# and what holds it back (function (at) -> sentences). When they look is in the admin.
JOBS: dict[str, dict[str, Any]] = {
    "finance_mgmt.apply_due_changes": {
        "name": _("Apply due changes of relationships"),
        "due": "finance_mgmt.queries.due.changes",
    },
    "billing.close_due_cycles": {
        "name": _("Close due cycles"),
        "due": "billing.queries.jobs.records",
        "held": "billing.queries.jobs.what_holds_closing",
    },
    "billing.issue_due_bills": {
        "name": _("Issue due bills"),
        "due": "billing.queries.jobs.payers",
        "held": "billing.queries.jobs.what_holds_billing",
    },
    "billing.settle_due_bills": {
        "name": _("Settle due bills"),
        "due": "billing.queries.jobs.bills",
    },
    "billing.review_resources": {"name": _("Suspend and resume resources")},
    "billing.evaluate_warnings": {"name": _("Judge warnings")},
    "billing.sum_charges": {
        "name": _("Sum new charges"),
        "due": "billing.queries.jobs.unsummed_charges",
    },
    "finance_mgmt.expire_invitations": {
        "name": _("Expire invitations"),
        "due": "finance_mgmt.queries.due.invitations",
    },
    "finance_mgmt.expire_approvals": {
        "name": _("Expire requests for approval"),
        "due": "finance_mgmt.queries.due.approvals",
    },
    "finance_mgmt.seal_trail": {"name": _("Seal the trail of decisions")},
    "finance_mgmt.reconcile": {
        "name": _("Take over what dead workers left"),
        "due": "finance_mgmt.queries.due.unfinished_runs",
    },
    "finance_mgmt.verify_books": {"name": _("Recompute the books every night")},
    "finance_mgmt.forget_api_requests": {
        "name": _("Forget old requests of the API"),
        "due": "finance_mgmt.queries.due.old_api_requests",
    },
    "finance_mgmt.deliver_mail": {
        "name": _("Deliver mail"),
        "due": "finance_mgmt.queries.delivery.letters_due",
    },
    "finance_mgmt.deliver_webhooks": {
        "name": _("Deliver webhooks"),
        "due": "finance_mgmt.queries.delivery.events_due",
    },
}
