"""Make the groups of finance staff."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...rules.roles import ROLES
from ...services import roles


class Command(BaseCommand):
    help = "Make the groups of finance staff, each with the least rights (Z6). Safe to repeat."

    def handle(self, **options: Any) -> None:
        try:
            made = roles.create(ROLES)
        except LookupError as missing:
            raise CommandError(str(missing)) from missing
        for name, count in made.items():
            self.stdout.write(f"{name}: {count} permissions")
