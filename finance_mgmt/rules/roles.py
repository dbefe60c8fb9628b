"""The roles of finance staff, each with the least it needs (Z6). Pure: names of permissions."""

from collections.abc import Mapping

# What everybody who works here may look at. Tokens, API requests and people are not in it: who
# acts for an account is for those who appoint and for those who audit.
LOOKS = tuple(
    f"{app}.view_{model}"
    for app, models in {
        "finance_mgmt": (
            "account identity relationship grant movement funds cap approval notice decision"
            " delivery recipient webhook storedmessage"
            " run runstep job parking storedpolicy"
        ),
        "billing": (
            "family product price discount voucher coupon commitment coverage resource order"
            " refund charge bill settlement usagerecord usageimport importedrow source accountkey"
            " threshold"
        ),
        "invoicing": "invoice invoiceline invoicetitle creditnote creditnoteline taxrate series"
        " sellerprofile",
        "simulation": "whatif",
    }.items()
    for model in models.split()
)


def _may(*actions: str) -> tuple[str, ...]:
    return tuple(f"finance_mgmt.{action}" for action in actions)


# Who serves customers day by day: no cash leaves, no line grows.
OPERATES = (
    *_may("open_account", "verify_identity", "appoint_user", "link", "upgrade", "move", "grant"),
    *_may("set_cap", "set_thresholds", "place_order", "run_resource", "report_usage", "run_jobs"),
    *_may("view_accountuser"),
    *_may("set_recipient", "set_webhook"),
    *("billing.add_usageimport", "billing.change_importedrow", "finance_mgmt.change_run"),
    "simulation.add_whatif",
    *("billing.add_source", "billing.change_source"),
    *("billing.add_accountkey", "billing.change_accountkey"),
)

# Who moves money. Above `four_eyes_above` it waits for a checker (Z7).
MAKES = (
    *_may("top_up", "withdraw", "transfer", "set_credit_limit", "allocate", "reclaim", "end"),
    *_may("override_price", "refund", "settle", "sell", "give_discount", "issue_voucher"),
    *_may("add_commitment", "adjust"),
    *("invoicing.issue_invoice", "invoicing.issue_credit_note"),
    *("invoicing.set_title", "invoicing.set_tax_rate", "invoicing.set_seller"),
    "simulation.add_whatif",
    *("billing.add_family", "billing.change_family"),
    *("billing.add_product", "billing.change_product"),
)

# Who runs the system: people and schedules. Moves no money and approves none.
ADMINISTERS = (
    *("auth.view_user", "auth.add_user", "auth.change_user"),
    *("auth.view_group", "auth.add_group", "auth.change_group"),
    *("mfa.view_authenticator", "mfa.delete_authenticator"),
    *("axes.view_accessattempt", "axes.delete_accessattempt"),
    *("django_celery_beat.view_periodictask", "django_celery_beat.change_periodictask"),
    *("finance_mgmt.change_run", "billing.change_closedthrough"),
    *_may("run_jobs"),
)

ROLES: Mapping[str, tuple[str, ...]] = {
    "Operator": LOOKS + OPERATES,
    "Maker": LOOKS + MAKES,
    "Checker": (*LOOKS, *_may("approve")),
    "Auditor": (*LOOKS, "auth.view_user", "auth.view_group", *_may("view_accountuser")),
    "Administrator": LOOKS + ADMINISTERS,
}
