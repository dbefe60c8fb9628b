"""The address of the pages: a free port, and the moment they answer."""

import http.client
import socket
import time
from collections.abc import Callable

from launcher.progress import Step, say
from launcher.trouble import Trouble

HOST = "127.0.0.1"
NAME = "localhost"  # as shown: passkeys belong to a name, never to an IP address
FIRST_PORT = 8000
READY_SECONDS = 60.0


def choose_port(wanted: int | None) -> int:
    """The wanted port, or the first free one from 8000 on. Raises Trouble when it is taken."""
    if wanted is not None:
        if not _is_free(wanted):
            raise Trouble(
                f"Port {wanted} is taken or not allowed. Choose another with --port, or leave "
                "--port out to get the next free one."
            )
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + 100):
        if _is_free(port):
            if port != FIRST_PORT:
                say(f"Port {FIRST_PORT} is taken, so the pages are on {port}.")
            return port
    raise Trouble(f"No port from {FIRST_PORT} on is free. Choose one with --port.")


def await_pages(port: int, check: Callable[[], None]) -> None:
    """Wait until the pages answer. `check` raises when their process has ended."""
    deadline = time.monotonic() + READY_SECONDS
    with Step("Starting the pages") as step:
        while not _answers(port):
            check()
            step.tick()
            if time.monotonic() > deadline:
                raise Trouble("The pages do not answer. Look into log/web.log; `dev.py stop`.")
            time.sleep(0.1)


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
