"""The outcome has exactly what the contract of scenario files promises, list by list."""

import json
import re
from pathlib import Path

from django.core.management import call_command

from simulation import files
from simulation.files.verbs import VERBS

# Copied from the contract (SCENARIOS, "Output"). Keys may be added, never renamed.
PROMISED = """
refusals      [{event (0-based index), at, verb, code, rules: ["L2", ...], reasons: [{rule, code, message, facts: {...}}]}]
relationships [{master, member, mode, state: invited | scheduled | active | change_pending | declined | cancelled | expired | ended, effective_from, effective_to, grants: [...]}]
charges       [{kind: usage | order | refund | adjustment, owner, payer, product, resource, period_start, period_end, quantity, list_amount, covered_amount, discount_amount, voucher_amount, payable_amount, discount_of, bill, late: bool, rules: [...]}]
coverage      [{commitment, owner (whose usage was covered), product, period_start, quantity, amount}]
orders        [{id, owner, payer, status, list_amount, discount_amount, voucher_amount, payable_amount, from_cash, from_credit, refunded}]
bills         [{account, month: "2024-05", total, round_off, from_cash, on_credit, outstanding, due_on, status, charges: n}]
settlements   [{at, bill, by, account, amount}]
funds         [{account, cash, transferred_in, credit_limit, effective_limit, allocated_in, allocated_out, used, unsettled, available, headroom, overshoot}]
movements     [{at, account, owner, kind, from, to, amount, reason}]
vouchers      [{id, owner, remaining, frozen}]
resources     [{resource, account, product, status, subject, refundable}]
notices       [{at, to, about, kind: low_funds | spending | suspended | resumed | invitation | ..., threshold}]
invoices      [{number, issuer, title, members: [...], total, tax, status, lines: n (= charges)}]
credit_notes  [{number, invoice, total}]
previews      [{event, at, verb, would: {...}, reasons: [...]}]
checks        {ledger_balanced, bills_add_up, usage_charged_once, limits_kept}
"""  # noqa: E501 (a copy stays a copy)
ADDED = {
    "relationships": ["trusteeship_from", "grants_to_member"],
    "charges": ["month"],
    "movements": ["from_account", "to_account"],
}
PROMISED_VERBS = """
link confirm decline upgrade create_member change_account preview move end cancel grant revoke
set_thresholds approve reject top_up withdraw set_credit_limit allocate reclaim transfer take_back
order pay cancel_order override_price refund downgrade start release use settle settle_for
unified_settlement issue_voucher issue_coupon add_discount add_commitment set_price share adjust
invoice credit_note cap
"""

EVERY_LIST = """\
start: 2024-05-01T00:00:00+08:00
end: 2024-06-01T00:10:00+08:00
accounts:
  - {id: HQ, identity: Acme, credit_limit: "1000.00"}
  - {id: A, identity: Acme, cash: "100.00"}
products:
  - {code: ecs, family: compute, cycle: hour, unit_price: "1.00"}
  - {code: vm, family: compute}
vouchers: [{id: v1, owner: HQ, amount: "5.00", expires: 2024-12-31T00:00:00+08:00}]
commitments: [{id: ri1, owner: A, kind: reserved_instance, product: ecs, quantity: "2"}]
events:
  - {at: 2024-05-01T08:00:00+08:00, start: {account: A, resource: web, product: ecs}}
  - {at: 2024-05-01T08:10:00+08:00, use: {account: A, product: ecs, quantity: "10.50"}}
  - {at: 2024-05-01T08:20:00+08:00, preview: {link: {master: HQ, member: A, mode: trusteeship}}}
  - {at: 2024-05-01T08:20:00+08:00, link: {master: HQ, member: A, mode: trusteeship}}
  - {at: 2024-05-01T08:30:00+08:00, order: {id: o1, account: A, product: vm, amount: "200.00"}}
  - {at: 2024-05-01T08:30:00+08:00, order: {id: o2, account: A, product: vm, amount: "20.00"}}
  - at: 2024-05-01T08:40:00+08:00
    link: {master: HQ, member: A, mode: trusteeship, acknowledge: true}
"""


def promised_columns():
    rows = re.findall(r"^(\w+) +\[\{(.*)\}\]$", PROMISED, re.M)
    found = {}
    for name, said in rows:
        outer = re.sub(r"\{[^{}]*\}|\[[^\[\]]*\]|\([^()]*\)", "", re.sub(r"\[\{.*\}\]", "", said))
        found[name] = [part.split(":")[0].strip() for part in outer.split(",")]
    return found


def played(capsys, *options):
    call_command("simulate", *options)
    return json.loads(capsys.readouterr().out)


def test_every_promised_list_is_there_with_its_columns(tmp_path, capsys, server):
    file = tmp_path / "every_list.yaml"
    file.write_text(EVERY_LIST)

    outcome = played(capsys, str(file), "--json")

    columns = promised_columns()
    assert list(outcome) == [*columns, "checks"]
    made = {name: list(outcome[name][0]) for name in columns if outcome[name]}
    assert made == {name: columns[name] + ADDED.get(name, []) for name in made}
    without = [name for name in columns if not outcome[name]]
    assert without == ["settlements", "notices", "invoices", "credit_notes"]
    assert outcome["checks"] == {
        "ledger_balanced": True,
        "bills_add_up": True,
        "usage_charged_once": True,
        "limits_kept": True,
    }


def test_values_are_written_as_promised(tmp_path, capsys, server):
    file = tmp_path / "every_list.yaml"
    file.write_text(EVERY_LIST)

    outcome = played(capsys, str(file), "--json")

    assert outcome["charges"][1] == {
        "kind": "order",
        "owner": "A",
        "payer": "A",
        "product": "vm",
        "resource": "o2",
        "period_start": "2024-05-01T08:30:00+08:00",
        "period_end": "2024-05-01T08:30:00+08:00",
        "quantity": "1",
        "list_amount": "20.00",
        "covered_amount": "0.00",
        "discount_amount": "0.00",
        "voucher_amount": "0.00",
        "payable_amount": "20.00",
        "discount_of": None,
        "bill": "2024-05",
        "late": False,
        "rules": ["C2"],
        "month": "2024-05",
    }
    assert outcome["charges"][0]["quantity"] == "10.5"
    assert outcome["refusals"][0] == {
        "event": 3,
        "at": "2024-05-01T08:20:00+08:00",
        "verb": "link",
        "code": "link_refused",
        "rules": ["L3"],
        "reasons": [
            {
                "rule": "L3",
                "code": "notice_not_acknowledged",
                "message": "The cycle in progress stays with A. Acknowledge that to go on.",
                "facts": {"payer": "A"},
                "mend": "the caller",
            }
        ],
    }


def test_the_file_knows_every_promised_verb():
    assert sorted([*VERBS, "preview"]) == sorted(PROMISED_VERBS.split())


def test_the_complete_example_passes(tmp_path, capsys, server):
    complete = Path(__file__).with_name("complete.yaml")  # verbatim from the contract

    outcome = played(capsys, str(complete), "--json")

    assert [(row["payer"], row["payable_amount"]) for row in outcome["charges"]] == [
        ("A", "20.00"),
        ("HQ", "8.00"),
    ]


def test_the_head_of_the_contract_is_read(tmp_path):
    head = Path(__file__).with_name("head.yaml")  # verbatim from the contract, without events

    scenario = files.read(str(head))

    rows = (scenario.accounts, scenario.products, scenario.discounts, scenario.vouchers)
    assert [len(row) for row in rows] == [1, 4, 1, 1]
    assert [row["kind"] for row in scenario.commitments] == [
        "reserved_instance",
        "savings_plan",
        "storage_capacity_unit",
    ]
    assert dict(scenario.accounts[0].keys)["warn_below"] == (100,)
