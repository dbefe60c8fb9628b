"""The demo's second part: three and a half months of a living business, moved to end today."""

import re
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from finance_mgmt.models import Account, Decision

from .files import Scenario, read
from .runner import unfold
from .world import World

FILE = Path(__file__).with_name("demo_group.yaml")
NAMES = {
    "northwind": "Northwind Holdings",
    "nw-retail": "Northwind Retail",
    "nw-logistics": "Northwind Logistics",
    "nw-labs": "Northwind Labs",
    "nw-data": "Northwind Data",
    "meridian": "子午线集团",
    "md-shanghai": "子午线（上海）",
    "md-beijing": "子午线（北京）",
    "md-shenzhen": "子午线（深圳）",
    "orchard": "Orchard Foods",
    "tidal": "Tidal Works",
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
MONTH = re.compile(r"(?<=month: )\d{4}-\d\d\b")
END = re.compile(r"^end: (\S+)$", re.MULTILINE)


def is_begun() -> bool:
    """Whether the books know the story's people already."""
    return Account.objects.filter(number__in=NAMES).exists()


def is_told(*, by: str) -> bool:
    """Whether the story's last event has happened."""
    last = len(read(str(FILE)).events) - 1
    return Decision.objects.filter(key=f"event {last}", by=by).exists()


def tell(*, by: str, now: datetime) -> World:
    """Play the story into these books, through the same services and jobs as any other."""
    return unfold(World(ending(now), by=by, names=NAMES))


def ending(now: datetime) -> Scenario:
    """The story moved by whole days so that it ends within the day before an instant."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(moved(FILE.read_text(encoding="utf-8"), now))
        file.flush()
        return read(file.name)


def moved(text: str, now: datetime) -> str:
    """The file's text with each instant, and each month named, later by the same whole days."""
    ends = END.search(text)
    assert ends is not None
    by = timedelta(days=(now - datetime.fromisoformat(ends[1])).days)
    text = INSTANT.sub(lambda one: _later(one[0], by), text)
    return MONTH.sub(lambda one: _later(f"{one[0]}-15T00:00:00Z", by)[:7], text)


def _later(instant: str, by: timedelta) -> str:
    return f"{datetime.fromisoformat(instant) + by:%Y-%m-%dT%H:%M:%SZ}"
