"""The ten calls of docs/quickstart.md, read from the page and made over HTTP: they end with a bill.

Once as curl would make them, once by the typed client, which is made anew from the schema.
"""

import re
import shlex
import subprocess
import sys
from base64 import b64encode
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from finance_mgmt.enums import RunState
from finance_mgmt.models import Run
from finance_mgmt.services import runs
from tests.api.door import person

PAGE = Path(settings.BASE_DIR) / "docs" / "quickstart.md"
HOST = "http://127.0.0.1:8000"
PACKAGE = "group_billing_client"


def block(language: str) -> str:
    """The code of one language on the page."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def commands() -> list[str]:
    """The curl commands, each as one line."""
    text = re.sub(r"^#.*\n", "", block("sh"), flags=re.MULTILINE).replace("\\\n", " ")
    return re.findall(r"^curl .*?(?=^\w|\Z)", text, re.DOTALL | re.MULTILINE)


def run(command: str, host: str, token: str) -> httpx.Response:
    """Make the call as curl would."""
    words = shlex.split(command.replace("$API", f"{host}/api/v1").replace("$TOKEN", token))[1:]
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
    return httpx.request(method, url, headers=headers, content=data.encode(), timeout=60)


def work() -> None:
    """What a worker does."""
    for waiting in Run.objects.filter(state=RunState.QUEUED):
        runs.work(waiting.pk, worker="test")


@pytest.fixture
def host(live_server, transactional_db, provider) -> str:
    """Where the product answers; `demo:demo` may do everything."""
    person("demo", password="demo", is_staff=True, is_superuser=True)
    url: str = live_server.url
    return url


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The typed client, made anew."""
    directory = tmp_path_factory.mktemp("client")
    call_command("make_client", str(directory), stdout=StringIO())
    return directory


def test_ten_calls_lead_from_a_token_to_a_bill(host):
    found, token = [], ""
    for command in commands():
        answer = run(command, host, token)
        assert answer.status_code in (200, 201), (command, answer.text)
        token = token or answer.json()["token"]
        work()
        found.append(answer)
    assert len(found) == 10
    results = [re.search(r'"result": "(\w+)"', line)[1] for line in found[5].text.splitlines()]
    assert results == ["stored", "stored"]
    (bill,) = found[9].json()["results"]
    assert (bill["payer"], bill["month"], bill["total"]) == ("LABS", "2024-05-01", "3.78")


def test_the_ten_calls_may_be_made_again(host):
    token = run(commands()[0], host, "").json()["token"]
    for _ in range(2):
        answers = [run(command, host, token) for command in commands()[1:7]]
    replayed = [answer.headers.get("Idempotency-Replayed") for answer in answers]
    assert replayed == ["true"] * 6


@pytest.mark.slow
def test_the_typed_client_makes_the_same_ten_calls(host, client, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(client))
    code = block("python").replace(HOST, host)
    steps = re.split(r"^(?=# \d+\. )", code, flags=re.MULTILINE)
    assert [step[:5].strip("# .") for step in steps[1:]] == [str(n) for n in range(1, 11)]
    known: dict[str, Any] = {"__name__": "quickstart"}
    for step in steps:
        exec(compile(step, str(PAGE), "exec"), known)
        work()
    assert capsys.readouterr().out == "LABS 2024-05-01 3.78\n"


@pytest.mark.slow
def test_the_client_is_typed_and_always_the_same(client, tmp_path):
    call_command("make_client", str(tmp_path / "again"), stdout=StringIO())
    assert files(tmp_path / "again") == files(client)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={tmp_path}", "-p", PACKAGE],
        cwd=client,
        capture_output=True,
        text=True,
    )
    assert checked.stdout.startswith("Success"), checked.stdout


def test_what_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(CommandError, match="holds something else"):
        call_command("make_client", str(tmp_path))


def files(directory: Path) -> dict[str, str]:
    """Every file that was made, by its name."""
    return {
        str(path.relative_to(directory)): path.read_text(encoding="utf-8")
        for path in directory.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
