"""Sources, names of accounts, products and prices (P1)."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.focus.price_book import Entry
from billing.models import AccountKey, Family, Price, Product, Source
from billing.services import catalog, cycles
from billing.services.catalog import PriceDoubt, SourceDiffers
from finance_mgmt.enums import Cycle
from tests.billing import files

SEPTEMBER = datetime(2024, 9, 1, tzinfo=UTC)
OCTOBER = datetime(2024, 10, 1, tzinfo=UTC)

ENTRY = Entry(
    source="aws",
    code="aws-sku1",
    name="$0.50 per hour",
    service="EC2",
    family="Compute",
    cycle=Cycle.HOUR,
    unit="Hours",
    region="us-west-2",
    unit_price=Decimal("0.5"),
    listed_from=SEPTEMBER,
    first_used_at=datetime(2024, 9, 18, 22, tzinfo=UTC),
)
OCTOBERS = replace(ENTRY, unit_price=Decimal("0.6"), listed_from=OCTOBER, first_used_at=OCTOBER)


def load(provider, *entries: Entry) -> catalog.Loaded:
    return catalog.load_price_book(entries, **provider.said())


def prices() -> list[tuple[str, Decimal, datetime]]:
    rows = Price.objects.order_by("product__code", "effective_from")
    return list(rows.values_list("product__code", "unit_price", "effective_from"))


def test_a_source_is_made_once(provider):
    said = {"code": "aws", "name": "AWS", "mode": "re_rate", "cycle": "day"}
    source = catalog.ensure_source(**said, **provider.said())
    assert catalog.ensure_source(**said, **provider.said()) == source
    assert Source.objects.values_list(
        "code", "name", "mode", "quantity_column", "cycle", "times_are_utc", "null_words"
    ).get() == ("aws", "AWS", "re_rate", "PricingQuantity", "day", True, "NULL")


def test_a_source_with_other_settings_is_not_changed(provider):
    catalog.ensure_source(code="aws", name="AWS", **provider.said())
    with pytest.raises(SourceDiffers) as caught:
        catalog.ensure_source(code="aws", name="AWS", mode="re_rate", **provider.said())
    assert caught.value.facts == {"differing": {"mode": ["pass_through", "re_rate"]}}
    assert Source.objects.get().mode == "pass_through"


def test_an_id_at_a_source_means_one_account(provider):
    source = catalog.ensure_source(code="aws", name="AWS", **provider.said())
    one, other = provider.account("A"), provider.account("B")
    named = {"source": source, "external_id": "S-1"}
    key = catalog.name_account(account=one, **named, **provider.said())
    assert catalog.name_account(account=one, **named, **provider.said()) == key
    with pytest.raises(SourceDiffers):
        catalog.name_account(account=other, **named, **provider.said())
    assert AccountKey.objects.get().account == one


@pytest.mark.rule("P1")
def test_a_price_book_makes_families_products_and_prices(provider):
    other = replace(ENTRY, code="aws-sku2", family="Storage", unit_price=None, cycle=Cycle.DAY)

    loaded = load(provider, ENTRY, other, ENTRY)

    assert loaded == catalog.Loaded(families=2, products=2, prices=1, doubts=[])
    assert list(Family.objects.values_list("code", "name")) == [
        ("compute", "Compute"),
        ("storage", "Storage"),
    ]
    assert list(
        Product.objects.values_list("code", "name", "service", "family__code", "cycle", "unit")
    ) == [
        ("aws-sku1", "$0.50 per hour", "EC2", "compute", "hour", "Hours"),
        ("aws-sku2", "$0.50 per hour", "EC2", "storage", "day", "Hours"),
    ]
    assert prices() == [("aws-sku1", Decimal("0.5"), SEPTEMBER)]


@pytest.mark.rule("P1", "F11")
def test_again_adds_nothing(provider):
    said = provider.said()
    catalog.load_price_book([ENTRY], **said)
    assert catalog.load_price_book([ENTRY], **said) == catalog.Loaded()
    assert load(provider, ENTRY) == catalog.Loaded()
    assert load(provider, replace(ENTRY, listed_from=OCTOBER)) == catalog.Loaded()
    assert len(prices()) == 1


@pytest.mark.rule("P1")
def test_a_new_price_is_a_new_row_since_its_time(provider):
    loaded = load(provider, OCTOBERS, ENTRY)
    assert (loaded.prices, loaded.doubts) == (2, [])
    assert prices() == [
        ("aws-sku1", Decimal("0.5"), SEPTEMBER),
        ("aws-sku1", Decimal("0.6"), OCTOBER),
    ]


@pytest.mark.rule("P1")
def test_another_price_at_the_same_time_is_a_doubt(provider):
    load(provider, ENTRY)
    loaded = load(provider, replace(ENTRY, unit_price=Decimal("0.7")))
    assert loaded == catalog.Loaded(
        doubts=[PriceDoubt("aws-sku1", SEPTEMBER, Decimal("0.7"), Decimal("0.5"))]
    )
    assert prices() == [("aws-sku1", Decimal("0.5"), SEPTEMBER)]


@pytest.mark.rule("P1")
def test_two_prices_at_the_same_time_in_one_book_are_a_doubt(provider):
    loaded = load(provider, ENTRY, replace(ENTRY, unit_price=Decimal("0.7")))
    assert (loaded.prices, len(loaded.doubts)) == (1, 1)


@pytest.mark.rule("P1", "B2")
def test_a_price_before_the_close_is_a_doubt_where_another_was_in_force(provider):
    """B23: nothing that was charged gets another price afterwards."""
    load(provider, ENTRY)
    cycles.start_closing(**provider.said())
    cycles.close(by="job", at=datetime(2024, 11, 1, tzinfo=UTC))
    new = replace(OCTOBERS, code="aws-sku9")
    loaded = load(provider, OCTOBERS, new)
    assert loaded.doubts == [PriceDoubt("aws-sku1", OCTOBER, Decimal("0.6"), Decimal("0.5"))]
    assert prices() == [
        ("aws-sku1", Decimal("0.5"), SEPTEMBER),
        ("aws-sku9", Decimal("0.6"), OCTOBER),
    ]


@pytest.mark.rule("P1", "C5")
def test_a_price_begins_with_the_cycle_of_its_billing_period(provider):
    """A UTC day that begins at 08:00 in Shanghai is priced by the Shanghai day it lies in."""
    load(provider, replace(ENTRY, cycle=Cycle.DAY))
    assert prices() == [("aws-sku1", Decimal("0.5"), datetime(2024, 8, 31, 16, tzinfo=UTC))]


@pytest.mark.rule("P1", "C4")
def test_late_usage_is_priced_where_no_other_price_was_in_force(provider):
    """Oddity 3: used in September, listed in October only."""
    late = replace(OCTOBERS, first_used_at=datetime(2024, 9, 30, 22, 30, tzinfo=UTC))
    load(provider, late)
    since = datetime(2024, 9, 30, 22, tzinfo=UTC)
    assert prices() == [("aws-sku1", Decimal("0.6"), since)]
    assert load(provider, ENTRY).prices == 1
    assert prices() == [
        ("aws-sku1", Decimal("0.5"), SEPTEMBER),
        ("aws-sku1", Decimal("0.6"), since),
    ]


@pytest.mark.rule("P1", "C4")
def test_late_usage_does_not_change_a_price_that_was_in_force(provider):
    load(provider, ENTRY)
    load(provider, replace(OCTOBERS, first_used_at=datetime(2024, 9, 30, 22, tzinfo=UTC)))
    assert prices() == [
        ("aws-sku1", Decimal("0.5"), SEPTEMBER),
        ("aws-sku1", Decimal("0.6"), OCTOBER),
    ]


@pytest.mark.rule("P1")
def test_the_price_book_of_the_real_file(provider):
    sources = files.real_world(provider)
    loaded = load(provider, *files.real_prices(sources))
    assert (loaded.products, loaded.prices, loaded.doubts) == (272, 271, [])
    assert loaded.families == Family.objects.count()
    codes = Product.objects.values_list("code", flat=True)
    assert {code.split("-")[0] for code in codes} == {"aws", "microsoft", "oracle"}
