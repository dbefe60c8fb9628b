"""The form of a question: which change, when, and which months to look at."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from finance_mgmt.admin.command_forms import AccountField, AmountField, CommandForm, InstantField
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.money import plain

from ..replay.question import MOST_MONTHS, Question

KINDS = {
    "": gettext_lazy("nothing: as it was"),
    "link": gettext_lazy("link a member to a master"),
    "upgrade": gettext_lazy("upgrade a relationship to trusteeship"),
    "move": gettext_lazy("move a member to another master"),
    "end": gettext_lazy("end a relationship"),
    "grant": gettext_lazy("grant a power"),
    "revoke": gettext_lazy("revoke a power"),
    "add_discount": gettext_lazy("give a discount"),
    "share": gettext_lazy("share a commitment"),
    "set_credit_limit": gettext_lazy("set a credit limit"),
}
# Which fields each change has; those with a star must be given.
FIELDS = {
    "link": ("master*", "member*", "mode*"),
    "upgrade": ("member*",),
    "move": ("member*", "master*"),
    "end": ("member*",),
    "grant": ("member*", "permission*"),
    "revoke": ("member*", "permission*"),
    "add_discount": ("owner*", "product", "rate*"),
    "share": ("commitment*",),
    "set_credit_limit": ("owner*", "amount*"),
}


def _words(choices: Any) -> list[tuple[str, Any]]:
    return [("", ""), *choices]


class QuestionForm(CommandForm):
    """One change and the months. Only the fields of the chosen change are read."""

    account = AccountField(
        "member",
        label=gettext_lazy("Account"),
        help_text=gettext_lazy("Its whole group is replayed."),
    )
    first = forms.CharField(
        label=gettext_lazy("First month"),
        max_length=7,
        help_text=gettext_lazy("Such as 2024-09."),
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2024-09"}),
    )
    months = forms.IntegerField(
        label=gettext_lazy("Months"),
        min_value=1,
        max_value=MOST_MONTHS,
        initial=1,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
    )
    change = forms.ChoiceField(
        label=gettext_lazy("What if"),
        required=False,
        choices=list(KINDS.items()),
        widget=UnfoldAdminSelectWidget(),
    )
    master = AccountField("master", label=gettext_lazy("Master"), required=False)
    member = AccountField("member", label=gettext_lazy("Member"), required=False)
    mode = forms.ChoiceField(
        label=gettext_lazy("Mode"),
        required=False,
        choices=_words(Mode.choices),
        widget=UnfoldAdminSelectWidget(),
    )
    permission = forms.ChoiceField(
        label=gettext_lazy("Permission"),
        required=False,
        choices=_words(Permission.choices),
        widget=UnfoldAdminSelectWidget(),
    )
    owner = AccountField("member", label=gettext_lazy("For account"), required=False)
    product = forms.CharField(
        label=gettext_lazy("Product"),
        required=False,
        help_text=gettext_lazy("Its code; empty: all products."),
        widget=UnfoldAdminTextInputWidget(),
    )
    rate = AmountField(
        is_money=False,
        label=gettext_lazy("Rate"),
        required=False,
        help_text=gettext_lazy("0.80 pays 80 %."),
    )
    commitment = forms.CharField(
        label=gettext_lazy("Commitment"),
        required=False,
        help_text=gettext_lazy("Its code. It is shared with all trusteeship members."),
        widget=UnfoldAdminTextInputWidget(),
    )
    amount = AmountField(label=gettext_lazy("Credit limit"), required=False)
    at = InstantField(
        label=gettext_lazy("When"),
        help_text=gettext_lazy("Within these months. Empty: as the first one starts."),
    )

    def clean_first(self) -> date:
        """The first day of the month."""
        try:
            return date.fromisoformat(f"{self.cleaned_data['first']}-01")
        except ValueError as wrong:
            raise ValidationError(_("Give a month such as 2024-09."), code="bad_month") from wrong

    def clean(self) -> dict[str, Any]:
        """What the change needs must be there."""
        given = super().clean() or self.cleaned_data
        for name in FIELDS.get(given.get("change", ""), ()):
            field = name.removesuffix("*")
            if name != field and given.get(field) in (None, "") and field not in self.errors:
                self.add_error(field, _("The change needs this."))
        return given

    def question(self) -> Question:
        """What is asked, as the service wants it."""
        given = self.cleaned_data
        kind = given["change"]
        return Question(
            account=given["account"].number,
            change={kind: _keys(kind, given)} if kind else None,
            first=given["first"],
            months=given["months"],
            at=given["at"],
        )


def _keys(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    names = [name.removesuffix("*") for name in FIELDS[kind]]
    keys = {name: _plain(given[name]) for name in names if given[name] not in (None, "")}
    if kind in ("link", "upgrade", "move"):
        keys["acknowledge"] = True
    if kind == "share":
        keys["share"] = True
    if kind == "set_credit_limit":
        keys["account"] = keys.pop("owner")
    return keys


def _plain(value: Any) -> str:
    if hasattr(value, "number"):
        return str(value.number)
    return plain(value) if not isinstance(value, str) else value
