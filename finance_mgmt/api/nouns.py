"""What all resources share: who asks and when, which rows there are for them, lists and pages."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from ..clock import now
from ..enums import End, Role
from ..models import Account, Relationship
from ..queries.access import Actor
from . import actors, sparse, versions
from .filtering import refuse_unknown
from .parsers import canonical
from .throttles import Everything, Group, Writes

Do = Callable[..., Any]


class Door(APIView):
    """A view that knows who asks and when."""

    permission_classes = (actors.MayDo,)
    throttle_classes = (Everything, Group, Writes)
    at: datetime

    def perform_authentication(self, request: Request) -> None:
        """Sign in, then say for which account."""
        self.at = now()
        request.actor = None  # whoever signs in wrongly is nobody
        super().perform_authentication(request)
        request.actor = actors.of(request, self.at)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers are of one person at one moment: nobody on the way keeps them."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "no-store"
        return answer

    def needs(self) -> tuple[str, tuple[Role, ...]]:
        """The permission that staff need, and the roles that may do this for an account."""
        raise NotImplementedError

    @property
    def actor(self) -> Actor:
        """Who asks."""
        found: Actor = self.request.actor  # type: ignore[attr-defined]
        return found


class Noun(Door, GenericViewSet):
    """Rows of one kind. `rows` says which there are for an actor: all others don't exist (404).

    Commands are methods with `@command` (commands.py). `staff_view` is the permission to look,
    `viewers` the roles that may.
    """

    model: ClassVar[type[Model]]
    rows: ClassVar[Callable[[Actor], QuerySet[Any]]]
    shown: ClassVar[type[Serializer]]
    in_full: ClassVar[type[Serializer] | None] = None  # of a single row, where it shows more
    staff_view: ClassVar[str] = ""
    viewers: ClassVar[tuple[Role, ...]] = actors.ANYBODY
    ordering: ClassVar[str] = "-id"
    ordering_fields: ClassVar[tuple[str, ...]] = ("id",)
    lookup_value_converter = "int"
    _row: Any = None

    def needs(self) -> tuple[str, tuple[Role, ...]]:
        """Those of the command, else those for looking."""
        spec = getattr(getattr(self, self.action or "", None), "spec", None)
        if spec is not None:
            return spec.staff, spec.roles
        return self.staff_view, self.viewers

    def get_queryset(self) -> QuerySet[Any]:
        """The rows that there are for this actor."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        return type(self).rows(self.actor)

    def get_serializer_class(self) -> type[BaseSerializer]:
        """How a row is shown: in lists, or alone."""
        return self.in_full if self.action == "retrieve" and self.in_full else self.shown

    def get_object(self) -> Any:
        """The row of the address. One that the actor does not see is not found."""
        if self._row is None:
            wanted = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
            rows = versions.versioned(self.get_queryset())
            rows = rows.filter(**{self.lookup_field: wanted})
            self._row = None if "\0" in str(wanted) else rows.first()
        if self._row is None:
            raise Http404
        self.concern(self.parties_of(self._row))
        return self._row

    def concern(self, parties: Mapping[str, int]) -> None:
        """Note which accounts it is about: refusals and previews tell each only its own facts."""
        known = getattr(self.request, "parties", {})
        self.request.parties = {**known, **parties}  # type: ignore[attr-defined]

    def parties_of(self, row: Any) -> dict[str, int]:
        """The accounts that a row is about, by their part in it."""
        if isinstance(row, Relationship):
            return {"master": row.master_id, "member": row.member_id}
        return {"account": row.pk} if isinstance(row, Account) else {}

    def guard(self, row: Any) -> Any:
        """The row that a command writes: locked while the version is compared (versions.py)."""
        return row

    def forget(self) -> None:
        """Read the row again: the transaction begins anew."""
        self._row = None

    def own(self, row: Any, column: str = "owner_id") -> Any:
        """The row, if it is the acting account's own. Seeing it is not enough to change it."""
        return self._allowed(row, self.actor.account and {self.actor.account.pk}, column)

    def managed(self, row: Any, column: str = "owner_id") -> Any:
        """The row, if it is the account's own or that of a trusteeship member (Z5)."""
        return self._allowed(row, self.actor.sight and self.actor.sight.managed, column)

    def end_of(self, link: Relationship, *ends: End) -> Relationship:
        """The relationship, if the actor stands at one of these ends. Staff stand at all."""
        account = self.actor.account
        at_end = {End.MASTER: link.master_id, End.MEMBER: link.member_id}
        if account is None or account.pk in [at_end[end] for end in ends]:
            return link
        raise PermissionDenied(f"This is for the {' or '.join(ends)} to do.", code="other_end")

    def document(self, request: Request) -> str:
        """All that the body says, as one text: the same for the same command."""
        return canonical(request.data)

    def said(self, key: str) -> dict[str, Any]:
        """Key, actor and instant, as every service wants them last."""
        return {"key": key, "by": self.actor.name, "at": self.at}

    def _allowed(self, row: Any, allowed: Any, column: str) -> Any:
        if allowed is not None and getattr(row, column) not in allowed:
            raise PermissionDenied("You may look at this, not change it.", code="not_yours")
        return row


class Listed:
    """A list of the rows, by pages."""

    def list(self: Any, request: Request, **kwargs: Any) -> Response:
        """The rows that fit the filters, a page at a time."""
        return answer_page(self, self.filter_queryset(self.get_queryset()), self.shown)


class Shown:
    """A page for each row."""

    def retrieve(self: Any, request: Request, **kwargs: Any) -> Response:
        """One row."""
        refuse_unknown(request, {sparse.PARAMETER})
        row = self.get_object()
        shown = sparse.thin(self.get_serializer(row), request).data
        return versions.conditional(request, shown, versions.of_row(row, shown))


def page(view: Do) -> Do:
    """Mark a method that answers with `answer_page`, for the schema."""
    view.is_page = True  # type: ignore[attr-defined]
    return view


def answer_page(view: Any, rows: QuerySet[Any], kind: type[Serializer]) -> Response:
    """One page of ordered rows, with the fields that were asked for, under its tag."""
    page = view.paginate_queryset(rows)
    shown = kind(page, many=True, context=view.get_serializer_context())
    body = view.get_paginated_response(sparse.thin(shown, view.request).data).data
    tag = versions.of_page(body["results"], goes_on=body["next"] is not None)
    return versions.conditional(view.request, body, tag)
