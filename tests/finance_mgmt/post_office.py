"""A mail server and a web server of the test's own: what arrives is what was sent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from django.test import override_settings

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class Mailbox:
    """Takes letters; `refusals` says what to answer to an address instead."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.refusals: dict[str, str] = {}
        self.connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def ids(self) -> list[str]:
        return [letter["Message-ID"] for letter in self.letters]


@contextmanager
def mail_server(port: int = 0) -> Iterator[Mailbox]:
    """A mail server that settings point to."""
    box = Mailbox()
    port = port or free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        with mail_settings(port):
            yield box
    finally:
        server.stop()


def mail_settings(port: int) -> override_settings:
    return override_settings(EMAIL_BACKEND=SMTP, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port)


class Endpoint:
    """Takes events; `answers` are given in turn, then 204."""

    def __init__(self) -> None:
        self.events: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.url = ""
        self.port = 0

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.events]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.events]


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """A web server that webhooks may be posted to."""
    found = Endpoint()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.events.append(({k.lower(): v for k, v in self.headers.items()}, body))
            status, headers = found.answers.pop(0) if found.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    server.daemon_threads = True
    found.port = server.server_address[1]
    found.url = f"http://127.0.0.1:{found.port}/in"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with allowed(found.port):
            yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def allowed(port: int) -> override_settings:
    """As a provider whose receivers are in its own network sets it."""
    return override_settings(WEBHOOK_PORTS=[port], WEBHOOK_NETWORKS=["127.0.0.1/32"])


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
