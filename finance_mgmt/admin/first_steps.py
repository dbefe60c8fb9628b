"""What to do first, on the dashboard of empty books (settings.FIRST_STEPS)."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from ..models import Account, StoredPolicy
from . import display


@dataclass(frozen=True)
class Step:
    """One thing to do, why, and where."""

    title: Any
    sentence: Any
    label: Any
    url: str
    is_done: bool


def steps(request: HttpRequest) -> list[Step]:
    """Those of all floors that this person may take."""
    found = (import_string(path)(request) for path in settings.FIRST_STEPS)
    return [step for step in found if step]


def step(request: HttpRequest, model: Any, title: Any, sentence: Any) -> Step | None:
    """One that is done when a table has rows, for who may see its list."""
    if not request.user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}"):
        return None
    label = model._meta.verbose_name_plural
    return Step(title, sentence, label, display.list_of(model), model.objects.exists())


def policy(request: HttpRequest) -> Step | None:
    """The switches: before usage, because cycles are cut in the billing time zone."""
    title = _("Check the policy")
    said = _("The billing time zone cuts all cycles and can't be changed once there is usage (C5).")
    return step(request, StoredPolicy, title, said)


def accounts(request: HttpRequest) -> Step | None:
    """Customers."""
    said = _("Each customer has an account; masters are linked to their members.")
    return step(request, Account, _("Open accounts"), said)
