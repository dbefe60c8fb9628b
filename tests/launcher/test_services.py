"""Services that do not want to end, and services that end too early."""

import os
import signal
import time
from pathlib import Path

import pytest

from launcher.base import Base
from launcher.interrupts import interrupts
from launcher.services import Program, Services
from launcher.trouble import Trouble
from launcher.venv import PYTHON
from tests.launcher.surroundings import processes_of, until

STUBBORN = Program("stubborn", ("tests.launcher.stubborn",), farewells=((signal.SIGTERM, 20.0),))


@pytest.fixture
def services(base: Base, private_var: Path) -> Services:
    assert PYTHON.exists()
    return Services(base, dict(os.environ))


def test_a_second_ctrl_c_ends_what_hears_nothing(
    services: Services, private_var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.start(STUBBORN)
    until(lambda: len(processes_of(private_var)) == 2)
    monkeypatch.setattr(interrupts, "is_urgent", True)

    began = time.monotonic()
    services.stop()

    assert time.monotonic() - began < 5
    assert processes_of(private_var) == {}, "its child is gone too"


def test_what_hears_nothing_is_ended_after_its_time(services: Services, private_var: Path) -> None:
    brief = Program("stubborn", STUBBORN.arguments, farewells=((signal.SIGTERM, 0.5),))
    services.start(brief)
    until(lambda: len(processes_of(private_var)) == 2)
    services.stop()
    assert processes_of(private_var) == {}


def test_an_early_end_is_told_with_the_end_of_its_log(services: Services) -> None:
    services.start(Program("broken", ("no_such_module_of_ours",)))

    def is_found_out() -> bool:
        try:
            services.check()
        except Trouble as trouble:
            return "No module named no_such_module_of_ours" in str(trouble)
        return False

    until(is_found_out)
    services.stop()
