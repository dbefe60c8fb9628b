"""What accounts run (R1)."""

from typing import Any

from rest_framework import serializers

from finance_mgmt import queries as ground
from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import Acting, Coded, Instant, code_of, number_of
from finance_mgmt.api.filtering import Filters, account_number, filters
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..models import Product, Resource
from ..queries import access
from ..services import resources


class ResourceShown(serializers.ModelSerializer):
    """Something an account runs."""

    account = number_of()
    product = code_of()
    started_at = Instant(read_only=True)
    paid_until = Instant(read_only=True, allow_null=True)
    released_at = Instant(read_only=True, allow_null=True)

    class Meta:
        model = Resource
        fields = (
            "id",
            "account",
            "code",
            "product",
            "kind",
            "status",
            "started_at",
            "paid_until",
            "released_at",
        )
        read_only_fields = fields


class StartBody(Body):
    """What to start."""

    account = Acting(help_text="Left out: the account you act for.")
    code = serializers.CharField(max_length=1000)
    product = Coded(queryset=Product.objects.all())


class ResourceFilters(Filters):
    account = account_number("account")
    product = filters.CharFilter(field_name="product__code")

    class Meta:
        model = Resource
        fields = ("account", "product", "kind", "status", "code")


class Resources(Listed, Shown, Noun):
    """Resources of the account, and of others whose consumption it sees."""

    model = Resource
    rows = access.resources
    shown = ResourceShown
    staff_view = "billing.view_resource"
    ordering_fields = ("id", "code", "started_at")
    filterset_class = ResourceFilters

    @command(
        asks=StartBody,
        answers=ResourceShown,
        staff="run_resource",
        roles=actors.OWNERS,
        status=201,
        example={"account": "ACME-2", "code": "vm-1", "product": "vm-small"},
        refuses=(resources.ResourceRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Resource:
        """Start a postpaid resource (R1)."""
        self.concern({"payer": ground.terms(body["account"].pk, self.at).funds_that_decide})
        return resources.start(**body, **said)

    @command(
        answers=ResourceShown,
        staff="run_resource",
        roles=actors.OWNERS,
        refuses=(resources.ResourceRefused,),
    )
    def release(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Resource:
        """Give a resource up (R1)."""
        return resources.release(resource=self.managed(self.get_object(), "account_id"), **said)
