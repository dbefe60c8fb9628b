"""PostgreSQL is killed while 32 clients spend: asking by key settles what happened (F10)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.processes import environment
from tests.faults.servers import kill, own_base, postgres_of, tables_of_the_test

pytestmark = [pytest.mark.faults, pytest.mark.slow]

CLIENTS = 32


@pytest.mark.case("F10")
@pytest.mark.rule("F5", "F10", "F11")
def test_whoever_does_not_know_asks_again_by_key(db):
    with own_base(is_durable=True) as base:
        postgres = postgres_of(base)
        tables_of_the_test(postgres, connection.settings_dict["NAME"])
        spending = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("spenders.py")), str(CLIENTS)],
            env=environment(DATABASE_URL=postgres.url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert spending.stdout.readline() == "spending\n"
            kill(postgres)
            postgres.start()
            spending.stdin.write("it is back\n")
            spending.stdin.flush()
            found = json.loads(spending.communicate(timeout=90)[0])
        finally:
            spending.kill()
    assert found["unknown"] > 0, "it was not killed in the middle"
    assert found["wrong"] == []
    assert sorted(found["at_last"]) == ["done", "refused"]  # nobody is left in the dark
    assert found["spent"] == found["at_last"]["done"] == found["limit"]
    assert found["books"] == []
