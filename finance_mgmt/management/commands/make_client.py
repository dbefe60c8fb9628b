"""Make a typed Python client of the API from its schema (docs/decisions/: it is not committed)."""

import sys
import tempfile
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

PACKAGE = "group_billing_client"
# Files come as they are; the generator knows no other kind of body than these.
AS_BYTES = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/xml",
    "text/csv",
)


class Command(BaseCommand):
    help = f"Write a typed Python client of the API as the package {PACKAGE} into a directory."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="a new directory, or one of this command")

    def handle(self, *, directory: Path, **options: Any) -> None:
        if find_spec("openapi_python_client") is None:
            raise CommandError("Install requirements-dev.lock first: it brings the generator.")
        known = directory / PACKAGE / "client.py"
        if directory.exists() and any(directory.iterdir()) and not known.exists():
            raise CommandError(f"{directory} holds something else. Name a new directory.")
        with tempfile.TemporaryDirectory() as place:
            document = Path(place) / "schema.json"
            document.write_bytes(_document())
            problems = _generate(document, directory)
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError("The client is not whole.")
        self.stdout.write(f"{directory}: pip install it, then import {PACKAGE}.")


def _document() -> bytes:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    text: bytes = OpenApiJsonRenderer().render(schema, renderer_context={})
    return text


def _generate(document: Path, directory: Path) -> list[str]:
    """Everything that the generator complains of."""
    from openapi_python_client import generate
    from openapi_python_client.config import Config, ConfigFile, MetaType

    wishes = ConfigFile(
        project_name_override=PACKAGE.replace("_", "-"),
        package_name_override=PACKAGE,
        post_hooks=[f"{sys.executable} -m ruff format --isolated --no-cache --quiet ."],
        http_timeout=60,
        content_type_overrides={
            **dict.fromkeys(AS_BYTES, "application/octet-stream"),
            "application/x-ndjson": "application/octet-stream",
            "application/problem+json": "application/json",
        },
    )
    config = Config.from_sources(
        wishes,
        MetaType.SETUP,
        document_source=document,
        file_encoding="utf-8",
        overwrite=True,
        output_path=directory,
    )
    return [f"{one.header} {one.detail or ''}" for one in generate(config=config)]
