"""An empty database of its own for one scenario, on the server of the configured one.

A template with all tables is made once per set of migrations and kept; a sandbox is a copy of it.
While a sandbox lives, a session of its own holds a lock named after it: databases whose lock is
free were left behind by a process that was killed, and are dropped by the next one.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, Error, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.utils import load_backend

from billing.models import Product, UsageRecord
from finance_mgmt.models import Account, Decision, Run

BOOKS = (Account, Decision, Run, Product, UsageRecord)  # who has none of these has nothing
TEMPLATE, RUN = "scenario_template_", "scenario_run_"
KEPT_TEMPLATES = 3
# What is thrown away need not outlive a power cut, nor be worth compiling for.
FLEETING = "-c synchronous_commit=off -c jit=off"
LIFE_LOCK, BUILD_LOCK = 7350, 7351  # classes of advisory locks, in the database "postgres"


class NoSandbox(Exception):
    """There can be no sandbox, or the database is not empty. Says what to do."""


@dataclass(frozen=True)
class Sandbox:
    """An empty database that everything in this thread uses, and the one it used before."""

    real: BaseDatabaseWrapper
    ours: BaseDatabaseWrapper

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Step out for a moment: the block uses the configured database again."""
        connections[DEFAULT_DB_ALIAS] = self.real
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = self.ours


@contextmanager
def scratch() -> Iterator["Sandbox"]:
    """Run the block on an empty database, dropped at the end whatever happens."""
    keeper = _wrapper("postgres")
    try:
        with _told():
            _sweep(keeper)
            template = _template(keeper)
            name = _claim(keeper)
            _run(keeper, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            with _using(name) as sandbox:
                yield sandbox
        finally:
            _drop(keeper, name)
    finally:
        keeper.close()


def require_empty() -> None:
    """Raise NoSandbox unless the configured database has all tables and nobody's books in them."""
    try:
        full = [str(model._meta.verbose_name_plural) for model in BOOKS if model.objects.exists()]
    except Error as error:
        said = str(error).strip().splitlines()[0]
        raise NoSandbox(f"The database can't be used ({said}). Run `migrate` first.") from None
    if full:
        raise NoSandbox(f"The database is not empty: it has {', '.join(full)}.")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Error as error:
        said = str(error).strip().splitlines()[0]
        text = f"No sandbox could be made: {said}. Its server must run, its role needs CREATEDB."
        raise NoSandbox(text) from None


def _wrapper(name: str) -> BaseDatabaseWrapper:
    settings: dict[str, Any] = {**connections[DEFAULT_DB_ALIAS].settings_dict, "NAME": name}
    # A pool belongs to an alias, not to a database: its connections would lead to the real one.
    options = {k: v for k, v in settings["OPTIONS"].items() if k != "pool"}
    settings["OPTIONS"] = options | {"options": f"{options.get('options', '')} {FLEETING}".strip()}
    return load_backend(settings["ENGINE"]).DatabaseWrapper(settings, DEFAULT_DB_ALIAS)


@contextmanager
def _using(name: str) -> Iterator["Sandbox"]:
    """Let everything in this thread use another database of the server."""
    real, ours = connections[DEFAULT_DB_ALIAS], _wrapper(name)
    connections[DEFAULT_DB_ALIAS] = ours
    ContentType.objects.clear_cache()
    try:
        if _ask(ours, "SELECT current_database()") != [(name,)]:
            raise AssertionError(f"not connected to {name}")
        yield Sandbox(real, ours)
    finally:
        ours.close()
        connections[DEFAULT_DB_ALIAS] = real
        ContentType.objects.clear_cache()


def _template(keeper: BaseDatabaseWrapper) -> str:
    """The name of the template for these migrations and this role; makes it if there is none."""
    (role,) = _ask(keeper, "SELECT current_user")[0]
    name = f"{TEMPLATE}{_fingerprint(role)}"
    _run(keeper, "SELECT pg_advisory_lock(%s, 0)", [BUILD_LOCK])
    try:
        if not _exists(keeper, name):
            _build(keeper, name)
            _drop_old_templates(keeper)
    finally:
        _run(keeper, "SELECT pg_advisory_unlock(%s, 0)", [BUILD_LOCK])
    return name


def _build(keeper: BaseDatabaseWrapper, name: str) -> None:
    building = f"{name}_new"  # renamed when complete: a template is never half made
    _drop(keeper, building)
    _run(keeper, f'CREATE DATABASE "{building}" TEMPLATE template0')
    with _using(building):
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    _run(keeper, f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    _run(keeper, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')


def _drop_old_templates(keeper: BaseDatabaseWrapper) -> None:
    mine = "datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
    query = f"SELECT datname FROM pg_database WHERE datname LIKE %s AND {mine} ORDER BY oid DESC"
    for (old,) in _ask(keeper, query, [f"{TEMPLATE}%"])[KEPT_TEMPLATES:]:
        _drop(keeper, old)


def _fingerprint(role: str) -> str:
    """Digest of all migration files of all apps: other tables make another template."""
    said = hashlib.sha256(role.encode())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        module, _ = MigrationLoader.migrations_module(app.label)
        found = find_spec(module) if module else None
        for folder in found.submodule_search_locations or [] if found else []:
            for file in sorted(Path(folder).glob("*.py")):
                said.update(f"{app.label}/{file.name}\n".encode())
                said.update(file.read_bytes())
    return said.hexdigest()[:16]


def _claim(keeper: BaseDatabaseWrapper) -> str:
    while True:
        number = secrets.randbelow(2**31 - 1)
        if _lock_life(keeper, number) and not _exists(keeper, f"{RUN}{number}"):
            return f"{RUN}{number}"


def _sweep(keeper: BaseDatabaseWrapper) -> None:
    """Drop sandboxes whose process is gone."""
    for (name,) in _ask(keeper, "SELECT datname FROM pg_database WHERE datname ~ %s", [_RUNS]):
        number = int(name.removeprefix(RUN))
        if _lock_life(keeper, number):
            _drop(keeper, name)
            _run(keeper, "SELECT pg_advisory_unlock(%s, %s)", [LIFE_LOCK, number])


_RUNS = f"^{RUN}[0-9]{{1,10}}$"


def _lock_life(keeper: BaseDatabaseWrapper, number: int) -> bool:
    return _ask(keeper, "SELECT pg_try_advisory_lock(%s, %s)", [LIFE_LOCK, number]) == [(True,)]


def _exists(keeper: BaseDatabaseWrapper, name: str) -> bool:
    return bool(_ask(keeper, "SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def _drop(keeper: BaseDatabaseWrapper, name: str) -> None:
    """Drop a database, with connections that somebody left open in it.

    Forced only if it must be: autovacuum steps aside by itself, but forcing it takes a superuser.
    """
    try:
        _run(keeper, f'DROP DATABASE IF EXISTS "{name}"')
    except OperationalError:  # still in use after five seconds
        _run(keeper, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _run(database: BaseDatabaseWrapper, statement: str, values: list[Any] | None = None) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement, values)


def _ask(database: BaseDatabaseWrapper, query: str, values: list[Any] | None = None) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
