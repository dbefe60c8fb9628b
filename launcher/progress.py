"""What the user sees while they wait. Everything goes to standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

LIVE_SECONDS = 0.2
DULL_SECONDS = 15.0
LONG_SECONDS = 2.0


def say(sentence: str) -> None:
    """One line for the user."""
    print(sentence, file=sys.stderr, flush=True)


class Step:
    """One piece of work that takes a while, with its elapsed seconds.

    On a terminal the line is alive; elsewhere (CI) a line appears now and then.
    """

    quiet = False  # set for `manage`, where only a long wait deserves a line

    def __init__(self, title: str) -> None:
        self.title = title
        self._began = time.monotonic()
        self._next = self._began
        self._is_live = sys.stderr.isatty()

    def __enter__(self) -> "Step":
        if not self._is_live:
            self._next += DULL_SECONDS
        elif self.quiet:
            self._next += LONG_SECONDS
        self.tick()
        return self

    def tick(self, detail: str = "") -> None:
        """Show that the work goes on; `detail` says how far it is."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (LIVE_SECONDS if self._is_live else DULL_SECONDS)
        line = f"{self.title} ... {now - self._began:.0f} s{detail and ', ' + detail}"
        if self._is_live:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        else:
            say(line)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        took = time.monotonic() - self._began
        if self._is_live:
            print("\r\033[K", end="", file=sys.stderr)
        if error is None and (took > LONG_SECONDS or not self.quiet):
            say(f"{self.title}: done in {took:.1f} s.")


@contextmanager
def hushed() -> Iterator[None]:
    """Report only steps that take long, for commands whose output matters more."""
    Step.quiet = True
    try:
        yield
    finally:
        Step.quiet = False
