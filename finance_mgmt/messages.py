"""Messages to the broker, sent in a thread of their own: a slow broker keeps nobody waiting.

A message only says "look": one that is lost costs time, as the reconciler looks anyway.
"""

import logging
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from celery import current_app

PATIENCE_SECONDS = 1
MOST_WAITING = 100

log = logging.getLogger(__name__)


@dataclass
class _Message:
    send: Callable[[], object]
    is_over: threading.Event = field(default_factory=threading.Event)
    is_sent: bool = False


class Sender:
    """One thread per process that sends what waits, in order. What it can't hold is dropped."""

    def __init__(self) -> None:
        self._process = 0
        self._lock = threading.Lock()
        self._waiting: queue.Queue[_Message] = queue.Queue(MOST_WAITING)

    def send(self, send: Callable[[], object]) -> bool:
        """Have it sent. Returns whether that was done within PATIENCE_SECONDS."""
        message = _Message(send)
        try:
            self._of_this_process().put_nowait(message)
        except queue.Full:
            return False
        message.is_over.wait(PATIENCE_SECONDS)
        return message.is_sent

    def _of_this_process(self) -> "queue.Queue[_Message]":
        with self._lock:
            if self._process != os.getpid():  # the first message, or the first after a fork
                self._process, self._waiting = os.getpid(), queue.Queue(MOST_WAITING)
                work = threading.Thread(target=_work, args=(self._waiting,), daemon=True)
                work.start()
            return self._waiting


def _work(waiting: "queue.Queue[_Message]") -> None:
    while True:
        message = waiting.get()
        try:
            message.send()
            message.is_sent = True
        except Exception as error:  # noqa: BLE001 (whatever the broker's client raises: it is away)
            log.warning("The broker is away: %s", error)
        finally:
            message.is_over.set()


_sender = Sender()


def send(message: Callable[[], object]) -> bool:
    """Have a message sent. False: the broker is slow or away; it is sent later, or never."""
    if current_app.conf.task_always_eager:
        message()
        return True
    return _sender.send(message)
