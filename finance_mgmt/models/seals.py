"""The hash chain over the trail of decisions (Z8)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .columns import append_only
from .decisions import Decision


class Seal(models.Model):
    """One link of the chain: the hash of a decision and of the seal before it. Never changed."""

    position = models.BigIntegerField(_("position"), primary_key=True)
    decision = models.OneToOneField(
        Decision, verbose_name=_("decision"), on_delete=models.PROTECT, related_name="seal"
    )
    hash = models.CharField(_("hash"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["position"]
        triggers = append_only()

    def __str__(self) -> str:
        return self.hash
