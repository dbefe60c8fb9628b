"""What is told to whom: an outbox, written with the facts it tells (W4)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..enums import NoticeKind
from .accounts import Account
from .columns import append_only, money_amount


class Notice(models.Model):
    """One thing told to one account, about itself or a member. A row first; never changed."""

    kind = models.CharField(_("kind"), max_length=20, choices=NoticeKind.choices)
    to = models.ForeignKey(
        Account, verbose_name=_("to"), on_delete=models.PROTECT, related_name="notices"
    )
    about = models.ForeignKey(
        Account, verbose_name=_("about"), on_delete=models.PROTECT, related_name="+"
    )
    threshold = money_amount(verbose_name=_("threshold"), null=True, blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        indexes = [models.Index(fields=["to", "at"], name="notices_of_an_account")]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} > {self.to.number}"


class Outgoing(models.Model):
    """A notice that was not handed out to its recipients yet: written with it, removed then."""

    notice = models.OneToOneField(
        Notice, on_delete=models.PROTECT, primary_key=True, related_name="outgoing"
    )

    class Meta:
        verbose_name = _("outgoing notice")
        verbose_name_plural = _("outgoing notices")

    def __str__(self) -> str:
        return f"{self.notice_id}"
