"""Who may act for an account, what staff may do with money, and the answers to API requests."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..enums import Role
from .accounts import Account
from .decisions import Decision


class AccountUser(models.Model):
    """One person who may act for one account, in a role (Z6). Dismissing sets an instant."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        related_name="account_users",
    )
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="account_users"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    appointed_at = models.DateTimeField(_("appointed at"))
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="account_users")

    class Meta:
        verbose_name = _("account user")
        verbose_name_plural = _("account users")
        ordering = ["account", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "account"],
                condition=Q(dismissed_at__isnull=True),
                name="one_role_per_user_and_account",
            ),
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=True) | Q(dismissed_at__gte=F("appointed_at")),
                name="nobody_is_dismissed_before_being_appointed",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_the_dismissal_changes", exclude=["dismissed_at"]),
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.account.number} ({self.get_role_display()})"


class ApiRequest(models.Model):
    """One write through the API and its answer, stored with its effect. Never changed (F11).

    Forgotten after `settings.API_REQUEST_DAYS`; the key stays used, on its decision.
    The same key of the same person and account returns the answer; a null account is the staff.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # the constraint below begins with it
    )
    account = models.ForeignKey(
        Account,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # nobody looks by it, and accounts are never deleted
    )
    key = models.CharField(_("key"), max_length=100)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    method = models.CharField(_("method"), max_length=10)
    path = models.CharField(_("path"), max_length=500)
    status = models.PositiveSmallIntegerField(_("status"))
    answer = models.TextField(_("answer"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("API request")
        verbose_name_plural = _("API requests")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "account", "key"],
                name="a_key_is_used_once_per_person_and_account",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["at"], name="api_requests_by_age")]
        triggers = [pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.key}"


class MoneyAction(models.Model):  # noqa: DJ008 (it has no rows)
    """No table: it only carries what staff may do, each action with a codename of its own (Z6)."""

    class Meta:
        managed = False
        default_permissions = ()
        verbose_name = _("money action")
        verbose_name_plural = _("money actions")
        permissions = [
            ("open_account", "Open and change accounts"),
            ("verify_identity", "Verify identities"),
            ("appoint_user", "Appoint and dismiss users of accounts"),
            ("top_up", "Top up accounts"),
            ("withdraw", "Withdraw cash"),
            ("transfer", "Transfer and take back cash"),
            ("set_credit_limit", "Set credit limits"),
            ("allocate", "Allocate credit"),
            ("reclaim", "Reclaim credit"),
            ("link", "Link, confirm, decline and cancel relationships"),
            ("upgrade", "Upgrade relationships to trusteeship"),
            ("move", "Move members between masters"),
            ("end", "End relationships"),
            ("grant", "Grant and revoke powers"),
            ("set_cap", "Cap members"),
            ("set_thresholds", "Set thresholds of warnings"),
            ("approve", "Approve and reject what others asked for"),
            ("sell", "Edit the catalogue: products and prices"),
            ("give_discount", "Give discounts"),
            ("issue_voucher", "Issue and share vouchers and coupons"),
            ("add_commitment", "Add and share commitments"),
            ("run_resource", "Start and release resources"),
            ("place_order", "Place, pay and cancel orders"),
            ("override_price", "Override the price of unpaid orders"),
            ("refund", "Refund and downgrade orders"),
            ("report_usage", "Report usage"),
            ("settle", "Settle bills, switch unified settlement"),
            ("adjust", "Put manual lines on open bills"),
            ("set_recipient", "Set who reads notices"),
            ("set_webhook", "Set webhooks, send again what was given up"),
            ("run_jobs", "Close cycles, issue bills, retry runs"),
        ]
