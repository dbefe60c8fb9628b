"""One POST to a stranger: to the very address that was judged, in a given time, without redirects.

A name is resolved once and all it resolves to is judged; then the socket is opened to one of those
addresses, not to the name, so that a second answer of the name server changes nothing.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from ..rules.addresses import Network, Target, judge

CONNECT_SECONDS = 5
SECONDS = 10  # for everything after the connection, however slowly it drips
MOST_BYTES = 4096


class NoAnswer(Exception):
    """Nobody answered in time, or not in HTTP."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    retry_after: str = ""


def post(
    target: Target, *, body: bytes, headers: Mapping[str, str], networks: Iterable[Network] = ()
) -> Answer:
    """POST and read the first bytes of the answer. Raises AddressRefused, NoAnswer."""
    found = _resolve(target)
    url = f"{target.scheme}://{target.host_header}{target.path}"
    judge([ip_address(one[4][0].partition("%")[0]) for one in found], networks=networks, url=url)
    try:
        sock = _connect(found)
    except OSError as error:
        raise NoAnswer(f"No connection: {error}") from None
    with _Watch(sock) as watch:
        try:
            if target.scheme == "https":
                watch.sock = ssl.create_default_context().wrap_socket(
                    sock, server_hostname=target.host
                )
            answer = _ask(watch.sock, target, body, headers)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if not watch.is_over:
                raise NoAnswer(f"No answer: {error or type(error).__name__}") from None
        # What was cut off may look like an answer that ended.
        if watch.is_over:
            raise NoAnswer(f"No answer within {SECONDS} s.")
        return answer


def _ask(sock: Any, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = sock
    said = {"Host": target.host_header, "Connection": "close", **headers}
    connection.request("POST", target.path, body=body, headers=said)
    with connection.getresponse() as response:
        text = response.read(MOST_BYTES).decode(errors="replace")
        return Answer(response.status, text, response.headers.get("Retry-After", ""))


def _resolve(target: Target) -> list[Any]:
    try:
        return socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer(f"The name can't be resolved: {error}") from None


def _connect(found: Iterable[Any]) -> socket.socket:
    last: OSError | None = None
    for family, kind, protocol, _name, address in found:
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(CONNECT_SECONDS)
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            last = error
        else:
            sock.settimeout(SECONDS)
            return sock
    raise last or OSError("no address")


class _Watch:
    """Cuts the connection when the time is over; a timeout of the socket begins anew per byte."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.is_over = False
        self._timer = threading.Timer(SECONDS, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        self.sock.close()

    def _cut(self) -> None:
        self.is_over = True
        with suppress(OSError):
            # Not SSLSocket.shutdown: it forgets the encryption under the hands of who reads.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
