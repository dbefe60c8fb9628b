"""Orders through HTTP: granian as in production, clients that keep their connections."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from random import Random
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import connection

from benchmarks import crowd, groups
from finance_mgmt.clock import now
from finance_mgmt.services import people


@dataclass(frozen=True)
class Site:
    """A running server, and the token of somebody who may order there."""

    port: int
    token: str


@contextmanager
def serving(database: str, processes: int = 2, threads: int = 16) -> Iterator[Site]:
    """Run granian on a database until the block ends."""
    user = User.objects.create_superuser("bench")
    _, token = people.issue_token(user=user, by="bench", at=now())
    connection.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
    rates = {"API_RATE": "100000000/min", "API_WRITE_RATE": "100000000/min"}
    environment = os.environ | rates | {"DATABASE_URL": url, "DB_POOL": "1"}
    command = [sys.executable, "-m", "granian", "benchmarks.web_application:application"]
    command += ["--interface", "wsgi", "--http", "1", "--port", str(port), "--log-level", "error"]
    command += ["--workers", str(processes), "--blocking-threads", str(threads)]
    server = subprocess.Popen(command, env=environment)
    try:
        _wait(port, server)
        yield Site(port, token)
    finally:
        server.terminate()
        server.wait(30)


def _wait(port: int, server: subprocess.Popen) -> None:
    until = monotonic() + 60
    while monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            sleep(1)
        else:
            return
    raise RuntimeError("the web server did not start")


def contenders(site: Site) -> dict[str, Callable]:
    """What runs against the site."""
    return {
        "http_naive": partial(_contender, site, _naive),
        "http": partial(_contender, site, _one),
        "http_bulk": partial(_contender, site, _many),
    }


def _contender(site: Site, ask: Callable, shop: groups.Shop, tag: str, random: Random) -> crowd.Act:
    line = Line(site)
    names = count()

    def act() -> int:
        name = f"{tag}-{next(names)}".replace(" ", "-")
        path, body, orders = ask(shop, name, random)
        status, said = line.post(path, name, json.dumps(body))
        if status not in (200, 201) or b'"refused": ' in said.replace(b'"refused": 0', b""):
            raise RuntimeError(f"{status} {said[:500]!r}")
        return orders

    return act


class Line:
    """A connection that stays. It shares the processors with what it measures, so it does little:
    answers have to say how long they are."""

    def __init__(self, site: Site) -> None:
        self._socket = socket.create_connection(("127.0.0.1", site.port), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"Host: 127.0.0.1:{site.port}\r\nAuthorization: Bearer {site.token}\r\n"
            "Content-Type: application/json\r\n"
        )

    def post(self, path: str, key: str, body: str) -> tuple[int, bytes]:
        """The status, and what was answered."""
        said = body.encode()
        head = f"POST {path} HTTP/1.1\r\n{self._head}Idempotency-Key: {key}\r\n"
        self._socket.sendall(f"{head}Content-Length: {len(said)}\r\n\r\n".encode() + said)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        told, _, rest = answer.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", told)[1])
        while len(rest) < length:
            rest += self._more()
        return int(told.split(b" ", 2)[1]), rest

    def _more(self) -> bytes:
        more = self._socket.recv(1 << 20)
        if not more:
            raise RuntimeError("the server hung up")
        return more


def _naive(shop: groups.Shop, name: str, random: Random) -> tuple[str, Any, int]:
    owner = random.choice(shop.buyers).pk
    body = {"name": name, "owner": owner, "payer": shop.masters[owner], "product": shop.product.pk}
    return "/naive", body, 1


def _one(shop: groups.Shop, name: str, random: Random) -> tuple[str, Any, int]:
    owner = random.choice(shop.buyers)
    body = {
        "number": name,
        "account": owner.number,
        "product": shop.product.code,
        "list_amount": str(groups.CENT),
        "currency": "CNY",
    }
    return "/api/v1/orders", body, 1


def _many(shop: groups.Shop, name: str, random: Random) -> tuple[str, Any, int]:
    rows = [_one(shop, f"{name}-{n}", random)[1] for n in range(groups.TOGETHER)]
    return "/api/v1/orders/bulk", {"orders": rows}, groups.TOGETHER
