"""Files of usage: sent in, read in the background, and what was found (FOCUS)."""

import hashlib
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import Instant, code_of
from finance_mgmt.api.filtering import PAGED, Filters, before, refuse_unknown, since
from finance_mgmt.api.nouns import Listed, Noun, Shown, answer_page, page
from finance_mgmt.api.paging import ordered
from finance_mgmt.api.parsers import canonical
from finance_mgmt.api.problem_examples import answers_with
from finance_mgmt.api.problems import Malformed
from finance_mgmt.enums import RunState
from finance_mgmt.tasks import poke

from ..enums import ImportMode, RowStatus
from ..focus.refusals import RefusedFile
from ..models import Finding, ImportedRow, UsageImport
from ..queries import access
from ..services import imports


class ImportShown(serializers.ModelSerializer):
    """One file and what became of its rows."""

    received_at = Instant(read_only=True)
    totals = serializers.DictField(read_only=True)
    rerating = serializers.DictField(read_only=True)
    run_state = serializers.ChoiceField(
        choices=RunState.choices, source="run.state", read_only=True
    )

    class Meta:
        model = UsageImport
        fields = (
            "id",
            "file_name",
            "sha256",
            "size",
            "state",
            "by",
            "received_at",
            "run",
            "run_state",
            "rows_read",
            "rows_stored",
            "rows_known",
            "rows_parked",
            "rows_late",
            "totals",
            "rerating",
        )
        read_only_fields = fields


class FindingShown(serializers.ModelSerializer):
    """Something about a row; row 0 is the whole file."""

    facts = serializers.DictField(read_only=True)

    class Meta:
        model = Finding
        fields = ("row_number", "code", "message", "facts")
        read_only_fields = fields


class ImportInFull(ImportShown):
    """An import with what was found."""

    findings = FindingShown(many=True, read_only=True)

    class Meta(ImportShown.Meta):
        fields = (*ImportShown.Meta.fields, "findings")
        read_only_fields = fields


class RowShown(serializers.ModelSerializer):
    """One row of a stored file, as it came, and what became of it."""

    source = code_of()
    content = serializers.DictField(read_only=True)

    class Meta:
        model = ImportedRow
        fields = ("row_number", "source", "key", "status", "parked_because", "record", "content")
        read_only_fields = fields


class ImportBody(Body):
    """A FOCUS CSV file, and what its sender says it holds."""

    file = serializers.FileField()
    mode = serializers.ChoiceField(
        choices=ImportMode.choices, required=False, help_text="Left out: as its sources say."
    )
    received_at = Instant(required=False, help_text="Left out: now. Earlier for history (C4).")
    expected_rows = serializers.IntegerField(required=False, min_value=0, max_value=10**9)
    expected_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$", required=False)


class ImportFilters(Filters):
    since = since("received_at")
    before = before("received_at")

    class Meta:
        model = UsageImport
        fields = ("state", "sha256", "by")


class Imports(Listed, Shown, Noun):
    """Files of usage: for staff."""

    model = UsageImport
    rows = access.imports
    shown = ImportShown
    in_full = ImportInFull
    staff_view = "billing.view_usageimport"
    ordering_fields = ("id", "received_at")
    viewers = actors.NOBODY
    filterset_class = ImportFilters
    parser_classes = (MultiPartParser,)

    def document(self, request: Request) -> str:
        """The fields, and the file by its digest."""
        said: dict[str, Any] = dict(request.data.items())
        for name, file in request.FILES.items():
            digest = hashlib.sha256()
            for chunk in file.chunks():
                digest.update(chunk)
            said[name] = [file.name, digest.hexdigest()]
        return canonical(said)

    @command(
        asks=ImportBody,
        answers=ImportShown,
        staff="billing.add_usageimport",
        status=201,
        refuses=(imports.ImportRefused, RefusedFile),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> UsageImport:
        """Take a file in; workers read it. Nothing of it is stored if anything is wrong."""
        expected = imports.Expected(
            rows=body.get("expected_rows"), sha256=body.get("expected_sha256")
        )
        received = imports.receive(
            file_name=body["file"].name,
            content=body["file"].chunks(),
            received_at=body.get("received_at", said["at"]),
            mode=ImportMode(body["mode"]) if "mode" in body else None,
            expected=expected,
            **said,
        )
        transaction.on_commit(lambda: poke(received.run))
        return received

    @extend_schema(
        responses={200: RowShown(many=True)},
        parameters=[OpenApiParameter("status", str, enum=list(RowStatus))],
        filters=False,
        operation_id="imports_rows_list",
    )
    @action(detail=True, url_path="rows")
    @answers_with("unknown_value")
    @page
    def rows_of(self, request: Request, pk: int) -> Response:
        """What became of each row, in the order they were stored: `record` is its usage."""
        refuse_unknown(request, {"status", *PAGED})
        found = self.get_object().rows.select_related("source").order_by()
        if status := request.query_params.get("status"):
            if status not in list(RowStatus):
                text = f"status is one of: {', '.join(RowStatus)}."
                raise Malformed(text, code="unknown_value")
            found = found.filter(status=status)
        return answer_page(self, ordered(found, "id"), RowShown)
