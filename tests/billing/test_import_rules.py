"""What becomes of the rows of a file: stored, parked, or the whole file held (FOCUS.md 2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.models import ImportedRow, Product, UsageImport, UsageRecord
from billing.services import catalog, cycles, usage
from billing.services.imports import Expected
from finance_mgmt.enums import Mode
from finance_mgmt.money import plain
from tests.billing import files
from tests.billing.files import focus, load

EIGHTEENTH = datetime(2024, 9, 18, 22, tzinfo=UTC)


def parked(usage_import: UsageImport) -> list[tuple[int, str]]:
    """Row and reason of each parked row."""
    return list(
        usage_import.rows.filter(status="parked").values_list("row_number", "parked_because")
    )


def price_the_good_row(provider, unit_price: str = "0.5", **changes) -> None:
    """Load a price book made of the good row."""
    source = files.Source.objects.get(code="aws")
    rows = files.read(focus({"ListUnitPrice": unit_price} | changes))
    book = [files.price_book.entry(source.code, files.Cycle.HOUR, row) for row in rows]
    catalog.load_price_book(book, **provider.said())


@pytest.mark.rule("B1", "B2", "C4")
def test_one_row_becomes_one_record(provider):
    source, _, member = files.small_world(provider)

    stored = load(provider, focus({}))

    record = UsageRecord.objects.get()
    assert {
        field.name: getattr(record, field.attname)
        for field in UsageRecord._meta.concrete_fields
        if field.name not in ("id", "product")
    } == {
        "source": source.pk,
        "key": "1",
        "kind": "usage",
        "owner": member.pk,
        "resource": "i-1",
        "starts_at": EIGHTEENTH,
        "ends_at": EIGHTEENTH + timedelta(hours=1),
        "quantity": Decimal(3),
        "given_amount": Decimal("1.5"),
        "reason": "",
        "voucher": None,
        "period_start": EIGHTEENTH,
        "period_end": EIGHTEENTH + timedelta(hours=1),
        "received_at": files.RECEIVED_AT,
        "is_late": False,
        "due_at": EIGHTEENTH + timedelta(hours=1),
    }
    product = record.product
    assert (product.name, product.service, product.family.code, product.cycle) == (
        "$0.50 per hour",
        "EC2",
        "compute",
        "hour",
    )
    assert (product.unit, product.region) == ("Hours", "us-west-2")
    row = ImportedRow.objects.get()
    assert (row.record, row.status, row.row_number, row.content) == (
        record,
        "stored",
        1,
        files.read(focus({}))[0].content,
    )
    assert files.found(stored) == []


def test_a_row_without_sub_account_is_the_masters_own(provider):
    _, master, _ = files.small_world(provider)
    load(provider, focus({"SubAccountId": "NULL"}))
    assert UsageRecord.objects.get().owner == master


def test_ids_are_compared_exactly(provider):
    """B20: composed and decomposed letters, blanks and zero-width signs are other ids."""
    files.small_world(provider)
    stored = load(
        provider, focus(*({"SubAccountId": f'"{name}"'} for name in ("S-1 ", "s-1", "S-1\u200b")))
    )
    assert parked(stored) == [(number, "unknown_account") for number in (1, 2, 3)]


@pytest.mark.rule("B2")
@pytest.mark.parametrize(
    ("changes", "because"),
    [
        pytest.param({"SubAccountId": "S-9"}, "unknown_account", id="unknown member"),
        pytest.param(
            {"ChargeCategory": "Credit", "BilledCost": "-1"}, "credit_without_voucher", id="credit"
        ),
        pytest.param({"ChargeCategory": "Purchase"}, "purchase", id="purchase"),
        pytest.param({"ChargeCategory": "Tax"}, "tax", id="tax"),
        pytest.param(
            {"ChargeCategory": "Adjustment", "ChargeDescription": "NULL"},
            "adjustment_without_reason",
            id="adjustment without a reason",
        ),
        pytest.param(
            {
                "ChargePeriodStart": "2023-08-31 22:00:00",
                "ChargePeriodEnd": "2023-08-31 23:00:00",
            },
            "over_a_year_late",
            id="a year before its billing period",
        ),
    ],
)
def test_parked_rows_are_kept_and_not_billed(provider, changes, because):
    files.small_world(provider)

    stored = load(provider, focus({}, changes))

    assert files.report(stored) == {
        "state": "stored",
        "rows_read": 2,
        "rows_stored": 1,
        "rows_known": 0,
        "rows_parked": 1,
        "rows_late": 0,
    }
    assert parked(stored) == [(2, because)]
    amount = changes.get("BilledCost", "1.5")
    assert stored.totals["USD"]["BilledCost"] == {
        "read": plain(Decimal(amount) + Decimal("1.5")),
        "stored": "1.5",
        "known": "0",
        "parked": amount,
    }
    row = ImportedRow.objects.get(status="parked")
    assert row.content == files.read(focus({}, changes))[1].content
    assert list(UsageRecord.objects.values_list("key", flat=True)) == ["1"]
    again = load(provider, focus({}, changes))
    assert (again.rows_known, again.rows_stored, again.rows_parked) == (2, 0, 0)


@pytest.mark.rule("P1")
@pytest.mark.parametrize(
    "changes",
    [{"SkuId": "SKU9"}, {"RegionId": "mars"}, {"PricingUnit": "Days"}, {"ConsumedQuantity": "7"}],
)
def test_re_rating_parks_what_has_no_price(provider, changes):
    """B9: an unknown SKU, region or unit is parked; nothing is stored at price 0."""
    files.small_world(provider, mode="re_rate")
    price_the_good_row(provider)
    stored = load(provider, focus({}, changes))
    has_price = "ConsumedQuantity" in changes  # not the priced quantity of this source
    assert parked(stored) == ([] if has_price else [(2, "no_price")])
    assert Product.objects.count() == 1


@pytest.mark.rule("P1", "C1")
def test_re_rating_takes_no_price_of_later(provider):
    files.small_world(provider, mode="re_rate")
    price_the_good_row(provider, BillingPeriodStart="2024-09-19 00:00:00")
    early = {"ChargePeriodStart": "2024-09-17 22:00:00", "ChargePeriodEnd": "2024-09-17 23:00:00"}
    stored = load(provider, focus(early, {}))
    assert parked(stored) == [(1, "no_price")]
    (record,) = UsageRecord.objects.all()
    assert (record.key, record.given_amount, record.quantity) == ("2", None, Decimal(3))


def test_re_rating_parks_what_has_no_quantity(provider):
    files.small_world(provider, mode="re_rate")
    price_the_good_row(provider)
    assert parked(load(provider, focus({"PricingQuantity": "NULL"}))) == [(1, "no_quantity")]


def test_pass_through_takes_a_missing_quantity_as_0(provider):
    files.small_world(provider)
    load(provider, focus({"PricingQuantity": "NULL"}))
    record = UsageRecord.objects.get()
    assert (record.quantity, record.given_amount) == (Decimal(0), Decimal("1.5"))


def test_the_call_may_say_another_mode_than_the_source(provider):
    files.small_world(provider)
    price_the_good_row(provider)
    load(provider, focus({}), mode="re_rate")
    assert UsageRecord.objects.get().given_amount is None


def test_the_quantity_is_that_of_the_source(provider):
    """Oddity 6: Microsoft's priced quantity is the consumed one."""
    files.small_world(provider, mode="re_rate", quantity_column="ConsumedQuantity")
    price_the_good_row(provider)
    stored = load(provider, focus({"PricingQuantity": "0.03", "ConsumedQuantity": "3"}))
    assert UsageRecord.objects.get().quantity == Decimal(3)
    assert stored.rerating == {"compared": 1, "matching": 1, "largest_difference": "0"}


def test_an_adjustment_gives_its_amount_in_either_mode(provider):
    files.small_world(provider, mode="re_rate")
    load(provider, focus({"ChargeCategory": "Adjustment", "ChargeDescription": "Goodwill"}))
    record = UsageRecord.objects.get()
    assert (record.kind, record.given_amount, record.reason) == (
        "adjustment",
        Decimal("1.5"),
        "Goodwill",
    )


@pytest.mark.rule("B2", "B3")
@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        pytest.param(
            [{}, {"ProviderName": "Acme"}, {"ProviderName": "Acme"}],
            (2, "unknown_provider", {"provider": "Acme", "rows": 2}),
            id="unknown provider",
        ),
        pytest.param(
            [{}, {"BillingAccountId": "M-9"}],
            (
                2,
                "unknown_billing_account",
                {"source": "aws", "billing_account": "M-9", "rows": 1},
            ),
            id="unknown payer",
        ),
        pytest.param(
            [{}, {"Id": "1", "BilledCost": "2"}],
            (1, "duplicate_key", {"key": "1", "rows": [1, 2]}),
            id="a key twice",
        ),
        pytest.param(
            [{}, {"Id": "1"}],
            (1, "duplicate_key", {"key": "1", "rows": [1, 2]}),
            id="a row twice",
        ),
    ],
)
def test_the_whole_file_is_held(provider, rows, finding):
    files.small_world(provider)
    held = load(provider, focus(*rows))
    assert files.report(held) == {
        "state": "held",
        "rows_read": len(rows),
        "rows_stored": 0,
        "rows_known": 0,
        "rows_parked": 0,
        "rows_late": 0,
    }
    assert list(held.findings.values_list("row_number", "code", "facts")) == [finding]
    assert (UsageRecord.objects.count(), ImportedRow.objects.count()) == (0, 0)
    assert Product.objects.count() == 0


@pytest.mark.rule("B3")
def test_a_currency_that_is_not_the_accounts_holds_the_file(provider):
    """B11. Both the master and the owner may be billed."""
    files.small_world(provider)
    held = load(provider, focus({}, {"BillingCurrency": "EUR"}))
    assert [(f.row_number, f.code, f.facts["account"]) for f in held.findings.all()] == [
        (2, "other_currency", "A"),
        (2, "other_currency", "HQ"),
    ]
    assert (held.state, held.totals) == (
        "held",
        {"USD": {"BilledCost": {"read": "1.5"}}, "EUR": {"BilledCost": {"read": "1.5"}}},
    )


def test_a_held_file_goes_in_when_its_cause_is_mended(provider):
    source, master, _ = files.small_world(provider)
    content = focus({}, {"BillingAccountId": "M-2"})
    assert load(provider, content).state == "held"
    catalog.name_account(source=source, external_id="M-2", account=master, **provider.said())
    stored = load(provider, content)
    assert (stored.state, stored.rows_stored) == ("stored", 2)


@pytest.mark.rule("B2")
def test_every_changed_cell_of_a_known_row_is_told(provider):
    files.small_world(provider)
    load(provider, focus({}))
    held = load(provider, focus({"BilledCost": "2.50", "ResourceId": "NULL", "Tags": "x"}))
    assert [
        (finding.row_number, finding.facts["column"], finding.facts["old"], finding.facts["new"])
        for finding in held.findings.exclude(code="tags_not_json")
    ] == [
        (1, "BilledCost", "1.50", "2.50"),
        (1, "ResourceId", "i-1", None),
        (1, "Tags", None, "x"),
    ]


@pytest.mark.rule("B2")
def test_a_key_taken_by_a_program_holds_the_file(provider):
    source, _, member = files.small_world(provider)
    product = provider.product("ecs")
    record = usage.NewUsage("1", member, product, Decimal(1), EIGHTEENTH)
    usage.accept([record], source=source, **provider.said(EIGHTEENTH))
    held = load(provider, focus({}))
    assert (held.state, files.found(held)) == ("held", [(1, "key_taken")])


@pytest.mark.rule("L1")
def test_who_is_not_linked_is_told_and_stored(provider):
    """B10: our relationships decide who pays, the file is only heard."""
    _, master, member = files.small_world(provider, link=False)
    provider.link(master, member, EIGHTEENTH + timedelta(hours=1), mode=Mode.MANAGEMENT)
    later = {"ChargePeriodStart": "2024-09-18 23:00:00", "ChargePeriodEnd": "2024-09-19 00:00:00"}

    stored = load(provider, focus(later, {}, {}))

    assert (stored.rows_stored, files.found(stored)) == (3, [(2, "not_linked")])
    assert files.finding(stored, "not_linked").facts == {
        "master": "HQ",
        "owner": "A",
        "rows": 2,
        "first": "2024-09-18T22:00:00+00:00",
        "last": "2024-09-18T22:00:00+00:00",
    }


@pytest.mark.rule("P1")
def test_a_list_cost_that_is_not_quantity_times_price_is_told(provider):
    files.small_world(provider)
    stored = load(
        provider,
        focus({"ListCost": "1.500000001"}, {"ListCost": "1.5000000011"}, {"ListCost": "NULL"}),
    )
    assert stored.rerating == {
        "compared": 2,
        "matching": 1,
        "largest_difference": "0.0000000011",
    }
    assert files.found(stored) == [(2, "list_cost_differs")]
    assert files.finding(stored, "list_cost_differs").facts == {
        "key": "2",
        "list_cost": "1.5000000011",
        "rated": "1.5",
    }


@pytest.mark.rule("P1")
def test_re_rating_tells_where_our_price_is_another(provider):
    files.small_world(provider, mode="re_rate")
    price_the_good_row(provider, "0.75")
    stored = load(provider, focus({}))
    assert files.finding(stored, "list_cost_differs").facts["rated"] == "2.25"
    assert stored.rerating == {"compared": 1, "matching": 1, "largest_difference": "0"}


def test_tags_that_are_no_json_are_told(provider):
    files.small_world(provider)
    stored = load(provider, focus({"Tags": '"{""a"": 1}"'}, {"Tags": '"{a}"'}))
    assert files.found(stored) == [(2, "tags_not_json")]


@pytest.mark.rule("C4", "C6")
@pytest.mark.parametrize(
    ("starts", "code"),
    [
        ("2024-08-31 23:59:59", "before_billing_period"),
        ("2024-09-01 00:00:00", None),
        ("2024-09-30 23:59:59", None),
        ("2024-10-01 00:00:00", "after_billing_period"),
    ],
)
def test_a_charge_outside_its_billing_period_is_told_and_stored(provider, starts, code):
    """B13 and oddity 3: refusing it would lose money."""
    files.small_world(provider)
    ends = datetime.fromisoformat(starts) + timedelta(hours=1)
    stored = load(
        provider,
        focus({"ChargePeriodStart": starts, "ChargePeriodEnd": f"{ends:%Y-%m-%d %H:%M:%S}"}),
    )
    assert files.found(stored) == ([(1, code)] if code else [])
    assert stored.rows_stored == 1


@pytest.mark.rule("C4")
@pytest.mark.parametrize(
    ("received_at", "is_late", "due_at"),
    [
        ("2024-09-18 22:59:59", False, "2024-09-18 23:00:00"),
        ("2024-09-18 23:00:00", True, "2024-09-18 23:00:00"),
        ("2024-10-05 00:00:00", True, "2024-10-05 00:00:00"),
    ],
)
def test_late_is_what_comes_when_its_cycle_is_due(provider, received_at, is_late, due_at):
    files.small_world(provider)
    cycles.start_closing(**provider.said())
    instant = datetime.fromisoformat(received_at).replace(tzinfo=UTC)
    stored = load(provider, focus({}), received_at=instant)
    record = UsageRecord.objects.get()
    assert (record.is_late, record.due_at, stored.rows_late) == (
        is_late,
        datetime.fromisoformat(due_at).replace(tzinfo=UTC),
        int(is_late),
    )


@pytest.mark.rule("C4")
def test_history_loaded_before_the_first_close_is_not_late(provider):
    files.small_world(provider)
    stored = load(provider, focus({}), received_at=files.AT)
    record = UsageRecord.objects.get()
    assert (stored.rows_late, record.is_late, record.due_at, record.received_at) == (
        0,
        False,
        EIGHTEENTH + timedelta(hours=1),
        files.AT,
    )


@pytest.mark.rule("C4")
def test_late_is_what_comes_after_the_close_whatever_the_file_says(provider):
    """Both doors answer alike, and the close of the next window finds the record."""
    source, _, member = files.small_world(provider)
    product = provider.product("ecs")
    closed = EIGHTEENTH + timedelta(days=2)
    cycles.start_closing(**provider.said())
    cycles.close(by="job", at=closed)

    load(provider, focus({}), received_at=EIGHTEENTH)
    record = usage.NewUsage("api", member, product, Decimal(1), EIGHTEENTH)
    usage.accept([record], source=source, **provider.said(EIGHTEENTH))

    assert list(UsageRecord.objects.values_list("is_late", "due_at")) == [
        (True, closed + timedelta(microseconds=1)),
        (True, closed + timedelta(microseconds=1)),
    ]


@pytest.mark.rule("C4")
def test_the_close_delay_is_waited_for(provider):
    files.small_world(provider)
    provider.policy(close_delay=3600)
    cycles.start_closing(**provider.said())
    load(provider, focus({}), received_at=EIGHTEENTH + timedelta(minutes=90))
    record = UsageRecord.objects.get()
    assert (record.is_late, record.due_at) == (False, EIGHTEENTH + timedelta(hours=2))


@pytest.mark.rule("C5")
def test_days_are_cut_in_the_billing_time_zone(provider):
    files.small_world(provider, cycle="day")
    day = {"ChargePeriodStart": "2024-09-04 00:00:00", "ChargePeriodEnd": "2024-09-05 00:00:00"}
    load(provider, focus(day))
    record = UsageRecord.objects.get()
    assert (record.period_start, record.period_end) == (
        datetime(2024, 9, 3, 16, tzinfo=UTC),
        datetime(2024, 9, 4, 16, tzinfo=UTC),
    )


@pytest.mark.rule("C4")
def test_a_product_that_stands_keeps_its_cycle(provider):
    files.small_world(provider)
    load(provider, focus({}))
    Product.objects.update(cycle="day")
    load(provider, focus({"Id": "2"}))
    record = UsageRecord.objects.get(key="2")
    assert (record.period_end - record.period_start, record.product.cycle) == (
        timedelta(days=1),
        "day",
    )


def test_a_product_without_a_cycle_parks_its_rows(provider):
    files.small_world(provider)
    load(provider, focus({}))
    Product.objects.update(cycle="")
    assert parked(load(provider, focus({"Id": "2"}))) == [(1, "no_cycle")]


def test_control_figures_that_match_let_the_file_in(provider):
    files.small_world(provider)
    expected = Expected(rows=2, totals={"USD": Decimal("3.00")})
    assert load(provider, focus({}, {}), expected=expected).state == "stored"


@pytest.mark.parametrize(
    ("expected", "figures"),
    [
        (Expected(rows=3), [("rows", 3, 1)]),
        (Expected(totals={"USD": Decimal("1.49")}), [("BilledCost USD", "1.49", "1.5")]),
        (
            Expected(totals={"EUR": Decimal(1)}),
            [("BilledCost EUR", "1", "0"), ("BilledCost USD", "0", "1.5")],
        ),
    ],
)
def test_control_figures_that_differ_hold_the_file(provider, expected, figures):
    files.small_world(provider)
    held = load(provider, focus({}), expected=expected)
    assert [
        (f.code, f.facts["figure"], f.facts["expected"], f.facts["found"])
        for f in held.findings.all()
    ] == [("control_figure", *figure) for figure in figures]


def test_findings_of_one_kind_are_listed_up_to_a_thousand(provider):
    files.small_world(provider)
    stored = load(provider, focus(*({"ListCost": "9"} for _ in range(1005))))
    assert stored.findings.count() == 1001
    assert stored.rerating["compared"] - stored.rerating["matching"] == 1005
    assert files.found(stored)[0] == (0, "list_cost_differs")


@pytest.mark.rule("P1", "B2")
def test_token_meters_are_re_rated(provider):
    """The real Azure file: two consumers, two meters, 10,000 lines."""
    source = catalog.ensure_source(
        code="azure-llm", name="Azure LLM inference", mode="pass_through", **provider.said()
    )
    accounts = {name: provider.account(name) for name in ("code", "conv")}
    for name, account in accounts.items():
        catalog.name_account(source=source, external_id=name, account=account, **provider.said())
    rows = files.read(files.TOKEN_FILE.read_bytes())
    long_ago = datetime(2023, 1, 1, tzinfo=UTC)
    book = [
        files.price_book.priced(
            files.price_book.entry(source.code, files.Cycle.HOUR, row), Decimal(price), long_ago
        )
        for row, price in zip(rows[:2], ("0.000003", "0.000015"), strict=True)
    ]
    assert catalog.load_price_book(book, **provider.said()).prices == 2

    stored = load(provider, files.TOKEN_FILE, received_at=long_ago)

    assert (stored.state, stored.rows_read, stored.rows_stored, stored.totals) == (
        "stored",
        20_000,
        20_000,
        {},
    )
    assert set(UsageRecord.objects.values_list("given_amount", flat=True)) == {None}
    assert UsageRecord.objects.filter(owner=accounts["code"]).count() == 2 * 3592
    assert UsageRecord.objects.filter(owner=accounts["conv"]).count() == 2 * 6408
    assert set(Product.objects.values_list("name", "unit", "cycle")) == {
        ("Context tokens", "Tokens", "hour"),
        ("Generated tokens", "Tokens", "hour"),
    }


def test_an_unknown_consumer_of_tokens_is_parked(provider):
    source = catalog.ensure_source(code="azure-llm", name="Azure LLM inference", **provider.said())
    content = b"TIMESTAMP,Workload,SourceRow,ContextTokens,GeneratedTokens\n"
    stored = load(provider, content + b"2023-11-16 18:15:46,code,1,3,4\n")
    assert parked(stored) == [(1, "unknown_account"), (1, "unknown_account")]
    assert {row.source for row in ImportedRow.objects.all()} == {source}
