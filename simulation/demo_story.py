"""The demo's second part: three and a half months of a living business, moved to end now."""

import re
import tempfile
from datetime import UTC, datetime, timedelta
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
MONTH = re.compile(r"(?:(?<=month: )|(?<=due_on: ))\d{4}-\d\d\b")
END = re.compile(r"^end: (\S+)$", re.MULTILINE)
SECOND = timedelta(seconds=1)


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
    """The story moved by whole months so that it ends now."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write(moved(FILE.read_text(encoding="utf-8"), now))
        file.flush()
        return read(file.name)


def moved(text: str, now: datetime) -> str:
    """The file's text with each instant, and each month named, later by the same whole months.

    An instant keeps its place in its month, so that bills are issued, due and settled between the
    same events on any day of the year. The last month is as long as the present one is old.
    """
    written = END.search(text)
    assert written is not None
    end = datetime.fromisoformat(written[1])
    last, months = _number(end), _number(now) - _number(end)

    def later(instant: str) -> datetime:
        at = datetime.fromisoformat(instant)
        number = _number(at)
        till, told_till = (
            (end, now) if number == last else (_first(number + 1), _first(number + months + 1))
        )
        length = (till - _first(number)) // SECOND
        told = (told_till - _first(number + months)) // SECOND
        return _first(number + months) + (at - _first(number)) * told // length

    text = INSTANT.sub(lambda one: f"{later(one[0]):%Y-%m-%dT%H:%M:%SZ}", text)
    return MONTH.sub(lambda one: f"{later(f'{one[0]}-01T00:00:00Z'):%Y-%m}", text)


def _number(instant: datetime) -> int:
    """Months since year 0."""
    return instant.year * 12 + instant.month - 1


def _first(number: int) -> datetime:
    year, month = divmod(number, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)
