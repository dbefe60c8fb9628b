"""Questions about what would have been, with their answers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account, Run


class WhatIf(models.Model):
    """One question and, once its run is done, its answer. It is part of no books.

    The answer is written once, by the run; asking anew is another question.
    """

    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="+"
    )
    run = models.OneToOneField(
        Run, verbose_name=_("run"), on_delete=models.PROTECT, related_name="what_if"
    )
    question = models.JSONField(_("question"))
    answer = models.JSONField(_("answer"), null=True, blank=True)
    by = models.CharField(_("by"), max_length=150)
    asked_at = models.DateTimeField(_("asked at"))

    class Meta:
        verbose_name = _("what-if")
        verbose_name_plural = _("what-ifs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(question__has_key="account"), name="a_question_names_an_account"
            )
        ]

    def __str__(self) -> str:
        return f"what-if {self.pk}"
