"""The ten calls of docs/api.md, read from the page and made one by one: they end with a bill."""

import re
import shlex
from base64 import b64encode
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from finance_mgmt.enums import RunState
from finance_mgmt.models import Run
from finance_mgmt.services import runs
from tests.api.door import person

pytestmark = pytest.mark.django_db

PAGE = Path(settings.BASE_DIR) / "docs" / "api.md"
HOST = "http://127.0.0.1:8000"


def commands() -> list[str]:
    """The curl commands of the first block, each as one line."""
    block = re.search(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    text = re.sub(r"^#.*\n", "", block[1], flags=re.MULTILINE).replace("\\\n", " ")
    return re.findall(r"^curl .*?(?=^\w|\Z)", text, re.DOTALL | re.MULTILINE)


def run(command: str, token: str):
    """Make the call as curl would."""
    words = shlex.split(command.replace("$API", f"{HOST}/api/v1").replace("$TOKEN", token))[1:]
    method, url, headers, data = "GET", "", {}, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-u":
            headers["Authorization"] = f"Basic {b64encode(words.pop(0).encode()).decode()}"
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-binary"):
            data = words.pop(0)
        elif word != "-sS":
            url = word
    kind = headers.pop("Content-Type", "")
    path = url.removeprefix(HOST)
    return Client().generic(method, path, data=data, content_type=kind, headers=headers)


def test_ten_calls_lead_from_a_token_to_a_bill(provider):
    person("demo", password="demo", is_staff=True, is_superuser=True)
    found, token = [], ""
    for command in commands():
        answer = run(command, token)
        assert answer.status_code in (200, 201), (command, answer.content)
        token = token or answer.json()["token"]
        for waiting in Run.objects.filter(state=RunState.QUEUED):  # what a worker does
            runs.work(waiting.pk, worker="test")
        found.append(answer)
    assert len(found) == 10
    lines = found[5].getvalue().decode().splitlines()
    assert [re.search(r'"result": "(\w+)"', line)[1] for line in lines] == ["stored", "stored"]
    (bill,) = found[9].json()["results"]
    assert (bill["payer"], bill["month"], bill["total"]) == ("LABS", "2024-05-01", "3.78")


def test_the_ten_calls_may_be_made_again(provider):
    person("demo", password="demo", is_staff=True, is_superuser=True)
    token = run(commands()[0], "").json()["token"]
    for _ in range(2):
        answers = [run(command, token) for command in commands()[1:7]]
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert replayed == ["true"] * 6
