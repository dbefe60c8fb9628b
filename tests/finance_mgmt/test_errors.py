"""Refusals carry every failing condition at once (L12)."""

import pytest

from finance_mgmt.errors import FinanceError, InvalidAmount, KeyReused, Reason

LINE = Reason("L2", "master_has_no_credit_line", "HQ has no credit line.", {"master": "HQ"})
FUNDS = Reason("L3", "member_funds_too_low", "A has -1.00.", {"available": "-1.00"}, "the member")
TWIN = Reason("L2", "currencies_differ", "CNY and USD differ.", {"master": "CNY"})


@pytest.mark.rule("L12")
def test_a_refusal_tells_all_reasons_in_order_and_each_rule_once():
    refused = FinanceError([LINE, FUNDS, TWIN])
    assert refused.reasons == (LINE, FUNDS, TWIN)
    assert refused.rules == ("L2", "L3")
    assert str(refused) == "HQ has no credit line. A has -1.00. CNY and USD differ."
    assert refused.facts == {"master": "CNY", "available": "-1.00"}
    assert (refused.code, FUNDS.mend, LINE.mend) == ("refused", "the member", "")


@pytest.mark.rule("L12")
def test_one_reason_needs_no_list_and_none_is_no_refusal():
    assert FinanceError(LINE).reasons == (LINE,)
    with pytest.raises(ValueError, match="at least one reason"):
        FinanceError([])


def test_each_kind_of_refusal_has_its_own_code():
    assert [kind.code for kind in (FinanceError, KeyReused, InvalidAmount)] == [
        "refused",
        "key_reused",
        "invalid_amount",
    ]
    assert Reason("L1", "x", "y") == Reason("L1", "x", "y", {}, "")
