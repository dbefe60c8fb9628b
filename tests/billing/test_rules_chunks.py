"""Cutting a close into steps: a group of accounts is never torn apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.chunks import chunks, groups_of, step_size


def test_owners_without_links_fill_steps_the_biggest_first():
    records = {1: 10, 2: 70, 3: 40, 4: 30}
    assert chunks(records, [], most=100) == [([2, 4], 100), ([1, 3], 50)]


def test_a_group_stays_together_even_where_it_is_bigger_than_a_step():
    records = {1: 60, 2: 60, 3: 60, 9: 5}
    links = [(7, 1), (7, 2), (8, 2), (8, 3)]  # 2 moved from master 7 to master 8
    assert chunks(records, links, most=100) == [([1, 2, 3], 180), ([9], 5)]


def test_masters_without_usage_are_no_owners_and_nothing_due_is_no_step():
    assert chunks({1: 1}, [(7, 1)]) == [([1], 1)]
    assert chunks({}, [(7, 1)]) == []


def test_the_order_of_links_and_owners_does_not_matter():
    links = [(7, 1), (8, 2), (7, 2), (9, 5)]
    records = {5: 3, 2: 2, 1: 1}
    expected = [([1, 2], 3), ([5], 3)]
    assert chunks(records, links, most=3) == expected
    assert chunks(dict(reversed(records.items())), links[::-1], most=3) == expected


PAIRS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=12)


@given(
    records=st.dictionaries(st.integers(1, 12), st.integers(1, 50), max_size=12),
    links=PAIRS,
    most=st.integers(1, 120),
)
def test_every_owner_is_in_one_step_with_all_it_is_linked_to(records, links, most):
    steps = chunks(records, links, most)
    assert sorted(owner for owners, _ in steps for owner in owners) == sorted(records)
    assert [(owners, sum(records[o] for o in owners)) for owners, _ in steps] == steps
    step_of = {owner: number for number, (owners, _) in enumerate(steps) for owner in owners}
    for owner in records:
        linked = groups_of([owner], links) & set(records)
        assert {step_of[other] for other in linked} == {step_of[owner]}
    torn = [
        owners
        for owners, size in steps
        if size > most and groups_of(owners[:1], links) & set(records) != set(owners)
    ]
    assert torn == []  # only a single group may be bigger than a step


def test_groups_reach_through_every_link_of_any_time():
    links = [(7, 1), (7, 2), (8, 2), (9, 5)]
    assert groups_of([1], links) == {1, 2, 7, 8}
    assert groups_of([5, 6], links) == {5, 6, 9}
    assert groups_of([], links) == set()
    assert groups_of([6], []) == {6}


@pytest.mark.parametrize(
    ("records", "most"),
    [(0, 125_000), (1_000_000, 125_000), (1_000_008, 125_001), (4_000_000, 500_000)]
    + [(40_000_000, 500_000)],
)
def test_where_there_is_much_the_steps_are_larger_up_to_a_bound(records, most):
    """Each step looks through all that is due: many of them would take longer for the same."""
    assert step_size(records) == most


def test_by_default_a_close_has_about_eight_steps():
    found = chunks(dict.fromkeys(range(1, 401), 5_000), [])
    assert [size for _, size in found] == [250_000] * 8
