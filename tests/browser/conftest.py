"""A real Chromium against a live server. Nothing but our own server may be asked for anything."""

import os
import shutil

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from finance_mgmt.models import Run
from finance_mgmt.services import runs

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not os.path.exists(CHROMIUM):
        pytest.skip("There is no Chromium here: apt-get install chromium")
    # Playwright's loop runs in this thread, where Django would then refuse the ORM.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(chromium, live_server, transactional_db):
    """A page of somebody who is signed in; fails on errors of scripts and on foreign requests."""
    client = Client()
    client.force_login(User.objects.create_superuser("browser"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}
    )
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    )
    opened = context.new_page()
    wrong = []
    opened.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    opened.on("request", lambda asked: _check(asked.url, live_server.url, wrong))
    opened.on("response", lambda answer: _judge(answer, wrong))
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture(params=["en", "zh-hans"])
def tongue(request, page):
    """The page in one language, then in the other."""
    page.context.set_extra_http_headers({"Accept-Language": request.param})
    return request.param


def _check(url: str, ours: str, wrong: list[str]) -> None:
    if not url.startswith((ours, "data:", "blob:")):
        wrong.append(f"foreign request: {url}")


def _judge(answer, wrong: list[str]) -> None:
    if answer.status >= 400:
        wrong.append(f"{answer.status}: {answer.url}")


@pytest.fixture
def work():
    """What the workers would do: every run that waits, in this thread."""

    def do() -> None:
        for pk in Run.objects.filter(state="queued").values_list("pk", flat=True):
            runs.work(pk, worker="test")

    return do


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Uploaded files go to a directory of the test; nobody asks real workers to look."""
    settings.MEDIA_ROOT = tmp_path
    settings.CELERY_BROKER_URL = "memory://"
