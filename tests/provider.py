"""A provider as tests see it: accounts, products, usage and jobs on a clock they move."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from billing.models import Bill, Charge, Discount, Family, Price, Product, Source
from billing.services import bills, cycles, usage
from finance_mgmt.enums import Channel, Cycle, Mode
from finance_mgmt.models import Account, Relationship, Run
from finance_mgmt.queries import policy
from finance_mgmt.services import accounts, cash, credit, relationships, runs
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
            credit.set_limit(
                account=account, limit=Decimal(credit_limit), reason="", **self.said()
            )
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

    def discount(self, owner: Account, *, rate: str, **scope) -> Discount:
        return Discount.objects.create(owner=owner, rate=Decimal(rate), **scope)

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
    ) -> None:
        """Metered usage at `when`, reported then or later."""
        source, _ = Source.objects.get_or_create(code="meter")
        record = usage.NewUsage(
            key=key or self.key(),
            owner=owner,
            product=product,
            quantity=Decimal(quantity),
            starts_at=when,
            resource=resource,
        )
        usage.accept([record], source=source, **self.said(reported or when))

    def jobs(self, when: datetime) -> None:
        """Everything the scheduled jobs do at the instant: close cycles, issue bills."""
        cycles.start_closing(**self.said(when))
        while run := cycles.close(by="job", at=when) or bills.issue(by="job", at=when):
            finished = runs.work(run.pk, worker="test")
            assert finished.state == "done", [step.error for step in finished.steps.all()]

    def charges(self) -> list[Charge]:
        return list(Charge.objects.order_by("period_start", "owner", "product", "id"))

    def bills(self) -> list[Bill]:
        return list(Bill.objects.order_by("month", "payer"))

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
