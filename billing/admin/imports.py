"""Imports: what was read from each file, what became of each row, and what was found."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from finance_mgmt.admin import columns, display, run_panels
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table, Tiles, notice, paged
from finance_mgmt.admin.run_panels import progress_part
from finance_mgmt.admin.wording import sentence
from finance_mgmt.enums import RunState

from ..enums import ImportState, RowStatus
from ..models import ImportedRow, UsageImport
from . import parked, uploads

STATE_TONES = {
    ImportState.QUEUED: "quiet",
    ImportState.READING: "busy",
    ImportState.STORED: "good",
    ImportState.HELD: "warn",
    ImportState.FAILED: "bad",
}


@admin.register(UsageImport)
class UsageImportAdmin(ReadOnlyAdmin):
    """Files of usage, each with its report."""

    when_empty = gettext_lazy("No file came in yet. Add a usage source, then import a FOCUS file.")
    first_step = (
        gettext_lazy("Usage sources"),
        "admin:billing_source_changelist",
        "billing.view_source",
    )
    list_display = (
        "file_name",
        "state_badge",
        "received_instant",
        "read_amount",
        "stored_amount",
        "known_amount",
        "parked_amount",
        "late_amount",
        "by",
    )
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("file_name", "=sha256")
    search_help_text = gettext_lazy("Name of the file, or its whole SHA-256")
    ordering = ("-id",)

    state_badge = columns.state("state", gettext_lazy("state"), STATE_TONES)
    received_instant = columns.instant("received_at", gettext_lazy("received at"))
    read_amount = columns.count("rows_read", gettext_lazy("rows read"))
    stored_amount = columns.count("rows_stored", gettext_lazy("stored"))
    known_amount = columns.count("rows_known", gettext_lazy("known"))
    parked_amount = columns.count("rows_parked", gettext_lazy("parked"))
    late_amount = columns.count("rows_late", gettext_lazy("late"))

    def own_urls(self) -> list[URLPattern]:
        """The page to import a file."""
        return [self.own_url("upload/", self.upload_view, "billing_usageimport_upload")]

    def upload_view(self, request: HttpRequest) -> Any:
        """Import a file."""
        return uploads.upload(request, self)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the run that does the work."""
        return super().get_queryset(request).select_related("run")

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """With the button that leads to a new import."""
        if not request.user.has_perm("billing.add_usageimport"):
            return {}
        url = reverse("admin:billing_usageimport_upload")
        command = Command(_("Import a file"), url, "upload_file", is_primary=True)
        return {"list_commands": [command]}

    def heading(self, row: UsageImport) -> Any:
        """The file, by the name it came with."""
        return format_html('{} <span class="bo-number">{}</span>', row.file_name, row.pk)

    def badges(self, row: UsageImport) -> Sequence[Any]:
        """The state."""
        return [display.state_badge(row, "state", STATE_TONES)]

    def commands(self, request: HttpRequest, row: UsageImport) -> Sequence[Command]:
        """What may come next."""
        found = []
        if row.run.state == RunState.FAILED and request.user.has_perm("finance_mgmt.change_run"):
            url = reverse("admin:finance_mgmt_run_retry", args=[row.run_id])
            found.append(Command(_("Try again"), url, "replay", is_post=True))
        if request.user.has_perm("billing.add_usageimport"):
            url = reverse("admin:billing_usageimport_upload")
            found.append(Command(_("Import another file"), url, "upload_file"))
        return found

    def panels(self, request: HttpRequest, row: UsageImport) -> Sequence[Panel]:
        """How far it is; then the report."""
        if row.state in (ImportState.QUEUED, ImportState.READING):
            return [progress_part(row.run, title=_("Reading the file")), _about(row)]
        found = [_findings(request, row), _about(row)]
        if row.state != ImportState.STORED:
            return [_verdict_notice(row), *found]
        report = [_rows(row), _totals(row), _rerating(row)]
        return [*report, *parked.waiting_panel(request, row), *found]


def _verdict_notice(row: UsageImport) -> Panel:
    if row.state == ImportState.HELD:
        text = _("Mend what the findings name, then import the file again.")
        return notice(_("Nothing was stored."), text, tone="warn", icon="back_hand")
    text = _("Ask its sender for a file without the problems below. Nothing was stored.")
    return notice(_("The file can't be read."), text, tone="bad", icon="error")


def _rows(row: UsageImport) -> Panel:
    adds_up = row.rows_read == row.rows_stored + row.rows_known + row.rows_parked
    verdict = _("= stored + known + parked") if adds_up else _("does not add up")
    rows = {"usage_import__id__exact": row.pk}
    return Tiles(
        title=_("Rows"),
        facts=[
            Fact(
                _("rows read"),
                display.count(row.rows_read),
                verdict,
                tone="good" if adds_up else "bad",
            ),
            Fact(
                _("stored"),
                display.count(row.rows_stored),
                _("now usage records"),
                url=display.list_of(ImportedRow, **rows, status__exact=RowStatus.STORED),
            ),
            Fact(_("known"), display.count(row.rows_known), _("came before, not stored again")),
            Fact(
                _("parked"),
                display.count(row.rows_parked),
                _("kept, not billed until somebody decides"),
                tone="warn" if row.rows_parked else "",
                url=display.list_of(ImportedRow, **rows, status__exact=RowStatus.PARKED),
            ),
            Fact(
                _("late"),
                display.count(row.rows_late),
                _("of the stored: their cycle was closed"),
                rule="C4",
            ),
        ],
    )


def _totals(row: UsageImport) -> Panel:
    """Read = stored + known + parked, for every column of every currency."""
    parts = ("read", "stored", "known", "parked")
    rows = [
        [
            currency,
            column,
            *(_sum(sums, part, currency) for part in parts),
            _verdict(sums),
        ]
        for currency, by_column in sorted(row.totals.items())
        for column, sums in sorted(by_column.items())
    ]
    return Table(
        title=_("Totals"),
        note=_("read = stored + known + parked, exactly"),
        width="two-thirds",
        is_exact=True,
        columns=[
            Column(_("currency")),
            Column(_("column")),
            *(Column(label, True) for label in (_("read"), _("stored"), _("known"), _("parked"))),
            Column(_("adds up")),
        ],
        rows=rows,
        empty=_("The file had no amounts."),
    )


def _sum(sums: dict[str, str], part: str, currency: str) -> Any:
    return display.amount(Decimal(sums.get(part, "0")), currency, shows_currency=False)


def _verdict(sums: dict[str, str]) -> Any:
    read, *others = (Decimal(sums.get(part, "0")) for part in ("read", "stored", "known", "parked"))
    if read == sum(others):
        return display.badge(_("yes"), "good")
    return display.badge(_("no"), "bad")


def _rerating(row: UsageImport) -> Panel:
    found = row.rerating
    if not found.get("compared"):
        facts = [Fact(_("compared"), _("nothing to compare"))]
    else:
        differing = found["compared"] - found.get("matching", 0)
        facts = [
            Fact(_("rows compared"), display.count(found["compared"])),
            Fact(_("matching"), display.count(found.get("matching", 0))),
            Fact(_("differing"), display.count(differing), tone="warn" if differing else ""),
            Fact(
                _("largest difference"),
                display.quantity(Decimal(str(found.get("largest_difference", "0")))),
            ),
        ]
    return Facts(
        title=_("Re-rating"),
        note=_("Quantity times our price, against the list cost in the file."),
        width="third",
        facts=facts,
    )


def _findings(request: HttpRequest, row: UsageImport) -> Panel:
    findings, pager = paged(request, row.findings.order_by("row_number", "id"), "findings")
    return Table(
        title=_("Findings"),
        anchor="findings",
        columns=[Column(_("row"), True), Column(_("finding")), Column(_("facts"))],
        rows=[
            [
                finding.row_number or _("whole file"),
                format_html(
                    '{} <span class="bo-name">{}</span>', sentence(finding.message), finding.code
                ),
                display.facts(finding.facts),
            ]
            for finding in findings
        ],
        pager=pager,
        empty=_("Nothing was found that a person should know."),
    )


def _about(row: UsageImport) -> Panel:
    return Facts(
        title=_("About the file"),
        facts=[
            Fact(
                _("received at"), display.instant(row.received_at), _("Decides what is late."), "C4"
            ),
            Fact(_("uploaded by"), row.by),
            Fact(_("bytes"), display.count(row.size)),
            Fact(_("SHA-256"), format_html('<code class="bo-hash">{}</code>', row.sha256)),
            Fact(_("run"), display.link(row.run, run_panels.name(row.run))),
        ],
    )
