"""Recompute the books and say what is wrong."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Recompute every cached figure from its facts (F10). Exit status 1 if any is wrong."

    def handle(self, **options: Any) -> None:
        wrong = []
        for path in settings.BOOK_CHECKS:
            found = import_string(path)()
            wrong += found
            name = path.rsplit(".", 1)[1].replace("_", " ")
            self.stdout.write(f"{name}: {len(found) or 'none'}")
        for sentence in wrong:
            self.stderr.write(sentence)
        if wrong:
            raise CommandError(f"The books are wrong in {len(wrong)} places.", returncode=1)
        self.stdout.write("The books are right.")
