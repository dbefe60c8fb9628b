"""What API tests share: people with tokens, and a world of accounts that look at each other."""

import json
from datetime import datetime
from itertools import count
from typing import Any

from django.contrib.auth.models import Permission as StaffPermission
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIRequest
from django.db.models import Q
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

from finance_mgmt import wsgi
from finance_mgmt.clock import now
from finance_mgmt.enums import Role
from finance_mgmt.models import Account
from finance_mgmt.services import people
from tests.provider import LONG_AGO

_numbers = count(1)


def said(at: datetime = LONG_AGO) -> dict[str, Any]:
    """Key, actor and instant, as every service wants them last."""
    return {"key": f"door-{next(_numbers)}", "by": "test", "at": at}


def person(name: str = "", **options: Any) -> User:
    return User.objects.create_user(name or f"person-{next(_numbers)}", **options)


def permissions(*names: str) -> list[StaffPermission]:
    """Permissions by "app.codename"; without an app one of MoneyAction."""
    wanted = Q(pk__in=[])
    for name in names:
        app, _, codename = name.rpartition(".")
        wanted |= Q(content_type__app_label=app or "finance_mgmt", codename=codename)
    found = list(StaffPermission.objects.filter(wanted))
    assert len(found) == len(names), f"no such permission among {names}"
    return found


class _Handler(ClientHandler):
    """As the WSGI application: short ways come first."""

    def __call__(self, environ: dict[str, Any]) -> Any:
        answered = wsgi.application.answer(environ)
        if answered is None:
            return super().__call__(environ)
        status, headers, content = answered
        response = HttpResponse(content, status=status, headers=dict(headers))
        response.wsgi_request = WSGIRequest(environ)
        return response


class Caller:
    """A program with a token of one person. `key=None` sends no Idempotency-Key."""

    def __init__(self, user: User | None = None, account: str | None = None) -> None:
        self.user = user
        self.client = Client(raise_request_exception=False)
        self.client.handler = _Handler(enforce_csrf_checks=False)
        self.headers = {} if account is None else {"X-Account": account}
        if user is not None:
            _, text = people.issue_token(user=user, by="test", at=now())
            self.headers["Authorization"] = f"Bearer {text}"

    def get(self, path: str, query: Any = None, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", data=query, headers={**self.headers, **headers})

    def seen(self, path: str, query: Any = None) -> dict[str, str]:
        """The header that says which version was seen: the one there is now."""
        return {"If-Match": self.get(path, query)["ETag"]}

    def post(self, path: str, body: Any = None, key: str | None = "", **headers: str) -> Any:
        return self.send("post", path, body, key, **headers)

    def delete(self, path: str, key: str | None = "", **headers: str) -> Any:
        return self.send("delete", path, None, key, **headers)

    def send(
        self, method: str, path: str, body: Any = None, key: str | None = "", **headers: str
    ) -> Any:
        said = {**self.headers, **headers}
        if key is not None:
            said["Idempotency-Key"] = key or f"key-{next(_numbers)}"
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(
            method.upper(),
            f"/api/v1/{path}",
            data="" if body is None else text,
            content_type="application/json",
            headers=said,
        )


def user_of(account: Account, role: Role = Role.OWNER, user: User | None = None) -> Caller:
    """Somebody who may act for the account."""
    user = user or person()
    people.appoint(account=account, user=user, role=role, **said())
    return Caller(user, account.number)


def staff(*names: str) -> Caller:
    """Staff with these permissions."""
    user = person(is_staff=True)
    user.user_permissions.set(permissions(*names))
    return Caller(user)


def boss() -> Caller:
    """Staff who may do everything."""
    return Caller(User.objects.create_superuser(f"boss-{next(_numbers)}"))


def problem(response: Any) -> dict[str, Any]:
    """The body of a problem; fails on anything else."""
    assert response["Content-Type"] == "application/problem+json", response.content[:500]
    found: dict[str, Any] = response.json()
    assert found["status"] == response.status_code
    return found


def codes(response: Any) -> list[str]:
    """The codes of its reasons, else of the problem itself."""
    found = problem(response)
    return [one["code"] for one in found["errors"]] or [found["type"].removeprefix("/problems/")]


def numbers(response: Any, name: str = "number") -> list[Any]:
    """One field of all rows of a list."""
    assert response.status_code == 200, response.content
    return [row[name] for row in response.json()["results"]]
