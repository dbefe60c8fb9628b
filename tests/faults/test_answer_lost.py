"""The answer is lost after the commit: the same key returns the first result (F11)."""

from decimal import Decimal

import httpx
import pytest
from knox.models import AuthToken

from finance_mgmt.models import Funds, Movement
from tests.faults.servers import Wire
from tests.finance_mgmt.admin_door import staff
from tests.provider import Provider

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.mark.case("F11")
@pytest.mark.rule("F11")
def test_whoever_lost_the_answer_gets_it_by_the_same_key(live_server, transactional_db):
    account = Provider().account("A")
    _, token = AuthToken.objects.create(staff("finance_mgmt.top_up"))
    host, _, port = live_server.url.removeprefix("http://").partition(":")
    wire = Wire((host, int(port)))
    url = f"http://localhost:{wire.port}/api/v1/top-ups"
    asked = {
        "json": {"account": "A", "amount": "5.00", "currency": "CNY", "reason": "bank 7"},
        "headers": {"Authorization": f"Bearer {token}", "Idempotency-Key": "bank-7"},
    }
    wire.loses_answers = True
    with pytest.raises(httpx.TransportError):
        httpx.post(url, **asked, timeout=10)
    assert Funds.objects.get(pk=account.pk).cash == Decimal(5)  # it was done all the same
    wire.loses_answers = False
    answer = httpx.post(url, **asked, timeout=10)
    wire.close()
    assert (answer.status_code, answer.headers["Idempotency-Replayed"]) == (201, "true")
    assert Movement.objects.values_list("amount", flat=True).get() == Decimal(5)
    assert Funds.objects.get(pk=account.pk).cash == Decimal(5)
