"""Cutting a close into steps. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

# The records of all owners lie mixed, so each step looks through all pages of the window: where
# there is much, a few large steps. A larger one would no longer fit in memory, nor end soon.
FEWEST_PER_STEP, MOST_PER_STEP = 125_000, 500_000
STEPS = 8


def step_size(records: int) -> int:
    """How many of so many records one step takes."""
    return min(max(-(-records // STEPS), FEWEST_PER_STEP), MOST_PER_STEP)


def chunks(
    records: Mapping[int, int], links: Iterable[tuple[int, int]], most: int | None = None
) -> list[tuple[list[int], int]]:
    """Put owners into steps of about `most` records, a whole group of accounts always together.

    `records` counts the due records by owner; `links` are (master, member) pairs, of any time. A
    payer's members and a member's payers are then all in one step, so no two steps touch the same
    funds, vouchers or commitments. Returns (owners, number of records) per step.
    """
    most = most or step_size(sum(records.values()))
    root = _roots(links)
    groups: dict[int, list[int]] = defaultdict(list)
    for owner in sorted(records):
        groups[root.get(owner, owner)].append(owner)
    by_size = sorted(groups.values(), key=lambda owners: (-_size(owners, records), owners[0]))
    steps: list[tuple[list[int], int]] = []
    for owners in by_size:
        size = _size(owners, records)
        fitting = next((i for i, (_, filled) in enumerate(steps) if filled + size <= most), None)
        if fitting is None:
            steps.append((owners, size))
        else:
            held, filled = steps[fitting]
            steps[fitting] = (held + owners, filled + size)
    return [(sorted(owners), size) for owners, size in steps]


def groups_of(accounts: Iterable[int], links: Iterable[tuple[int, int]]) -> set[int]:
    """All accounts that are linked, directly or through others, to any of these."""
    root = _roots(links)
    wanted = {root.get(account, account) for account in accounts}
    return set(accounts) | {account for account in root if root[account] in wanted}


def _size(owners: list[int], records: Mapping[int, int]) -> int:
    return sum(records[owner] for owner in owners)


def _roots(links: Iterable[tuple[int, int]]) -> dict[int, int]:
    parent: dict[int, int] = {}

    def find(account: int) -> int:
        while parent.setdefault(account, account) != account:
            parent[account] = parent[parent[account]]
            account = parent[account]
        return account

    for one, other in links:
        parent[find(one)] = find(other)
    return {account: find(account) for account in list(parent)}
