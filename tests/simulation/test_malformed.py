"""A file that can't be run says where it is wrong and how. Nothing is run, no trace is shown."""

import pytest
from django.core.management import call_command

HEAD = """\
start: 2024-05-01T00:00:00+08:00
end: 2024-06-01T00:00:00+08:00
accounts:
  - {id: HQ, identity: Acme, credit_limit: "10.00"}
  - {id: A, identity: Acme, cash: 100}
products:
  - {code: ecs, family: compute, cycle: hour, unit_price: 0.10}
"""
AT = "at: 2024-05-02T00:00:00+08:00"


def event(said):
    return f"{HEAD}events:\n  - {{{AT}, {said}}}\n"


WRONG = {
    # the file itself
    "empty": ("", ":1: is empty."),
    "no mapping": ("- 1\n", ":1: must have keys, but is a list."),
    "not yaml": (
        "start: [1, 2\nend: 3\n",
        ":2: is not YAML: while parsing a flow sequence, expected ',' or ']', but got ':'.",
    ),
    "two documents": (
        "start: 1\n---\nend: 2\n",
        ":2: is not YAML: expected a single document in the stream, but found another document.",
    ),
    "a control character": ("start: \x07\n", ":1: holds a character that YAML forbids."),
    "too deep": ("a: " + "[" * 3000 + "]" * 3000, ": is nested too deeply."),
    "a text that is no text": (
        HEAD.replace("id: A,", 'id: "A\\ud800",'),
        ":5: holds a character that is no text.",
    ),
    "a zero byte in a text": (
        HEAD.replace("id: A,", 'id: "A\\0",'),
        ":5: holds a character that is no text.",
    ),
    "aliases that explode": (
        HEAD
        + "expect:\n  previews:\n    - would: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"    - would: &{name} [{', '.join([f'*{former}'] * 10)}]\n"
            for former, name in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        ":16: grows too large by its aliases.",
    ),
    "a list that holds itself": (
        f"{HEAD}expect: {{previews: [{{would: &a [*a]}}]}}\n",
        ":8: holds itself by an alias.",
    ),
    "a merge of a word": (
        f"{HEAD}policy: {{<<: showback}}\n",
        ":8: `<<` takes keys over: give it some.",
    ),
    "an unknown key that was merged": (
        f"{HEAD}policy: {{<<: {{close_dely: 1}}}}\n",
        ':8: policy.close_dely: unknown key; did you mean "close_delay"?',
    ),
    "an alias of nothing": (
        f"{HEAD}events: [*nowhere]\n",
        ":8: is not YAML: found undefined alias 'nowhere'.",
    ),
    "a tab": (
        f"{HEAD}events:\n\t- {{}}\n",
        ":9: is not YAML: while scanning for the next token,"
        " found character '\\t' that cannot start any token.",
    ),
    "only a comment": ("# nothing\n", ":1: is empty."),
    "keys that are lists": (f"{HEAD}? [a, b]\n: c\n", ":8: ?: unknown key."),
    "a tag of another language": (
        HEAD.replace("100}", "!!python/name:os.system x}"),
        ":5: accounts[1].cash: has the tag tag:yaml.org,2002:python/name:os.system; leave it out.",
    ),
    "a row that is a word": (
        HEAD.replace("  - {id: A, identity: Acme, cash: 100}", "  - A"),
        ':5: accounts[1]: must have keys, but is "A".',
    ),
    "events that are none": (f"{HEAD}events:\n", ":8: events: must be a list, not nothing."),
    "an event that is none": (
        f"{HEAD}events: [null]\n",
        ":8: events[0]: must have keys, but is nothing.",
    ),
    "a verb without keys": (
        event("top_up: "),
        ":9: events[0].top_up: must have keys, but is nothing.",
    ),
    # keys
    "unknown key": (f"{HEAD}product: []\n", ':8: product: unknown key; did you mean "products"?'),
    "unknown key, nothing like it": (f"{HEAD}zzz: 1\n", ":8: zzz: unknown key."),
    "missing keys": (
        "start: 2024-05-01T00:00:00+08:00\n",
        ':1: the key "accounts" is missing.\n{file}:1: the key "end" is missing.',
    ),
    "a key twice": (f"{HEAD}end: 2024-07-01T00:00:00+08:00\n", ":8: end: stands here twice."),
    "unknown key of an account": (
        HEAD.replace("credit_limit", "credit"),
        ':4: accounts[0].credit: unknown key; did you mean "credit_limit"?',
    ),
    "missing key of a product": (
        HEAD.replace("family: compute, ", ""),
        ':7: products[0]: the key "family" is missing.',
    ),
    "unknown switch": (
        f"{HEAD}policy: {{close_dely: 1}}\n",
        ':8: policy.close_dely: unknown key; did you mean "close_delay"?',
    ),
    # values
    "an amount with a comma": (
        HEAD.replace("100}", '"1,00"}'),
        ':5: accounts[1].cash: "1,00" is not a plain decimal such as "12.50".',
    ),
    "an exponent": (
        HEAD.replace("0.10", "1e-1"),
        ':7: products[0].unit_price: "1e-1" is not a plain decimal such as "12.50".',
    ),
    "an octal number": (
        HEAD.replace("0.10", "0x10"),
        ':7: products[0].unit_price: "0x10" is not a plain decimal such as "12.50".',
    ),
    "not a number": (
        HEAD.replace("0.10", ".nan"),
        ':7: products[0].unit_price: ".nan" is not a plain decimal such as "12.50".',
    ),
    "too many decimals": (
        HEAD.replace("0.10", "0.1234567890123456789"),
        ":7: products[0].unit_price: '0.1234567890123456789' has more than 18 decimals.",
    ),
    "a negative amount in the head": (
        HEAD.replace("100}", '"-1.00"}'),
        ':5: accounts[1].cash: "-1.00" must not be negative.',
    ),
    "an amount as a list": (
        HEAD.replace("100}", "[100]}"),
        ":5: accounts[1].cash: must be a text, not a list.",
    ),
    "an amount finer than the currency": (
        HEAD.replace("100}", '"0.001"}'),
        ":5: accounts[1]: CNY has 2 decimals; give no more.",
    ),
    "an instant without an offset": (
        HEAD.replace("end: 2024-06-01T00:00:00+08:00", "end: 2024-06-01T00:00:00"),
        ':2: end: "2024-06-01T00:00:00" needs a time and an offset,'
        " such as 2024-05-01T00:00:00+08:00.",
    ),
    "an instant that never was": (
        HEAD.replace("end: 2024-06-01T00:00:00+08:00", "end: 2024-02-30T00:00:00+08:00"),
        ':2: end: "2024-02-30T00:00:00+08:00" does not exist.',
    ),
    "no instant": (
        HEAD.replace("end: 2024-06-01T00:00:00+08:00", "end: tomorrow"),
        ':2: end: "tomorrow" is not an instant such as 2024-05-01T00:00:00+08:00.',
    ),
    "the end before the start": (
        HEAD.replace("2024-06", "2024-04"),
        ":2: end: lies before the start.",
    ),
    "an unknown time zone": (
        f"{HEAD}time_zone: Asia/Shangai\n",
        ':8: time_zone: "Asia/Shangai" is no time zone; did you mean "Asia/Shanghai"?',
    ),
    "two time zones": (
        f"{HEAD}time_zone: UTC\npolicy: {{billing_time_zone: Asia/Tokyo}}\n",
        ":8: time_zone: differs from policy.billing_time_zone; give one of them.",
    ),
    "an unknown cycle": (
        HEAD.replace("cycle: hour", "cycle: hourly"),
        ':7: products[0].cycle: "hourly" must be minute, hour, day, week or month;'
        ' did you mean "hour"?',
    ),
    "no currency": (
        HEAD.replace("cash: 100", "currency: yuan"),
        ':5: accounts[1].currency: "yuan" is no currency such as CNY.',
    ),
    "yes for true": (
        f"{HEAD}policy: {{showback: yes}}\n",
        ':8: policy.showback: must be true or false, not "yes".',
    ),
    "true for a text": (
        HEAD.replace("identity: Acme, cash", "identity: true, cash"),
        ':5: accounts[1].identity: must be a text; write "true" in quotes if you mean the word.',
    ),
    "a whole number with a point": (
        f"{HEAD}policy: {{invitation_days: 1.5}}\n",
        ':8: policy.invitation_days: "1.5" is not a whole number.',
    ),
    "more digits than money has": (
        HEAD.replace("100}", "9" * 21 + "}"),
        f":5: accounts[1].cash: '{'9' * 21}' has more than 20 digits before the point.",
    ),
    "a number as long as a book": (
        HEAD.replace("100}", "9" * 50_000 + "}"),
        ":5: accounts[1].cash: is too long for a number.",
    ),
    "more days than a calendar has": (
        f"{HEAD}policy: {{payment_days: 999999999}}\n",
        ':8: policy.payment_days: "999999999" must be at most 3650.',
    ),
    "an order of a million years": (
        event("order: {id: o, account: A, product: ecs, amount: 1, months: 12000000}"),
        ':9: events[0].order.months: "12000000" must be at most 1200.',
    ),
    "an offset that does not exist": (
        HEAD.replace("end: 2024-06-01T00:00:00+08:00", "end: 2024-06-01T00:00:00+99:00"),
        ':2: end: "2024-06-01T00:00:00+99:00" does not exist.',
    ),
    "a year beyond all contracts": (
        HEAD.replace("end: 2024-06-01", "end: 9999-12-31"),
        ':2: end: "9999-12-31T00:00:00+08:00" must lie between 1971 and 2199.',
    ),
    "a rate above 1": (
        f"{HEAD}discounts: [{{owner: HQ, rate: 80}}]\n",
        ':8: discounts[0].rate: "80" must be between 0 and 1: "0.80" pays 80 %.',
    ),
    "two scopes": (
        f"{HEAD}discounts: [{{owner: HQ, rate: 0.8, product: ecs, family: compute}}]\n",
        ":8: discounts[0]: has a product and a family; give one of them, or neither for all.",
    ),
    "members without listed_members": (
        f"{HEAD}vouchers: [{{id: v, owner: HQ, amount: 1, members: [A]}}]\n",
        ':8: vouchers[0]: needs "members" for the share "listed_members", and for no other.',
    ),
    "a commitment of the wrong kind": (
        f"{HEAD}commitments: [{{id: c, owner: HQ, kind: savings_plan, product: ecs,"
        " commit: 1, rate: 0.5}]\n",
        ':8: commitments[0]: a savings_plan has no "product".\n'
        '{file}:8: commitments[0]: the key "families" is missing.',
    ),
    # names
    "an account twice": (
        HEAD.replace("id: A,", "id: HQ,"),
        ':5: accounts[1]: the account "HQ" stands in the file before.',
    ),
    "a discount of nobody": (
        f"{HEAD}discounts: [{{owner: HO, rate: 0.8}}]\n",
        ':8: discounts[0].owner: no account "HO" is known here; did you mean "HQ"?',
    ),
    "an event of nobody": (
        event("top_up: {account: B, amount: 1}"),
        ':9: events[0].top_up.account: no account "B" is known here.',
    ),
    "an unknown product": (
        event("use: {account: A, product: esc, quantity: 1}"),
        ':9: events[0].use.product: no product "esc" is known here; did you mean "ecs"?',
    ),
    "an order before it is placed": (
        event("pay: {order: o1}"),
        ':9: events[0].pay.order: no order "o1" is known here.',
    ),
    # events
    "an unknown verb": (
        event("lnik: {master: HQ, member: A}"),
        ':9: events[0].lnik: unknown key; did you mean "link"?',
    ),
    "no verb": (
        f"{HEAD}events:\n  - {{{AT}}}\n",
        ":9: events[0]: has no verb, such as `link` or `use`.",
    ),
    "two verbs": (
        event("pay: {order: o}, end: {member: A}"),
        ":9: events[0]: has 2 verbs (pay, end); write an event for each.",
    ),
    "no time": (
        f"{HEAD}events:\n  - end: {{member: A}}\n",
        ':9: events[0]: the key "at" is missing.',
    ),
    "an unknown key of a verb": (
        event("top_up: {account: A, amout: 1}"),
        ':9: events[0].top_up: the key "amount" is missing.\n'
        '{file}:9: events[0].top_up.amout: unknown key; did you mean "amount"?',
    ),
    "an unknown word": (
        event("grant: {member: A, permission: view_bill}"),
        ':9: events[0].grant.permission: "view_bill" must be share_credit, share_discounts,'
        " forbid_withdrawal, forbid_invoicing, view_finances, manage_invoices or view_bills;"
        ' did you mean "view_bills"?',
    ),
    "out of order": (
        event("end: {member: A}").replace("05-02", "05-03") + f"  - {{{AT}, end: {{member: A}}}}\n",
        ":10: events[1].at: lies before the event above it; write events in time order.",
    ),
    "before the start": (
        event("end: {member: A}").replace("05-02", "04-30"),
        ":9: events[0].at: lies before the start of the scenario.",
    ),
    "after the end": (
        event("end: {member: A}").replace("05-02", "07-02"),
        ":9: events[0].at: lies after the end of the scenario.",
    ),
    "a preview of nothing": (
        event("preview: {}"),
        ":9: events[0].preview: has no verb, such as `link` or `use`.",
    ),
    "a preview of a preview": (
        event("preview: {preview: {}}"),
        ":9: events[0].preview.preview: a preview asks about another verb.",
    ),
    "a price and tiers": (
        event("set_price: {product: ecs, unit_price: 1, tiers: [{unit_price: 1}]}"),
        ":9: events[0].set_price: needs either unit_price or tiers.",
    ),
    "tiers that fall": (
        event(
            "set_price: {product: ecs, tiers: [{unit_price: 2, up_to: 5},"
            " {from: 4, unit_price: 1}]}"
        ),
        ":9: events[0].set_price.tiers[1]: must start where the one before it ends;"
        " the first starts at 0.",
    ),
    "a commitment shared with some members": (
        f"{HEAD}commitments:\n"
        "  - {id: ri, owner: HQ, kind: reserved_instance, product: ecs, quantity: 1}\n"
        f"events: [{{{AT}, share: {{commitment: ri, share: true, members: [A]}}}}]\n",
        ":10: events[0].share:"
        ' a commitment is shared with all members or none; leave "members" out.',
    ),
    "a share of two things": (
        event("share: {share: true}"),
        ":9: events[0].share: needs either voucher or commitment.",
    ),
    "a month that is none": (
        event("settle: {account: A, bill: 2024-13}"),
        ':9: events[0].settle.bill: "2024-13" is not a month such as 2024-05.',
    ),
    "an approval of something later": (
        event("approve: {event: 0, by: Wang}"),
        ":9: events[0].approve.event: event 0 does not come before this one.",
    ),
    # what is expected
    "an unknown list": (
        f"{HEAD}expect: {{charge: []}}\n",
        ':8: expect.charge: unknown key; did you mean "charges"?',
    ),
    "an unknown column": (
        f"{HEAD}expect: {{bills: [{{acount: A}}]}}\n",
        ':8: expect.bills[0].acount: unknown key; did you mean "account"?',
    ),
    "no exactly": (
        f"{HEAD}expect: {{bills: {{exact: []}}}}\n",
        ":8: expect.bills: must be a list of rows, or {exactly: [...]} where no others may be.\n"
        '{file}:8: expect.bills.exact: unknown key; did you mean "exactly"?',
    ),
    "an expected amount that is none": (
        f"{HEAD}expect: {{bills: [{{total: ten}}]}}\n",
        ':8: expect.bills[0].total: "ten" is not a plain decimal such as "12.50".',
    ),
    "an expected row without keys": (
        f"{HEAD}expect: {{bills: [{{}}]}}\n",
        ":8: expect.bills[0]: must name at least one key.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_place(name, tmp_path, capsys, server):
    text, told = WRONG[name]
    file = tmp_path / "story.yaml"
    file.write_text(text)

    with pytest.raises(SystemExit) as ended:
        call_command("simulate", str(file), "--json")

    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"{file}{told.replace('{file}', str(file))}\n"


def test_everything_wrong_is_told_at_once(tmp_path, capsys):
    file = tmp_path / "story.yaml"
    file.write_text(HEAD.replace("100}", "x}").replace("0.10", "y") + "zzz: 1\n")

    with pytest.raises(SystemExit):
        call_command("simulate", str(file))

    assert capsys.readouterr().err.splitlines() == [
        f'{file}:5: accounts[1].cash: "x" is not a plain decimal such as "12.50".',
        f'{file}:7: products[0].unit_price: "y" is not a plain decimal such as "12.50".',
        f"{file}:8: zzz: unknown key.",
    ]


def test_a_file_that_is_not_there(tmp_path, capsys):
    file = tmp_path / "nowhere.yaml"

    with pytest.raises(SystemExit) as ended:
        call_command("simulate", str(file))

    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{file}: can't be read: No such file or directory.\n"


def test_a_file_that_is_no_text(tmp_path, capsys):
    file = tmp_path / "story.yaml"
    file.write_bytes(b"start: 1\nend: \xff\n")

    with pytest.raises(SystemExit):
        call_command("simulate", str(file))

    assert capsys.readouterr().err == f"{file}:2: is not UTF-8 text.\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("start: 1\n".encode("utf-16"), ":1: is not UTF-8 text."),
        (b"start: 1\nname: \xc4cme\n", ":2: is not UTF-8 text."),
        (bytes(100), ":1: holds a character that YAML forbids."),
    ],
    ids=["UTF-16", "Latin-1", "zero bytes"],
)
def test_other_encodings_are_told(content, told, tmp_path, capsys):
    file = tmp_path / "story.yaml"
    file.write_bytes(content)

    with pytest.raises(SystemExit) as ended:
        call_command("simulate", str(file))

    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{file}{told}\n"


def test_a_folder_is_no_file(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("simulate", str(tmp_path))

    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{tmp_path}: can't be read: Is a directory.\n"


@pytest.mark.parametrize("amount", ["100", "100.00", '"100"', '"100.00"'])
def test_amounts_may_be_written_as_numbers_or_in_quotes(amount, tmp_path):
    from simulation import files

    file = tmp_path / "story.yaml"
    file.write_text(HEAD.replace("cash: 100", f"cash: {amount}"))

    assert str(files.read(str(file)).accounts[1]["cash"].normalize()) == "1E+2"


def test_an_amount_is_never_a_binary_fraction(tmp_path):
    from simulation import files

    file = tmp_path / "story.yaml"
    file.write_text(HEAD.replace("0.10", "0.100000000000000001"))

    assert str(files.read(str(file)).products[0]["unit_price"]) == "0.100000000000000001"
