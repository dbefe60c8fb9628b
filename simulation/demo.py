"""The demo group: a real month of cloud cost of a real group, made through everybody's services.

Safe to run again: every command has a fixed key, so a second run finds what the first one did.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Sum

from billing.enums import ImportMode, QuantityColumn, RowStatus, VoucherShare
from billing.models import AccountKey, Bill, Charge, Source, UsageImport
from billing.services import catalog, cycles, imports, vouchers
from finance_mgmt.enums import Cycle, Mode
from finance_mgmt.models import Account, Identity
from finance_mgmt.money import ZERO
from finance_mgmt.services import accounts, credit, policy, relationships
from invoicing.services import sellers

FILE = Path(settings.BASE_DIR) / "data" / "focus_1.0_sample_1000.csv"
OPENED = datetime(2024, 7, 1, tzinfo=UTC)
LINKED = datetime(2024, 8, 1, tzinfo=UTC)
DELIVERED = datetime(2024, 10, 2, tzinfo=UTC)  # when the provider's file came
MONTH = datetime(2024, 9, 1, tzinfo=UTC).date()
BY = "demo"

SOURCES = {  # the provider's name in the file -> how its rows are read (data/README.md)
    "AWS": ("aws", Cycle.HOUR, QuantityColumn.PRICING),
    "Microsoft": ("azure", Cycle.DAY, QuantityColumn.CONSUMED),
    "Oracle": ("oracle", Cycle.HOUR, QuantityColumn.PRICING),
}
CREDIT_OWNER = "391835788720"  # outside the group: it granted the one credit in the file
CREDIT_AMOUNT = Decimal("2.6137")


@dataclass(frozen=True)
class MasterLine:
    """One master's month beside what the file says of it, exact."""

    number: str
    members: int
    charges: int
    in_file: Decimal
    charged: Decimal
    total: Decimal
    round_off: Decimal


def open_group() -> None:
    """Make three masters, their members in trusteeship, sources and their keys; say who sells."""
    policy.change(changes={"billing_time_zone": "UTC"}, **_said("policy", OPENED))
    for name, (code, cycle, quantity) in SOURCES.items():
        source = catalog.ensure_source(
            code=code,
            name=name,
            mode=ImportMode.PASS_THROUGH,
            quantity_column=quantity,
            cycle=cycle,
            **_said(f"source {code}", OPENED),
        )
        for (master_id, label), members in _groups(name).items():
            _open_master(source, master_id, label, members)
    sellers.set_seller(
        legal_name="Example Cloud Services",
        tax_number="98-7654321",
        address="1 Market Street",
        postcode="94105",
        city="San Francisco",
        country="US",
        **_said("seller", OPENED),
    )


def import_month() -> UsageImport:
    """Receive the file. A worker reads it; the same call finds the first import again."""
    with FILE.open("rb") as file:
        return imports.receive(
            file_name=FILE.name,
            content=iter(lambda: file.read(1 << 16), b""),
            received_at=DELIVERED,
            **_said("import", DELIVERED),
        )


def resolve_credit(usage_import: UsageImport) -> None:
    """Post the one credit of the file against a voucher of the outside account that gave it."""
    parked = usage_import.rows.filter(status=RowStatus.PARKED).first()
    if parked is None:
        return
    owner = accounts.open(
        number=f"aws-{CREDIT_OWNER}",
        name="Open source credits (outside the group)",
        currency="USD",
        **_said("credit owner", OPENED),
    )
    voucher = vouchers.issue(
        code="AWS-OPEN-SOURCE-2024",
        owner=owner,
        face_value=CREDIT_AMOUNT,
        share=VoucherShare.PRIVATE,
        **_said("credit voucher", OPENED),
    )
    imports.resolve(parked, voucher=voucher, **_said("credit", DELIVERED))


def start_closing(at: datetime) -> None:
    """Let the scheduled jobs close and bill from now on."""
    cycles.start_closing(**_said("start closing", at))


def bills() -> list[Bill]:
    """The bills of the demo's month, by payer."""
    return list(Bill.objects.filter(month=MONTH).select_related("payer").order_by("payer__number"))


def is_billed() -> bool:
    """Whether all masters have their bill of the demo's month."""
    return len(bills()) == len(SOURCES)


def reconcile() -> list[MasterLine]:
    """Each master's bill beside the file's own sum of BilledCost, read anew from the file."""
    in_file: dict[str, Decimal] = {}
    for row in rows():
        number = _number(SOURCES[row["ProviderName"]][0], row["BillingAccountId"])
        in_file[number] = in_file.get(number, ZERO) + Decimal(row["BilledCost"])
    found = []
    for bill in bills():
        charges = Charge.objects.filter(payer=bill.payer, billing_month=bill.month)
        sums = charges.aggregate(
            amount=Sum("payable_amount"), members=Count("owner", distinct=True), count=Count("pk")
        )
        found.append(
            MasterLine(
                number=bill.payer.number,
                members=sums["members"],
                charges=sums["count"],
                in_file=in_file[bill.payer.number],
                charged=sums["amount"],
                total=bill.total,
                round_off=bill.round_off,
            )
        )
    return found


def wrong_members() -> list[str]:
    """Members whose charges don't sum to what the file says of them, to the last digit."""
    in_file: dict[int, Decimal] = {}
    keys = {(key.source.name, key.external_id): key.account_id for key in _keys()}
    for row in rows():
        owner = keys[row["ProviderName"], row["SubAccountId"]]
        in_file[owner] = in_file.get(owner, ZERO) + Decimal(row["BilledCost"])
    charged = Charge.objects.order_by().values_list("owner").annotate(Sum("payable_amount"))
    sums = dict(charged)
    wrong = [owner for owner, amount in in_file.items() if sums.get(owner) != amount]
    return list(Account.objects.filter(pk__in=wrong).values_list("number", flat=True))


def rows() -> Iterator[dict[str, str]]:
    """The file's rows, read plainly: this is the witness, not the importer."""
    with FILE.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _open_master(source: Source, master_id: str, label: str, members: dict[str, str]) -> None:
    number = _number(source.code, master_id)
    name = label or f"{source.name} {number}"
    identity = accounts.verify_identity(
        legal_name=name, registration_number=number, **_said(f"identity {number}", OPENED)
    )
    master = _open(source, master_id, name, identity)
    credit.set_limit(
        account=master,
        limit=Decimal(1000),
        reason="contract",
        **_said(f"limit {number}", OPENED),
    )
    for member_id, member_label in members.items():
        member = _open(source, member_id, member_label, identity)
        relationships.link(
            master=master,
            member=member,
            mode=Mode.TRUSTEESHIP,
            **_said(f"link {member.number}", LINKED),
        )


def _open(source: Source, external_id: str, name: str, identity: Identity) -> Account:
    number = _number(source.code, external_id)
    account = accounts.open(
        number=number,
        name=name,
        currency="USD",
        identity=identity,
        **_said(f"open {number}", OPENED),
    )
    catalog.name_account(
        source=source,
        external_id=external_id,
        account=account,
        **_said(f"key {number}", OPENED),
    )
    return account


def _groups(provider: str) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows():
        if row["ProviderName"] == provider:
            label = row["BillingAccountName"] if row["BillingAccountName"] != "NULL" else ""
            members = found.setdefault((row["BillingAccountId"], label), {})
            members[row["SubAccountId"]] = row["SubAccountName"]
    return found


def _keys() -> list[AccountKey]:
    return list(AccountKey.objects.select_related("source"))


def _number(code: str, external_id: str) -> str:
    return f"{code}-{external_id.rstrip('/').rsplit('/', 1)[-1][-36:]}"


def _said(what: str, at: datetime) -> dict:
    return {"key": f"demo {what}", "by": BY, "at": at}
