"""Files as people and programs really write them: odd, but right. Each is played as it is meant."""

import json

from django.core.management import call_command

HEAD = """\
start: 2024-05-01T00:00:00+08:00
end: 2024-05-02T00:00:00+08:00
"""


def played(tmp_path, capsys, text: str | bytes) -> dict:
    file = tmp_path / "odd.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    call_command("simulate", str(file), "--json")
    return json.loads(capsys.readouterr().out)


def test_rows_take_over_keys_of_others(tmp_path, capsys, server):
    found = played(
        tmp_path,
        capsys,
        f"""{HEAD}accounts:
  - &one {{id: HQ, identity: Acme, credit_limit: 1000}}
  - {{<<: *one, id: A, credit_limit: 0, cash: "100.00"}}
  - {{<<: [{{cash: 5}}, *one, {{cash: 7}}], id: B}}
""",
    )
    assert [(r["account"], r["cash"], r["credit_limit"]) for r in found["funds"]] == [
        ("A", "100.00", "0.00"),
        ("B", "5.00", "1000.00"),
        ("HQ", "0.00", "1000.00"),
    ]


def test_names_and_line_ends_of_other_systems(tmp_path, capsys, server):
    text = f"""{HEAD}accounts:
  - {{id: 总部, identity: 阿里巴巴, cash: 1}}
  - {{id: 007, title: Ünï}}
""".replace("\n", "\r\n")
    found = played(tmp_path, capsys, b"\xef\xbb\xbf" + text.encode())
    assert [row["account"] for row in found["funds"]] == ["007", "总部"]


def test_an_identity_can_be_lost(tmp_path, capsys, server):
    found = played(
        tmp_path,
        capsys,
        f"""{HEAD}accounts:
  - {{id: HQ, identity: Acme, credit_limit: 10}}
  - {{id: A, identity: Acme}}
events:
  - {{at: 2024-05-01T01:00:00+08:00, change_account: {{account: A, identity: null}}}}
  - {{at: 2024-05-01T02:00:00+08:00, link: {{master: HQ, member: A, mode: trusteeship}}}}
  - {{at: 2024-05-01T03:00:00+08:00, change_account: {{account: A, identity: Acme}}}}
  - {{at: 2024-05-01T04:00:00+08:00, link: {{master: HQ, member: A, mode: trusteeship}}}}
  - {{at: 2024-05-01T05:00:00+08:00, change_account: {{account: A, identity: null}}}}
""",
    )
    assert [(row["event"], row["rules"]) for row in found["refusals"]] == [
        (1, ["L2"]),
        (4, ["L11"]),
    ]
    assert [row["state"] for row in found["relationships"]] == ["active"]


def test_null_at_an_optional_key_is_as_good_as_leaving_it_out(tmp_path, capsys, server):
    found = played(
        tmp_path,
        capsys,
        f"""{HEAD}accounts: [{{id: A, identity: null, cash: null, title: ~, warn_below: null}}]
products: [{{code: vm, family: compute, cycle: null}}]
vouchers: [{{id: v, owner: A, amount: 5, expires: null, members: null}}]
events:
  - {{at: 2024-05-01T01:00:00+08:00, top_up: {{account: A, amount: 3}}}}
  - at: 2024-05-01T01:00:00+08:00
    order: {{id: o, account: A, product: vm, amount: 7, resource: null}}
  - {{at: 2024-05-01T01:00:00+08:00, set_price: {{product: vm, unit_price: 1, tiers: null}}}}
""",
    )
    assert found["refusals"] == []
    assert [(row["account"], row["cash"]) for row in found["funds"]] == [("A", "1.00")]


def test_a_resource_is_released_as_what_it_is(tmp_path, capsys, server):
    at = "at: 2024-05-01T01:00:00+08:00"
    found = played(
        tmp_path,
        capsys,
        f"""{HEAD}accounts: [{{id: A, cash: 10}}]
products:
  - {{code: ecs, family: compute, cycle: hour, unit_price: 1}}
  - {{code: gpu, family: compute, cycle: hour, unit_price: 9}}
events:
  - {{{at}, start: {{account: A, resource: web, product: ecs}}}}
  - {{{at}, release: {{account: A, resource: web, product: gpu}}}}
  - {{{at}, start: {{account: A, resource: db, product: gpu}}}}
  - {{{at}, release: {{account: A, resource: db, product: gpu}}}}
""",
    )
    assert [(row["event"], row["rules"]) for row in found["refusals"]] == [(1, ["R1"])]
    assert [(row["resource"], row["status"]) for row in found["resources"]] == [
        ("db", "released"),
        ("web", "running"),
    ]
