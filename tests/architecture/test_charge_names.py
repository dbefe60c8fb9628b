"""Charges written by the hundred name only what exists, as single ones do (decision 8)."""

from copy import copy
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from billing.models import Charge
from billing.models.charge_checks import FEW_ROWS

from .rows import make
from .test_constraints import UNCHECKED


@pytest.mark.django_db
@pytest.mark.parametrize("column", UNCHECKED)
def test_one_of_many_that_names_what_does_not_exist_refuses_all(column):
    row = make(Charge)
    charges = [copy(row) for _ in range(FEW_ROWS + 1)]
    for minutes, charge in enumerate(charges, start=1):
        charge.pk, charge.period_start = None, row.period_start + timedelta(minutes=minutes)
    wrong = {"kind": "order", "order_id": 10**12} if column == "order_id" else {column: 10**12}
    vars(charges[-1]).update(wrong)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Charge.objects.bulk_create(charges)
    assert refused.value.__cause__.diag.constraint_name == "a_charge_names_what_exists"
    vars(charges[-1]).update({name: getattr(row, name) for name in wrong})
    assert len(Charge.objects.bulk_create(charges)) == FEW_ROWS + 1
