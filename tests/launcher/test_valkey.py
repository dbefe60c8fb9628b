"""Valkey of a base: messages survive, the cache cannot clear them."""

import signal
from pathlib import Path

import pytest

from launcher.base import Base
from launcher.valkey import Valkey


@pytest.mark.faults
def test_messages_survive_its_death(valkey: Valkey) -> None:
    valkey.ask("RPUSH celery one two three")
    killed = valkey.process()
    assert killed is not None
    killed.send(signal.SIGKILL)
    assert killed.wait(10)

    valkey.start()

    assert valkey.ask("LLEN celery") == "3"


def test_clearing_the_cache_leaves_the_messages(valkey: Valkey) -> None:
    valkey.ask("RPUSH celery one")
    assert valkey.cache_url.endswith("?db=1")
    assert valkey.broker_url.endswith("?virtual_host=0")
    valkey.ask("SELECT 1\r\nFLUSHDB")
    assert valkey.ask("LLEN celery") == "1"


def test_a_test_begins_with_no_messages(private_var: Path) -> None:
    server = Valkey(Base(private_var / "test", keeps_queue=False))
    server.start()
    server.ask("RPUSH celery left-over")

    server.start()

    assert server.ask("LLEN celery") == "0"
    server.stop()


def test_stopped_means_gone(valkey: Valkey) -> None:
    process = valkey.process()
    assert process is not None
    valkey.stop()
    assert not process.is_alive()
    assert not valkey.answers()
