"""Who pays for whom, since when, and which single powers were given."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from ..enums import End, Mode, Permission, RelationshipState
from .accounts import Account
from .decisions import Decision

# States in which a relationship is or was in force, between its dates.
IN_FORCE_STATES = (
    RelationshipState.ACTIVE,
    RelationshipState.CHANGE_PENDING,
    RelationshipState.ENDED,
)
# States in which the dates of a relationship bind: it is, was or will be in force.
DATED_STATES = (
    RelationshipState.SCHEDULED,
    RelationshipState.ACTIVE,
    RelationshipState.CHANGE_PENDING,
    RelationshipState.ENDED,
)

# Two links made at once wait for each other here, then see each other's rows.
NO_CHAINS = """
IF NEW.state NOT IN ('scheduled', 'active', 'change_pending', 'ended') THEN RETURN NEW; END IF;
PERFORM pg_advisory_xact_lock(hashtextextended('link', least(NEW.master_id, NEW.member_id)));
PERFORM pg_advisory_xact_lock(hashtextextended('link', greatest(NEW.master_id, NEW.member_id)));
IF EXISTS (
    SELECT 1 FROM finance_mgmt_relationship other
    WHERE (other.member_id = NEW.master_id OR other.master_id = NEW.member_id)
      AND other.state IN ('scheduled', 'active', 'change_pending', 'ended')
      AND tstzrange(other.effective_from, other.effective_to)
          && tstzrange(NEW.effective_from, NEW.effective_to)
) THEN
    RAISE EXCEPTION 'a master is nobody''s member and a member nobody''s master'
        USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'no_chains_of_relationships';
END IF;
RETURN NEW;
"""


class TimeRange(Func):
    """tstzrange(from, to): half-open, open-ended where `to` is null."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Relationship(models.Model):
    """One dated link of a member to a master (L1). The state moves on (L6), history stays.

    `mode` is what is in force today. What was in force at an instant follows from the dates:
    trusteeship from `trusteeship_from` on, management before it (an upgrade in place, L7). While
    a change is pending, its date stands in `trusteeship_from` or `effective_to` but does not
    count yet: the old rights go on. A scheduled relationship does not count before its effect.
    """

    master = models.ForeignKey(
        Account, verbose_name=_("master"), on_delete=models.PROTECT, related_name="as_master"
    )
    member = models.ForeignKey(
        Account, verbose_name=_("member"), on_delete=models.PROTECT, related_name="as_member"
    )
    mode = models.CharField(_("mode"), max_length=15, choices=Mode.choices)
    state = models.CharField(_("state"), max_length=15, choices=RelationshipState.choices)
    effective_from = models.DateTimeField(_("in force from"), null=True, blank=True)
    trusteeship_from = models.DateTimeField(_("trusteeship from"), null=True, blank=True)
    effective_to = models.DateTimeField(_("in force until"), null=True, blank=True)
    expires_at = models.DateTimeField(_("invitation expires at"), null=True, blank=True)
    has_acknowledged = models.BooleanField(_("notice acknowledged"), default=False)
    # What is consented to; each becomes a Grant when the relationship is in force (L5).
    proposed_grants = models.JSONField(_("proposed grants"), default=list, blank=True)
    moved_from = models.ForeignKey(
        "self",
        verbose_name=_("moved from"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="moved_to",
    )
    # Since when the master's cash settles the member's bills; null: off (S2).
    unified_settlement_from = models.DateTimeField(
        _("unified settlement since"), null=True, blank=True
    )
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="relationships")
    # Who asked for the upgrade (L7) and for the end or move, whenever a job makes it (L9, Z8).
    upgrade_decision = models.ForeignKey(
        Decision,
        verbose_name=_("decision to upgrade"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    end_decision = models.ForeignKey(
        Decision,
        verbose_name=_("decision to end"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("relationship")
        verbose_name_plural = _("relationships")
        ordering = ["-effective_from", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(master=F("member")), name="nobody_is_linked_to_itself"
            ),
            models.CheckConstraint(
                condition=Q(state__in=DATED_STATES, effective_from__isnull=False)
                | ~Q(state__in=DATED_STATES),
                name="a_relationship_in_force_has_a_beginning",
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gte=F("effective_from")),
                name="a_relationship_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(trusteeship_from__isnull=True)
                | Q(trusteeship_from__gte=F("effective_from")),
                name="trusteeship_begins_within_the_relationship",
            ),
            ExclusionConstraint(
                name="one_master_at_a_time",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    (
                        TimeRange(F("effective_from"), F("effective_to"), RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state__in=DATED_STATES),
            ),
        ]
        indexes = [models.Index(fields=["master", "state"], name="relationships_of_a_master")]
        triggers = [
            pgtrigger.Trigger(
                name="no_chains",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=NO_CHAINS,
            ),
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.master.number} > {self.member.number} ({self.get_mode_display()})"


class Grant(models.Model):
    """One dated power in a relationship (Z1).

    Its end sets `granted_until` and the decision that ended it, nothing else: a revocation, or
    the end, move or upgrade of the relationship.
    """

    relationship = models.ForeignKey(
        Relationship,
        verbose_name=_("relationship"),
        on_delete=models.PROTECT,
        related_name="grants",
    )
    permission = models.CharField(_("permission"), max_length=20, choices=Permission.choices)
    held_by = models.CharField(_("held by"), max_length=6, choices=End.choices, default=End.MASTER)
    granted_from = models.DateTimeField(_("granted from"))
    granted_until = models.DateTimeField(_("granted until"), null=True, blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="grants")
    end_decision = models.ForeignKey(
        Decision,
        verbose_name=_("decision to end"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        ordering = ["granted_from", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(granted_until__isnull=True) | Q(granted_until__gte=F("granted_from")),
                name="a_grant_ends_after_it_begins",
            ),
            ExclusionConstraint(
                name="a_power_is_granted_once_at_a_time",
                expressions=[
                    ("relationship", RangeOperators.EQUAL),
                    ("permission", RangeOperators.EQUAL),
                    ("held_by", RangeOperators.EQUAL),
                    (
                        TimeRange(F("granted_from"), F("granted_until"), RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_permission_display()} > {self.get_held_by_display()}"
