"""Ctrl-C, SIGTERM and a closed terminal: the first asks to stop in order, a later one to hurry."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(BaseException):
    """The user or the system asked to stop; unwinds to whoever stops what was started."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


class Interrupts:
    """What has been asked so far. One per process, because signals are."""

    def __init__(self) -> None:
        self.signum = 0
        self.heard = 0
        """The last signal that went to a listener instead."""
        self.is_urgent = False
        self._listener: Callable[[int], None] | None = None
        self._postponed = 0
        self._is_raised = False

    def install(self) -> None:
        """Take over the signals. A SIGHUP that nohup ignores stays ignored."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._receive)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._receive)

    def _receive(self, signum: int, frame: FrameType | None) -> None:
        if self._listener is not None:
            self.heard = signum
            self._listener(signum)
        elif self.signum:
            self.is_urgent = True
        else:
            self.signum = signum
            if not self._postponed:
                self._raise()

    def _raise(self) -> None:
        self._is_raised = True
        raise Interrupted(self.signum)

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """Starting and stopping a server must not be cut in the middle: raise afterwards."""
        self._postponed += 1
        try:
            yield
        finally:
            self._postponed -= 1
        if self.signum and not self._postponed and not self._is_raised:
            self._raise()

    @contextmanager
    def heard_by(self, listener: Callable[[int], None]) -> Iterator[None]:
        """Let a running child decide what a signal means."""
        self._listener = listener
        try:
            yield
        finally:
            self._listener = None


interrupts = Interrupts()
