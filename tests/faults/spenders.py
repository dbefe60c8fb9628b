"""Clients that spend one after the other, and do not know what happened when the server dies.

Says "spending" when some is done, goes on until a line comes in, then asks again by every key
whose outcome is unknown. Prints one JSON object.
"""

import json
import os
import sys
import threading
from collections import Counter
from decimal import Decimal

import django

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EACH, LIMIT = 20, 500


class Clients:
    """So many threads, each with a connection of its own, on one account."""

    def __init__(self, count: int) -> None:
        from tests.provider import Provider

        self.account = Provider().account("A", cash_amount=str(LIMIT))
        self.outcomes: dict[str, str] = {}
        self.is_well_under_way, self.is_back = threading.Event(), threading.Event()
        self.threads = [threading.Thread(target=self.go, args=(n,)) for n in range(count)]

    def spend(self, key: str) -> str:
        """What the client knows afterwards: done, refused, or unknown."""
        from django.db import InterfaceError, OperationalError, connection

        from finance_mgmt.errors import FinanceError
        from finance_mgmt.services import cash
        from tests.provider import at

        said = {"key": key, "by": "client", "at": at("2024-05-10 10:00")}
        try:
            cash.withdraw(account=self.account, amount=Decimal(1), reason="spent", **said)
        except FinanceError:
            return "refused"
        except (OperationalError, InterfaceError):
            connection.close()
            return "unknown"
        return "done"

    def go(self, number: int) -> None:
        """Spend on and on; where the server is away, wait until it is back."""
        from django.db import connection

        for turn in range(EACH):
            key = f"{number} {turn}"
            self.outcomes[key] = self.spend(key)
            if len(self.outcomes) > 2 * len(self.threads):
                self.is_well_under_way.set()
            if self.outcomes[key] == "unknown":
                self.is_back.wait(60)
        connection.close()

    def ask_again(self) -> int:
        """Settle every unknown outcome by its key. Returns how many there were."""
        unknown = [key for key, outcome in self.outcomes.items() if outcome == "unknown"]
        for key in unknown:
            while self.outcomes[key] == "unknown":  # this one's own connection may be dead, too
                self.outcomes[key] = self.spend(key)
        return len(unknown)


def main(count: int) -> None:
    """Spend, be interrupted, ask again."""
    from django.conf import settings
    from django.utils.module_loading import import_string

    from finance_mgmt.models import Funds

    clients = Clients(count)
    for thread in clients.threads:
        thread.start()
    clients.is_well_under_way.wait(60)
    print("spending", flush=True)
    sys.stdin.readline()
    clients.is_back.set()
    for thread in clients.threads:
        thread.join()
    done = [key for key, outcome in clients.outcomes.items() if outcome == "done"]
    unknown = clients.ask_again()
    found = {
        "unknown": unknown,
        "at_last": Counter(clients.outcomes.values()),
        "wrong": [key for key in done if clients.spend(key) != "done"],  # the same answer again
        "limit": LIMIT,
        "spent": LIMIT - int(Funds.objects.get(pk=clients.account.pk).cash),
        "books": [one for path in settings.BOOK_CHECKS for one in import_string(path)()],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    sys.path.insert(0, ROOT)
    django.setup()
    main(int(sys.argv[1]))
