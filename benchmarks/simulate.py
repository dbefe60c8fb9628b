"""Scenarios: a year of three groups with thousands of events, and the smallest one there is."""

import cProfile
import io
import pstats
import random
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from zoneinfo import ZoneInfo

from simulation import files, outcome, runner, sandbox

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2023, 1, 1, tzinfo=ZONE)
YEAR = timedelta(days=365)
GROUPS, MEMBERS_EACH = 3, 19

HEAD = """\
start: 2023-01-01T00:00:00+08:00
end: 2024-01-01T00:10:00+08:00
products:
  - {code: ecs, family: compute, cycle: hour, unit_price: "0.50"}
  - {code: disk, family: storage, cycle: day, unit_price: "0.01"}
  - {code: vm, family: compute}
"""
TRIVIAL = """\
start: 2024-05-01T00:00:00+08:00
end: 2024-05-01T00:00:00+08:00
accounts: []
"""


def year(events: int) -> str:
    """A scenario: links in January, then usage, orders, top-ups and settlements at random."""
    chance = random.Random(1)
    accounts, rows = [], []
    for group in range(GROUPS):
        accounts.append(f'  - {{id: M{group}, identity: G{group}, credit_limit: "9000000.00"}}')
        for number in range(MEMBERS_EACH):
            member = f"M{group}-{number}"
            accounts.append(f'  - {{id: {member}, identity: G{group}, cash: "1000.00"}}')
            said = f"{{master: M{group}, member: {member}, mode: trusteeship, acknowledge: true}}"
            rows.append((START + timedelta(days=number), f"link: {said}"))
    minutes = sorted(chance.randrange(10 * 1440, 365 * 1440) for _ in range(events - len(rows)))
    for number, minute in enumerate(minutes):
        rows.append((START + timedelta(minutes=minute), _event(chance, number)))
    lines = [f"  - {{at: {at.isoformat()}, {said}}}" for at, said in sorted(rows)]
    return "\n".join([HEAD + "accounts:", *accounts, "events:", *lines, ""])


def _event(chance: random.Random, number: int) -> str:
    master = f"M{chance.randrange(GROUPS)}"
    member = f"{master}-{chance.randrange(MEMBERS_EACH)}"
    kind = chance.random()
    if kind < 0.90:
        product = chance.choice(("ecs", "disk"))
        quantity = f'"{chance.randint(1, 400)}.{chance.randint(0, 9)}"'
        return f"use: {{account: {member}, product: {product}, quantity: {quantity}}}"
    if kind < 0.95:
        return f'order: {{id: o{number}, account: {member}, product: vm, amount: "20.00"}}'
    return f'top_up: {{account: {master}, amount: "500.00"}}'


def measure(*, events: int, rounds: int) -> dict:
    """Seconds of each phase. `events` are those of the year."""
    rows, is_right = [], True
    with TemporaryDirectory() as folder:
        trivial = Path(folder) / "trivial.yaml"
        trivial.write_text(TRIVIAL)
        times = [_play(trivial)[0]["all"] for _ in range(rounds)]
        rows.append(_row("smallest scenario, in a running process", times))
        file = Path(folder) / "year.yaml"
        file.write_text(year(events))
        profile = cProfile.Profile()
        found, is_right = _play(file, profile)
        rows += [_row(f"a year, {events} events: {name}", [took]) for name, took in found.items()]
    told = io.StringIO()
    pstats.Stats(profile, stream=told).sort_stats("cumulative").print_stats(
        "simulation|services", 25
    )
    return {
        "title": "Scenarios",
        "rows": rows,
        "books_are_right": is_right,
        "profile": told.getvalue(),
    }


def _play(file: Path, profile: cProfile.Profile | None = None) -> tuple[dict[str, float], bool]:
    marks = [perf_counter()]
    scenario = files.read(str(file))
    marks.append(perf_counter())
    with sandbox.scratch():
        marks.append(perf_counter())
        if profile:
            profile.enable()
        world = runner.play(scenario)
        if profile:
            profile.disable()
        marks.append(perf_counter())
        found = outcome.gather(outcome.View(world, scenario.end))
        marks.append(perf_counter())
    marks.append(perf_counter())
    names = ("read", "sandbox", "play", "gather", "drop")
    took = {
        name: after - before for name, before, after in zip(names, marks, marks[1:], strict=False)
    }
    return took | {"all": marks[-1] - marks[0]}, all(found["checks"].values())


def _row(what: str, seconds: list[float]) -> dict:
    return {
        "what": what,
        "seconds": f"{sorted(seconds)[len(seconds) // 2]:.2f}",
        "rounds": [f"{one:.2f}" for one in seconds],
    }
