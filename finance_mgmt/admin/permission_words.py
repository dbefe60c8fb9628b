"""What permissions and roles are called by those who give them: in the reader's language.

Django keeps one English name per permission in the database; here it is said anew.
"""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

STANDARD = {  # of every list
    "add": lazy("Can add"),
    "change": lazy("Can change"),
    "delete": lazy("Can delete"),
    "view": lazy("Can view"),
}
OWN = {  # an action of its own each (Z6), by codename
    "open_account": lazy("Open and change accounts"),
    "verify_identity": lazy("Verify identities"),
    "appoint_user": lazy("Appoint and dismiss users of accounts"),
    "top_up": lazy("Top up accounts"),
    "withdraw": lazy("Withdraw cash"),
    "transfer": lazy("Transfer and take back cash"),
    "set_credit_limit": lazy("Set credit limits"),
    "allocate": lazy("Allocate credit"),
    "reclaim": lazy("Reclaim credit"),
    "link": lazy("Link, confirm, decline and cancel relationships"),
    "upgrade": lazy("Upgrade relationships to trusteeship"),
    "move": lazy("Move members between masters"),
    "end": lazy("End relationships"),
    "grant": lazy("Grant and revoke powers"),
    "set_cap": lazy("Cap members"),
    "set_thresholds": lazy("Set thresholds of warnings"),
    "approve": lazy("Approve and reject what others asked for"),
    "sell": lazy("Edit the catalogue: products and prices"),
    "give_discount": lazy("Give discounts"),
    "issue_voucher": lazy("Issue and share vouchers and coupons"),
    "add_commitment": lazy("Add and share commitments"),
    "run_resource": lazy("Start and release resources"),
    "place_order": lazy("Place, pay and cancel orders"),
    "override_price": lazy("Override the price of unpaid orders"),
    "refund": lazy("Refund and downgrade orders"),
    "report_usage": lazy("Report usage"),
    "settle": lazy("Settle bills, switch unified settlement"),
    "adjust": lazy("Put manual lines on open bills"),
    "set_recipient": lazy("Set who reads notices"),
    "set_webhook": lazy("Set webhooks, send again what was given up"),
    "run_jobs": lazy("Close cycles, issue bills, retry runs"),
    "issue_invoice": lazy("Can issue invoices"),
    "issue_credit_note": lazy("Can correct invoices"),
    "set_tax_rate": lazy("Can say which tax prices contain"),
    "set_seller": lazy("Can say who sells"),
    "set_title": lazy("Can say to whom an account's invoices are made out"),
}
ROLES = {
    "Operator": lazy("Operator"),
    "Maker": lazy("Maker"),
    "Checker": lazy("Checker"),
    "Auditor": lazy("Auditor"),
    "Administrator": lazy("Administrator"),
}


def permission(row: Permission) -> str:
    """Of which part of the house, of what, and what may be done."""
    action, _underscore, model = row.codename.partition("_")
    is_standard = action in STANDARD and model == row.content_type.model
    said = STANDARD[action] if is_standard else OWN.get(row.codename, _(row.name))
    return f"{row.content_type} | {said}"


def role(group: Group) -> str:
    """The name of a role; the one by which programs know it stands beside a translated one."""
    said = str(ROLES.get(group.name, group.name))
    return said if said == group.name else f"{said} ({group.name})"


class Permissions(forms.ModelMultipleChoiceField):
    """Permissions to choose from."""

    def label_from_instance(self, obj: Any) -> str:
        """In the reader's language."""
        return permission(obj)


class Roles(forms.ModelMultipleChoiceField):
    """Roles to choose from."""

    def label_from_instance(self, obj: Any) -> str:
        """In the reader's language."""
        return role(obj)


class ChoosesRights:
    """Before ModelAdmin among an admin's parents: its boxes of rights speak so."""

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **options: Any) -> Any:
        """The boxes of permissions and of roles."""
        kind = {Permission: Permissions, Group: Roles}.get(db_field.remote_field.model)
        if kind is not None:
            options["form_class"] = kind
        if kind is Permissions:  # each is called by its content type, too
            options.setdefault("queryset", Permission.objects.select_related("content_type"))
        return super().formfield_for_manytomany(db_field, request, **options)  # type: ignore[misc]
