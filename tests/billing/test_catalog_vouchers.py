"""Issuing vouchers (V1, V3)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.models import Voucher
from billing.services import vouchers
from billing.services.vouchers import VoucherRefused

MAY = datetime(2024, 5, 1, tzinfo=UTC)
JUNE = datetime(2024, 6, 1, tzinfo=UTC)


def issue(provider, owner, said: dict | None = None, **options) -> Voucher:
    wanted = {"code": "SPRING", "owner": owner, "face_value": Decimal("100.125")} | options
    return vouchers.issue(**wanted, **(said or provider.said(MAY)))


@pytest.mark.rule("V1", "V3")
def test_a_voucher_is_issued(provider):
    owner, product = provider.account("HQ"), provider.product("ecs")

    voucher = issue(
        provider,
        owner,
        products=[product],
        families=[product.family],
        minimum_spend=Decimal(10),
        valid_from=MAY,
        expires_at=JUNE,
    )

    assert Voucher.objects.values_list(
        "code", "owner", "face_value", "remaining", "minimum_spend", "valid_from", "expires_at"
    ).get() == ("SPRING", owner.pk, Decimal("100.125"), Decimal("100.125"), 10, MAY, JUNE)
    assert (voucher.share, voucher.issued_at, voucher.decision.verb) == (
        "all_trusteeship_members",
        MAY,
        "vouchers.issue",
    )
    assert (list(voucher.products.all()), list(voucher.families.all())) == (
        [product],
        [product.family],
    )


@pytest.mark.rule("V3")
def test_the_share_scope_is_that_of_the_policy_or_the_call(provider):
    owner, member = provider.account("HQ"), provider.account("A")
    provider.policy(default_voucher_share="private")
    assert issue(provider, owner).share == "private"
    listed = issue(provider, owner, code="TWO", share="listed_members", members=[member])
    assert (listed.share, list(listed.members.all())) == ("listed_members", [member])


@pytest.mark.rule("F11")
def test_the_same_key_is_the_first_voucher(provider):
    owner, said = provider.account("HQ"), provider.said(MAY)
    assert issue(provider, owner, said) == issue(provider, owner, said)
    assert Voucher.objects.count() == 1


@pytest.mark.rule("V1", "V3")
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"face_value": Decimal(0)}, "bad_face_value"),
        ({"face_value": Decimal(-1)}, "bad_face_value"),
        ({"face_value": Decimal("NaN")}, "bad_face_value"),
        ({"face_value": Decimal("1e-19")}, "bad_face_value"),
        ({"minimum_spend": Decimal(-1)}, "bad_minimum_spend"),
        ({"valid_from": JUNE, "expires_at": MAY}, "bad_validity"),
        ({"valid_from": JUNE, "expires_at": JUNE}, "bad_validity"),
        ({"share": "listed_members"}, "bad_share"),
        ({"code": "TAKEN"}, "code_taken"),
    ],
)
def test_refusals(provider, options, code):
    owner = provider.account("HQ")
    issue(provider, owner, code="TAKEN")
    with pytest.raises(VoucherRefused) as caught:
        issue(provider, owner, **options)
    assert [reason.code for reason in caught.value.reasons] == [code]
    assert Voucher.objects.count() == 1


@pytest.mark.rule("V3")
def test_members_are_listed_only_where_the_scope_lists_them(provider):
    owner, member = provider.account("HQ"), provider.account("A")
    with pytest.raises(VoucherRefused) as caught:
        issue(provider, owner, share="private", members=[member])
    assert [reason.code for reason in caught.value.reasons] == ["bad_share"]
