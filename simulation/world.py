"""What a running scenario knows: the things of its file by their short names, and its story."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet

from billing.models import Commitment, Family, Order, Product, Resource, Source, Voucher
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Relationship
from finance_mgmt.policy import Policy

from .agenda import Agenda
from .files import Event, Row, Scenario

BY = SOURCE = "scenario"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # what the head of a file names was always there

Found = TypeVar("Found", bound=Model)


class NotThere(FinanceError):
    """An event names something that an earlier, refused event did not make."""

    code = "not_there"


@dataclass(frozen=True)
class Refused:
    """One event that the rules refused."""

    event: Event
    error: FinanceError


@dataclass(frozen=True)
class Previewed:
    """The answer to a preview: what would change, or why it would be refused."""

    event: Event
    would: dict[str, Any]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Line:
    """One thing that happened, for people."""

    at: datetime
    who: str
    what: str
    is_refusal: bool = False


@dataclass(frozen=True)
class Rest:
    """Nothing is due: since this decision, and until this instant unless somebody decides."""

    decision: int | None
    until: datetime


@dataclass
class World:
    """A scenario in progress."""

    scenario: Scenario
    refusals: list[Refused] = field(default_factory=list)
    previews: list[Previewed] = field(default_factory=list)
    story: list[Line] = field(default_factory=list)
    is_asking: bool = False  # a preview is being answered
    rest: Rest | None = None  # nothing is due
    agenda: Agenda | None = None  # what waits for the jobs, as they last saw it
    by: str = BY  # who does all this, in the trail
    names: dict[str, str] = field(default_factory=dict)  # full names, where short ones won't do
    policy: Policy = field(init=False)  # the provider's switches
    _stock: dict[tuple[str, str], Any] = field(default_factory=dict)  # what never changes

    def __post_init__(self) -> None:
        self.policy = self.scenario.policy

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the file and of the bills."""
        return self.policy.zone

    def said(self, event: Event) -> dict[str, Any]:
        """Key, actor and instant of an event, as every service wants them."""
        return {"key": f"event {event.index}", "by": self.by, "at": event.at}

    def set_up(self, row: Row) -> dict[str, Any]:
        """The same for a row of the head."""
        return {"key": row.place, "by": self.by, "at": self.scenario.start}

    def tell(self, at: datetime, who: str, what: str, *, is_refusal: bool = False) -> None:
        """Add a line to the story."""
        self.story.append(Line(at, who, what, is_refusal))

    def account(self, name: str) -> Account:
        """An account by its short name. Raises NotThere."""
        return _one(Account.objects.filter(number=name), "account", name, "L14")

    def accounts(self, names: tuple[str, ...]) -> list[Account]:
        """Accounts by their short names. Raises NotThere."""
        return [self.account(name) for name in names]

    def product(self, code: str) -> Product:
        """A product by its code. It never changes: looked up once."""
        return self._once("product", code, lambda: Product.objects.get(code=code))

    def products(self, codes: tuple[str, ...]) -> list[Product]:
        """Products by their codes."""
        return [self.product(code) for code in codes]

    def family(self, code: str) -> Family:
        """A product family by its code."""
        return self._once("family", code, lambda: Family.objects.get(code=code))

    def families(self, codes: tuple[str, ...]) -> list[Family]:
        """Product families by their codes."""
        return [self.family(code) for code in codes]

    def source(self) -> Source:
        """Where the usage of the file comes from."""
        return self._once("source", SOURCE, lambda: Source.objects.get(code=SOURCE))

    def order(self, number: str) -> Order:
        """An order by its id. Raises NotThere."""
        return _one(Order.objects.filter(number=number), "order", number, "O1")

    def voucher(self, code: str) -> Voucher:
        """A voucher by its id. Raises NotThere."""
        return _one(Voucher.objects.filter(code=code), "voucher", code, "V1")

    def commitment(self, code: str) -> Commitment:
        """A commitment by its id. Raises NotThere."""
        return _one(Commitment.objects.filter(code=code), "commitment", code, "K1")

    def resource(self, account: str, code: str, product: str | None) -> Resource:
        """A resource of an account by its name, of a product if one is named. Raises NotThere."""
        rows = Resource.objects.filter(account__number=account, code=code)
        if product is None:
            return _one(rows, "resource", code, "R1")
        return _one(rows.filter(product__code=product), "resource", f"{code} of {product}", "R1")

    def _once(self, noun: str, code: str, find: Callable[[], Found]) -> Found:
        if (noun, code) not in self._stock:
            self._stock[noun, code] = find()
        return self._stock[noun, code]

    def link_of(
        self, member: str, states: tuple[str, ...], rule: str, *, master: str | None = None
    ) -> Relationship:
        """The member's relationship in one of the states, else its last one: a service says no.

        Raises NotThere where the member never had one.
        """
        links = Relationship.objects.filter(member=self.account(member)).order_by("-pk")
        if master is not None:
            links = links.filter(master=self.account(master))
        found = links.filter(state__in=states).first() or links.first()
        if found is None:
            text = f"{member} has no relationship{f' with {master}' if master else ''}."
            raise NotThere(Reason(rule, "not_linked", text, {"member": member}))
        return found


def _one(rows: "QuerySet[Found]", noun: str, name: str, rule: str) -> Found:
    if (found := rows.first()) is None:
        text = f"There is no {noun} {name}: the event that should have made it was refused."
        raise NotThere(Reason(rule, f"no_such_{noun}", text, {noun: name}))
    return found
