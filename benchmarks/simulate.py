"""Scenarios: a year of three groups with thousands of events, and the smallest one there is."""

import random
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

from simulation import files, outcome, runner, sandbox
from simulation.files import Event
from simulation.world import World

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2023, 1, 1, tzinfo=ZONE)
YEAR = timedelta(days=365)
GROUPS, MEMBERS_EACH, MANAGED = 3, 19, 2

HEAD = """\
start: 2023-01-01T00:00:00+08:00
end: 2024-01-01T00:10:00+08:00
products:
  - {code: ecs, family: compute, cycle: hour, unit_price: "0.50"}
  - {code: disk, family: storage, cycle: day, unit_price: "0.01"}
  - {code: vm, family: compute}
discounts:
  - {owner: M0, rate: "0.80"}
  - {owner: M1, family: storage, rate: "0.90"}
vouchers:
  - {id: v1, owner: M1, amount: "5000.00"}
commitments:
  - {id: sp1, owner: M1, kind: savings_plan, commit: "5.00", rate: "0.60",
     families: [compute], share: true}
"""
TRIVIAL = """\
start: 2024-05-01T00:00:00+08:00
end: 2024-05-01T00:00:00+08:00
accounts: []
"""


def year(events: int) -> str:
    """A scenario: links in January, then usage, orders, top-ups and settlements at random.

    Two groups in trusteeship, one with a voucher and a savings plan; one in management.
    """
    chance = random.Random(1)
    accounts, rows = [], []
    for group in range(GROUPS):
        mode = "management" if group == MANAGED else "trusteeship"
        warned = 'warn_below: ["1000.00"], warn_spend: ["20000.00"]'
        said = f'identity: G{group}, cash: "50000.00", credit_limit: "900000.00", {warned}'
        accounts.append(f"  - {{id: M{group}, {said}}}")
        for number in range(MEMBERS_EACH):
            member = f"M{group}-{number}"
            accounts.append(f'  - {{id: {member}, identity: G{group}, cash: "1000.00"}}')
            said = f"{{master: M{group}, member: {member}, mode: {mode}, acknowledge: true}}"
            begin = START + timedelta(days=number % 9, hours=group)
            rows.append((begin, f"link: {said}"))
            said = f"{{account: {member}, resource: web, product: ecs}}"
            rows.append((begin + timedelta(hours=4), f"start: {said}"))
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
        resource = ", resource: web" if product == "ecs" else ""
        return f"use: {{account: {member}, product: {product}, quantity: {quantity}{resource}}}"
    if kind < 0.95:
        return f'order: {{id: o{number}, account: {member}, product: vm, amount: "20.00"}}'
    if kind < 0.98:
        return f'top_up: {{account: {member}, amount: "500.00"}}'
    return f"settle: {{account: {master}}}"


def measure(*, events: int, rounds: int) -> dict:
    """Seconds of each phase, and of each quarter of the year. `events` are those of the year."""
    with TemporaryDirectory() as folder:
        trivial = Path(folder) / "trivial.yaml"
        trivial.write_text(TRIVIAL)
        times = [sum(_play(trivial)[0].values()) for _ in range(rounds)]
        rows = [_row("smallest scenario, in a running process", times)]
        file = Path(folder) / "year.yaml"
        file.write_text(year(events))
        took, is_right = _play(file)
    rows += [_row(f"a year, {events} events: {name}", [spent]) for name, spent in took.items()]
    played = took["play"]
    return {
        "title": f"Scenarios: {int(events / played)} events per second",
        "rows": rows,
        "books_are_right": is_right,
    }


def _play(file: Path) -> tuple[dict[str, float], bool]:
    marks = [perf_counter()]
    scenario = files.read(str(file))
    marks.append(perf_counter())
    with sandbox.scratch():
        marks.append(perf_counter())
        world, began = World(scenario), process_time()
        quarters = [*_quarters(world), perf_counter()]
        cpu = process_time() - began
        marks.append(perf_counter())
        found = outcome.gather(outcome.View(world, scenario.end))
        marks.append(perf_counter())
    marks.append(perf_counter())
    took = dict(zip(("read", "sandbox", "play", "gather", "drop"), _gaps(marks), strict=True))
    if scenario.events:
        took["Python's own part of play"] = cpu
        for number, spent in enumerate(_gaps(quarters), start=1):
            took[f"quarter {number} of play"] = spent
    return took, all(found["checks"].values())


def _quarters(world: World) -> list[float]:
    """Plays the world. When each quarter of its events began."""
    events, marks = world.scenario.events, []
    bounds = {events[len(events) * quarter // 4].index for quarter in range(4)} if events else set()

    def tell(event: Event) -> None:
        if event.index in bounds:
            marks.append(perf_counter())

    runner.unfold(world, tell)
    return marks


def _gaps(marks: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(marks)]


def _row(what: str, seconds: list[float]) -> dict:
    return {
        "what": what,
        "seconds": f"{sorted(seconds)[len(seconds) // 2]:.2f}",
        "rounds": [f"{one:.2f}" for one in seconds],
    }
