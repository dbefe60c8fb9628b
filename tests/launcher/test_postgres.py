"""PostgreSQL of a base: created, recovered, refused, stopped."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.base import Base
from launcher.binaries import find_postgres
from launcher.lodging import SHARED_DIRECTORY
from launcher.postgres import Postgres
from launcher.trouble import Trouble

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends an account")


def test_the_role_owns_its_database_and_is_no_superuser(postgres: Postgres) -> None:
    facts = postgres.ask(
        "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user",
        "SELECT current_setting('listen_addresses') = ''",
        "CREATE EXTENSION btree_gist",
        role="billing",
    )
    assert facts == "f|t\nt"


def test_only_the_tests_cluster_may_forget(private_var: Path) -> None:
    settings = {}
    for is_durable in (True, False):
        server = Postgres(Base(private_var / str(is_durable), is_durable), find_postgres())
        server.start()
        settings[is_durable] = server.ask("SHOW fsync", "SHOW synchronous_commit")
        server.stop()
    assert settings == {True: "on\non", False: "off\noff"}


@pytest.mark.faults
def test_rows_survive_the_postmasters_death(postgres: Postgres) -> None:
    postgres.ask("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS row")
    killed = postgres.process()
    assert killed is not None
    killed.send(signal.SIGKILL)
    assert killed.wait(10)

    postgres.start()

    assert postgres.ask("SELECT count(*) FROM kept") == "1000"
    assert postgres.process() not in (None, killed)


@pytest.mark.faults
@pytest.mark.parametrize("kind", ["zombie", "stranger"])
def test_a_stale_pid_is_not_believed(postgres: Postgres, kind: str) -> None:
    code = "" if kind == "zombie" else "input()"
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    if kind == "zombie":
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    note = postgres.lodging.data / "postmaster.pid"
    lines = note.read_text().splitlines()
    postgres.stop()
    note.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
    shutil.chown(note, postgres.lodging.account.uid)

    postgres.start()

    assert postgres.answers()
    other.communicate(b"\n")


@pytest.mark.faults
def test_a_directory_deleted_under_a_running_server_begins_anew(postgres: Postgres) -> None:
    postgres.ask("CREATE TABLE lost (row int)")
    left_behind = postgres.process()
    for directory in (postgres.base.directory, postgres.lodging.data):
        shutil.rmtree(directory, ignore_errors=True)  # the second: kept elsewhere by root

    again = Postgres(postgres.base, postgres.binaries)
    again.start()

    assert again.ask("SELECT to_regclass('lost') IS NULL") == "t"
    assert left_behind is not None
    assert not left_behind.is_alive()
    again.stop()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(postgres: Postgres) -> None:
    postgres.stop()
    with (postgres.lodging.data / "postgresql.conf").open("a") as settings:
        settings.write("nonsense_of_the_user = on\n")

    with pytest.raises(Trouble, match='parameter "nonsense_of_the_user"'):
        postgres.start()


@only_root
def test_root_opens_no_directory_of_its_own(private_var: Path) -> None:
    closed = private_var / "closed"
    closed.mkdir(mode=0o700)
    base = Base(closed / "var")
    server = Postgres(base, find_postgres())

    server.start()

    assert server.answers()
    assert server.lodging.data.is_relative_to(SHARED_DIRECTORY)
    assert closed.stat().st_mode & 0o777 == 0o700
    server.stop()
    shutil.rmtree(SHARED_DIRECTORY / f"billing-{base.label}")
    shutil.rmtree(server.lodging.sockets)


def test_a_socket_directory_of_somebody_else_is_refused(base: Base) -> None:
    binaries = find_postgres()
    guessed = Path("/tmp") / f"billing-{base.label}-{binaries.major}"  # noqa: S108
    guessed.symlink_to(base.directory)

    with pytest.raises(Trouble, match="belongs to another user"):
        Postgres(base, binaries)

    guessed.unlink()
