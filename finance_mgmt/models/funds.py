"""Balances and the movements that made them. The figures of F1, each recomputable (F10)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..enums import MovementKind, Pocket
from .accounts import Account
from .columns import append_only, exact_amount, money_amount
from .decisions import Decision


class Funds(models.Model):
    """What one account has and owes now: a cache of its movements. Written by the ledger only."""

    account = models.OneToOneField(
        Account,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="funds",
    )
    cash = money_amount(verbose_name=_("cash"), default=0)
    transferred_in = money_amount(verbose_name=_("transferred in"), default=0)
    credit_limit = money_amount(verbose_name=_("credit limit"), default=0)
    allocated_in = money_amount(verbose_name=_("credit received"), default=0)
    allocated_out = money_amount(verbose_name=_("credit given away"), default=0)
    used = money_amount(verbose_name=_("credit used"), default=0)
    unsettled_own = exact_amount(verbose_name=_("unsettled, own"), default=0)
    unsettled_members = exact_amount(verbose_name=_("unsettled, members"), default=0)

    class Meta:
        verbose_name = _("funds")
        verbose_name_plural = _("funds")
        constraints = [
            models.CheckConstraint(condition=Q(cash__gte=0), name="cash_is_never_negative"),
            models.CheckConstraint(
                condition=Q(transferred_in__gte=0, transferred_in__lte=F("cash")),
                name="transferred_in_is_part_of_cash",
            ),
            models.CheckConstraint(
                condition=Q(credit_limit__gte=0, allocated_in__gte=0, allocated_out__gte=0),
                name="limits_and_allocations_are_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(allocated_out__lte=F("credit_limit") + F("allocated_in")),
                name="no_more_is_allocated_than_the_limit",
            ),
            models.CheckConstraint(condition=Q(used__gte=0), name="used_is_never_negative"),
        ]

    def __str__(self) -> str:
        return self.account.number


class Movement(models.Model):
    """One amount that moved from one pocket to another. Never changed (F10).

    A null account is the provider. `owner` names whose order or usage caused it (B4).
    """

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(_("kind"), max_length=20, choices=MovementKind.choices)
    from_account = models.ForeignKey(
        Account,
        verbose_name=_("from account"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # an index below begins with it
    )
    from_pocket = models.CharField(_("from pocket"), max_length=20, choices=Pocket.choices)
    to_account = models.ForeignKey(
        Account,
        verbose_name=_("to account"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # an index below begins with it
    )
    to_pocket = models.CharField(_("to pocket"), max_length=20, choices=Pocket.choices)
    owner = models.ForeignKey(
        Account,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    amount = exact_amount(verbose_name=_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=200)
    at = models.DateTimeField(_("at"))
    corrects = models.ForeignKey(
        "self",
        verbose_name=_("corrects"),
        on_delete=models.PROTECT,
        db_index=False,  # `corrections_of_a_movement` finds them
        null=True,
        blank=True,
        related_name="corrections",
    )

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["from_account", "at"], name="movements_out_of_an_account"),
            models.Index(fields=["to_account", "at"], name="movements_into_an_account"),
            models.Index(
                fields=["corrects"],
                condition=Q(corrects__isnull=False),
                name="corrections_of_a_movement",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_movement_is_positive"),
            models.CheckConstraint(
                condition=Q(from_account__isnull=False) | Q(to_account__isnull=False),
                name="a_movement_touches_an_account",
            ),
            models.CheckConstraint(
                condition=~Q(from_pocket=F("to_pocket"), from_account=F("to_account")),
                name="a_movement_has_two_different_sides",
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount.normalize():f} {self.currency}"
