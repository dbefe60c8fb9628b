"""Who at an account reads which notices, in which language."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..enums import Language, NoticeKind
from .access import AccountUser
from .accounts import Account
from .decisions import Decision


def notice_kinds() -> ArrayField:
    """Which kinds of notices are wanted."""
    one = models.CharField(max_length=20, choices=NoticeKind.choices)
    return ArrayField(one, verbose_name=_("kinds"), default=list, blank=True)


class Recipient(models.Model):
    """One address, or one user of the account, and what goes there. Removing sets an instant.

    An account without recipients is written to at its billing e-mail, about everything (W4).
    """

    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="recipients"
    )
    account_user = models.ForeignKey(
        AccountUser,
        verbose_name=_("account user"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="recipients",
    )
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=Language.choices, default=Language.ENGLISH
    )
    kinds = notice_kinds()
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("recipient of notices")
        verbose_name_plural = _("recipients of notices")
        ordering = ["account", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(account_user__isnull=True) ^ Q(email=""),
                name="a_recipient_is_an_address_or_a_user",
            ),
            models.UniqueConstraint(
                fields=["account", "email"],
                condition=Q(removed_at__isnull=True) & ~Q(email=""),
                name="one_recipient_per_address",
            ),
        ]

    @property
    def address(self) -> str:
        """Where letters go: a user's is the one they have in their profile."""
        return self.account_user.user.email if self.account_user else self.email

    def __str__(self) -> str:
        return f"{self.account.number} {self.address}"
