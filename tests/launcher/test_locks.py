"""The lock files: complete, hashed, and tied to no machine."""

import re

import pytest

from launcher.base import PROJECT
from launcher.venv import DEVELOPER_LOCK, PRODUCT_LOCK

BLOCK = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<rest>(?:.*\\\n)+.*)$", re.MULTILINE)


def _pinned(lock: str) -> dict[str, str]:
    text = (PROJECT / lock).read_text(encoding="utf-8")
    return {block["name"]: block["version"] for block in BLOCK.finditer(text)}


@pytest.mark.parametrize("lock", [PRODUCT_LOCK, DEVELOPER_LOCK])
def test_every_package_has_hashes_and_no_address(lock: str) -> None:
    text = (PROJECT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE), "options would bind it to one machine"
    assert len(_pinned(lock)) == len(re.findall("==.*\\\\$", text, re.MULTILINE))
    assert all("--hash=sha256:" in block["rest"] for block in BLOCK.finditer(text))


def test_the_developers_lock_contains_the_products() -> None:
    developers = _pinned(DEVELOPER_LOCK)
    assert _pinned(PRODUCT_LOCK).items() <= developers.items()


@pytest.mark.parametrize(
    ("source", "lock"),
    [("requirements.in", PRODUCT_LOCK), ("requirements-dev.in", DEVELOPER_LOCK)],
)
def test_everything_asked_for_is_locked(source: str, lock: str) -> None:
    asked = re.findall(r"^[A-Za-z][\w-]*", (PROJECT / source).read_text("utf-8"), re.MULTILINE)
    assert {name.lower().replace("_", "-") for name in asked} <= _pinned(lock).keys()
