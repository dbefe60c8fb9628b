"""Databases of a benchmark's own, on the server that DATABASE_URL names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep

from django.core.management import call_command
from django.db import ProgrammingError, connection

# Each run has names of its own, so that two on one server don't drop each other's.
OWN = f"bench_{os.getpid()}"
LOADED = f"{OWN}_loaded"
MOST_ATTEMPTS = 60


def execute(sql: str, facts: list | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)


@contextmanager
def database(name: str, template: str = "template0") -> Iterator[None]:
    """Make a database, connect Django to it, and drop it at the end."""
    home = connection.settings_dict["NAME"]
    _drop(name)
    execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connect(name)
    try:
        yield
    finally:
        connect(home)
        _drop(name)


def _drop(name: str) -> None:
    """Drop a database. Autovacuum may be in it, which only a superuser can send away: wait."""
    for attempt in range(MOST_ATTEMPTS):
        try:
            execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        except ProgrammingError:
            if attempt + 1 == MOST_ATTEMPTS:
                raise
            sleep(1)
        else:
            return


@contextmanager
def away() -> Iterator[None]:
    """Leave the current database for a while, so that it can be a template."""
    name = connection.settings_dict["NAME"]
    connect("postgres")
    try:
        yield
    finally:
        connect(name)


def migrate() -> None:
    call_command("migrate", verbosity=0)


def connect(name: str) -> None:
    """From here on Django speaks to this database."""
    connection.close()
    connection.settings_dict["NAME"] = name
