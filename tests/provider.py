"""A provider as tests see it: accounts, products, usage and jobs on a clock they move."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from billing.models import (
    Bill,
    Charge,
    Discount,
    Family,
    Price,
    Product,
    Source,
    UsageRecord,
)
from billing.services import bills, cycles, sums, usage
from finance_mgmt import queries
from finance_mgmt.enums import Channel, Cycle, Mode
from finance_mgmt.models import Account, Funds, Movement, Relationship, Run
from finance_mgmt.queries import policy
from finance_mgmt.rules.credit import Figures
from finance_mgmt.rules.ledger import ALL_FIGURES
from finance_mgmt.services import (
    accounts,
    cash,
    changes,
    credit,
    decisions,
    effects,
    ledger,
    relationships,
    runs,
)
from finance_mgmt.services import policy as switches

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant on the wall clock of Shanghai: at("2024-05-10 14:20:30")."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


class Provider:
    """Speaks to the product through its services only."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def key(self) -> str:
        return f"test-{next(self._numbers)}"

    def said(self, when: datetime = LONG_AGO) -> dict:
        """Key, actor and instant, as every service wants them last."""
        return {"key": self.key(), "by": "test", "at": when}

    def policy(self, **changes) -> None:
        switches.change(changes=changes, **self.said())

    def account(
        self,
        number: str,
        *,
        identity: str | None = "Acme Ltd",
        cash_amount: str = "0",
        credit_limit: str = "0",
        currency: str = "CNY",
        channel: Channel = Channel.DIRECT,
    ) -> Account:
        person = identity and accounts.verify_identity(
            legal_name=identity, registration_number=identity, **self.said()
        )
        account = accounts.open(
            number=number,
            name=number,
            currency=currency,
            identity=person,
            channel=channel,
            **self.said(),
        )
        if Decimal(cash_amount):
            cash.top_up(account=account, amount=Decimal(cash_amount), reason="", **self.said())
        if Decimal(credit_limit):
            credit.set_limit(account=account, limit=Decimal(credit_limit), reason="", **self.said())
        return account

    def product(
        self,
        code: str,
        *,
        cycle: str = Cycle.HOUR,
        unit_price: str | None = "1",
        family: str = "compute",
        keeps_own_discount: bool = False,
    ) -> Product:
        group, _ = Family.objects.get_or_create(code=family, defaults={"name": family})
        product = Product.objects.create(
            code=code, name=code, family=group, cycle=cycle, keeps_own_discount=keeps_own_discount
        )
        if unit_price is not None:
            Price.objects.create(
                product=product, unit_price=Decimal(unit_price), effective_from=LONG_AGO
            )
        return product

    def price(self, product: Product, unit_price: str, since: datetime) -> Price:
        return Price.objects.create(
            product=product, unit_price=Decimal(unit_price), effective_from=since
        )

    def discount(
        self, owner: Account, *, rate: str | None = None, fixed_price: str | None = None, **scope
    ) -> Discount:
        return Discount.objects.create(
            owner=owner,
            rate=None if rate is None else Decimal(rate),
            fixed_price=None if fixed_price is None else Decimal(fixed_price),
            **scope,
        )

    def link(
        self,
        master: Account,
        member: Account,
        when: datetime = LONG_AGO,
        *,
        mode: Mode = Mode.TRUSTEESHIP,
        grants: tuple = (),
    ) -> Relationship:
        return relationships.link(
            master=master,
            member=member,
            mode=mode,
            grants=grants,
            has_acknowledged=True,
            **self.said(when),
        )

    def use(
        self,
        owner: Account,
        product: Product,
        quantity: str,
        when: datetime,
        *,
        reported: datetime | None = None,
        resource: str = "",
        key: str | None = None,
        given_amount: str | None = None,
        **more,
    ) -> UsageRecord:
        """Metered usage at `when`, reported then or later."""
        source, _ = Source.objects.get_or_create(code="meter")
        record = usage.NewUsage(
            key=key or self.key(),
            owner=owner,
            product=product,
            quantity=Decimal(quantity),
            starts_at=when,
            resource=resource,
            given_amount=None if given_amount is None else Decimal(given_amount),
            **more,
        )
        return usage.accept([record], source=source, **self.said(reported or when))[0]

    def start_closing(self, when: datetime = LONG_AGO) -> None:
        """From now on what comes after the end of its cycle is late (C4)."""
        cycles.start_closing(**self.said(when))

    def jobs(self, when: datetime) -> None:
        """Everything the scheduled jobs do at the instant: close, issue bills, sum charges."""
        cycles.start_closing(**self.said(when))
        while run := cycles.close(by="job", at=when) or bills.issue(by="job", at=when):
            finished = runs.work(run.pk, worker="test")
            assert finished.state == "done", [step.error for step in finished.steps.all()]
        sums.catch_up()

    def charges(self) -> list[Charge]:
        """Every charge, in an order that does not hang on how the database wrote them."""
        return list(
            Charge.objects.order_by(
                "period_start", "owner", "product", "is_late", "quantity", "payable_amount", "id"
            )
        )

    def bills(self) -> list[Bill]:
        return list(Bill.objects.order_by("month", "payer"))

    def run(self, when: datetime) -> Run:
        """The next run that the jobs would make at the instant, worked on; it may fail."""
        cycles.start_closing(**self.said(when))
        opened = cycles.close(by="job", at=when) or bills.issue(by="job", at=when)
        return runs.work(opened.pk, worker="test")

    def apply_changes(self, when: datetime) -> None:
        """Let the future-dated changes that are due take effect (L9)."""
        for relationship in effects.due_changes(when):
            effects.apply(relationship=relationship, by="job", at=when)

    def end(self, relationship: Relationship, when: datetime, **later) -> Relationship:
        return changes.end(relationship=relationship, **later, **self.said(when))

    def post(self, *lines: ledger.Line, when: datetime = LONG_AGO) -> list[Movement]:
        """Movements no service makes yet, straight into the ledger."""
        with transaction.atomic():
            said = self.said(when)
            decision, _ = decisions.record(verb="test.post", facts={}, **said)
            return ledger.post(lines, decision=decision, at=when)

    def figures(self, account: Account, when: datetime = LONG_AGO) -> Figures:
        return queries.figures_of([account.pk], when)[account.pk]

    def stored(self, account: Account) -> dict[str, Decimal]:
        """The stored figures that are not 0."""
        row = Funds.objects.values(*ALL_FIGURES).get(pk=account.pk)
        return {name: amount for name, amount in row.items() if amount}

    def runs(self) -> list[Run]:
        return list(Run.objects.order_by("id"))

    def verify_books(self) -> None:
        """The invariants that hold at every moment (F10, RELIABILITY 4)."""
        wrong = [said for path in settings.BOOK_CHECKS for said in import_string(path)()]
        assert wrong == []

    def zone(self) -> ZoneInfo:
        return policy().zone

    @staticmethod
    def after(when: datetime, **span) -> datetime:
        return when + timedelta(**span)
