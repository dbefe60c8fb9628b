"""Whose account PostgreSQL runs under."""

import os
from pathlib import Path

import pytest

from launcher.accounts import account_for
from launcher.trouble import Trouble

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
NAMELESS = 54321


def test_root_lends_an_account_that_exists(private_var: Path) -> None:
    lent = account_for(private_var / "no-cluster-yet")
    assert lent.is_lent
    assert lent.uid != 0


def test_a_cluster_stays_with_its_owner(private_var: Path) -> None:
    """Installing Debian's PostgreSQL later adds an account `postgres`; the data is `nobody`'s."""
    cluster = private_var / "postgres-18"
    cluster.mkdir()
    os.chown(cluster, 65534, 65534)
    assert account_for(cluster).uid == 65534


def test_a_user_without_a_name_is_told_what_to_do(private_var: Path) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NAMELESS)
        os.setuid(NAMELESS)
        try:
            account_for(private_var / "no-cluster-yet")
        except Trouble as trouble:
            os.write(writing, str(trouble).encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, encoding="utf-8") as told:
        sentence = told.read()
    assert "user id 54321, which has no name" in sentence
    assert "Set DATABASE_URL" in sentence
