"""Write docs/gallery.md: what the stories tell."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from simulation import gallery

STORIES = Path(settings.BASE_DIR) / "tests" / "scenarios"
PAGE = Path(settings.BASE_DIR) / "docs" / "gallery.md"


class Command(BaseCommand):
    help = "Write docs/gallery.md anew from the heads of the scenario files in tests/scenarios."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print", action="store_true", help="print it instead")

    def handle(self, **options: Any) -> None:
        text = gallery.page(STORIES, "../tests/scenarios")
        if options["print"]:
            self.stdout.write(text, ending="")
        else:
            PAGE.write_text(text, encoding="utf-8")
            self.stdout.write(f"{PAGE}: {text.count(chr(10)) - HEAD_LINES} stories")


HEAD_LINES = gallery.HEAD.count("\n")
