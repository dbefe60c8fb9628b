"""Staff and their groups, in the look of the rest."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from knox.models import AuthToken
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from . import columns
from .lists import ListTools
from .permission_words import ChoosesRights, role

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(AuthToken)  # tokens are issued by the API, to whoever signs in there
for _known in (AccessAttempt, AccessFailureLog, AccessLog, EmailAddress, Authenticator):
    if admin.site.is_registered(_known):
        admin.site.unregister(_known)


@admin.register(User)
class UserAdmin(ListTools, ChoosesRights, DjangoUserAdmin, ModelAdmin):
    """People who may sign in here."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    hidden_fields = ("password",)
    actions = None


@admin.register(Group)
class GroupAdmin(ListTools, ChoosesRights, DjangoGroupAdmin, ModelAdmin):
    """Roles: sets of permissions, each money action with its own (Z6)."""

    actions = None
    list_display = ("called",)

    @admin.display(description=gettext_lazy("role"), ordering="name")
    def called(self, row: Group) -> str:
        """In the reader's language."""
        return role(row)


class Kept(ModelAdmin):
    """What signing in leaves behind: to look at, and to delete when it stands in the way."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody makes these by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits them."""
        return False


@admin.register(AccessAttempt)
class AccessAttemptAdmin(Kept):
    """Wrong passwords by name and address. Deleting a row unlocks."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("username", "ip_address")
    fields = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")
    readonly_fields = fields


@admin.register(Authenticator)
class AuthenticatorAdmin(Kept):
    """Second factors. Deleting one lets its owner in without it: only if the phone is lost."""

    list_display = ("whose", "kind", "made_instant", "used_instant")
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__username",)
    fields = list_display
    readonly_fields = fields

    made_instant = columns.instant("created_at", gettext_lazy("made at"))
    used_instant = columns.instant("last_used_at", gettext_lazy("last used at"))

    @admin.display(description=gettext_lazy("user"), ordering="user__username")
    def whose(self, row: Authenticator) -> str:
        """Who has it."""
        return row.user.get_username()

    @admin.display(description=gettext_lazy("kind"), ordering="type")
    def kind(self, row: Authenticator) -> str:
        """An app, a passkey, or codes on paper."""
        return row.get_type_display()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """As the sidebar calls it."""
        context = {"title": _("Second factors")} | (extra_context or {})
        return super().changelist_view(request, context)
