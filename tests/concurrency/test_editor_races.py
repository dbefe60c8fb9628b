"""Two editors who saw the same version: one wins, whatever the moment; and the twin that loses."""

from collections.abc import Callable
from functools import partial

import pytest

from finance_mgmt.api import versions
from finance_mgmt.models import Recipient
from tests.api.door import user_of
from tests.billing.shop import Shop
from tests.concurrency.races import Meeting, at_once, without_row_locks

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def race(before: Callable[[], None] = lambda: None) -> list[int]:
    """Both change the same recipient, having seen the same version of it."""
    account = Shop().account("A")
    editors = [user_of(account) for _ in range(2)]
    body = {"email": "a@example.com", "language": "en", "kinds": []}
    path = f"recipients/{editors[0].post('recipients', body).json()['id']}"
    jobs = [
        partial(
            editor.post,
            f"{path}/change",
            {"language": "en", "kinds": [kind]},
            **editor.seen(path),
        )
        for editor, kind in zip(editors, ("cap", "low_funds"), strict=True)
    ]
    before()
    return sorted(answer.status_code for answer in at_once(jobs))


def test_one_of_two_editors_wins(transactional_db):
    assert race() == [200, 412]
    assert len(Recipient.objects.get().kinds) == 1


def test_twin_without_the_lock_both_think_they_won(transactional_db, monkeypatch):
    def unlock() -> None:
        without_row_locks(monkeypatch)
        Meeting(2).before(monkeypatch, versions, "of_row")

    assert race(unlock) == [200, 200]
