"""One call of a script that is sent twice at one moment: one relation, told twice."""

from functools import partial
from urllib.parse import urlencode

import pytest
from django.test import Client

from finance_mgmt.models import Relationship
from tests.api.door import user_of
from tests.billing.shop import Shop
from tests.concurrency.races import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


FORM = "application/x-www-form-urlencoded"


@pytest.mark.rule("L1", "L4", "F11")
@pytest.mark.parametrize("identities", [("Acme Ltd", "Acme Ltd"), ("Acme Ltd", "Labs Ltd")])
def test_a_relation_that_is_asked_for_twice_at_once_is_one(transactional_db, identities):
    shop = Shop()
    master, _ = (
        shop.account(number, identity=name) for number, name in zip("12", identities, strict=True)
    )
    call = {
        "Action": "AddAccountRelation",
        "Version": "2017-12-14",
        "RelationType": "enterprise_group",
        "ParentUserId": "1",
        "ChildUserId": "2",
    }
    headers = user_of(master).headers
    jobs = [partial(Client().post, "/api/bss/", urlencode(call), FORM, headers=headers)] * 4
    answers = [answer.json() for answer in at_once(jobs)]
    link = Relationship.objects.get()
    assert [one["Data"] and one["Data"]["RelationId"] for one in answers] == [link.pk] * 4
