"""The product's own WSGI application, with a bare view for the naive order beside it."""

import json
from collections.abc import Callable
from typing import Any

from finance_mgmt.wsgi import application as product_application

from django.db import connection  # isort: skip - Django is set up by the line above

from benchmarks import naive_orders  # isort: skip
from billing.models import Product  # isort: skip
from finance_mgmt.models import Account  # isort: skip


def application(environ: dict, start_response: Callable) -> Any:
    if environ["PATH_INFO"] != "/naive":
        return product_application(environ, start_response)
    asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    owner = Account.objects.get(pk=asked["owner"])
    product = Product.objects.get(pk=asked["product"])
    naive_orders.buy(asked["name"], owner, asked["payer"], product)
    connection.close()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]
