"""Tests about tests: whole values, no sleeping, nothing of ours mocked (ARCHITECTURE 6)."""

import ast

from .sources import Source, dotted, of_tests, where

# What a text is called where it is looked into: a message, a page, what a program printed.
TEXTS = {
    "text", "texts", "message", "body", "content", "html", "page", "error", "sentence", "shown",
    "stdout", "stderr", "out", "err", "output", "said", "told", "printed", "log", "caplog", "sql",
    "command_line", "reason", "url", "path", "source", "name", "detail",
}  # fmt: skip


def hiding_membership(source: Source) -> list[str]:
    """`assert x in y` where y is no text: it passes whatever else y holds."""
    return [
        where(source, compare.lineno, ast.unparse(compare))
        for node in source.nodes()
        if isinstance(node, ast.Assert)
        for compare in _own_comparisons(node.test)
        if any(isinstance(op, ast.In | ast.NotIn) for op in compare.ops)
        and not (_looks_into_a_text(compare) or _lists_whole_values(compare))
    ]


def _own_comparisons(test: ast.expr) -> list[ast.Compare]:
    if isinstance(test, ast.BoolOp):
        return [found for value in test.values for found in _own_comparisons(value)]
    if isinstance(test, ast.UnaryOp):
        return _own_comparisons(test.operand)
    return [test] if isinstance(test, ast.Compare) else []


def _looks_into_a_text(compare: ast.Compare) -> bool:
    return _is_text(compare.left, may_be_named=True) and _is_text(compare.comparators[0])


def _lists_whole_values(compare: ast.Compare) -> bool:
    # `outcome in ((1, 2), (2, 1))` hides nothing: a race may end in either, each written out.
    return isinstance(compare.comparators[0], ast.Tuple | ast.List)


def _is_text(node: ast.expr, *, may_be_named: bool = False) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.Call):
        name = dotted(node.func).rsplit(".", 1)[-1] or getattr(node.func, "attr", "")
        return name in {"str", "decode", "read_text", "getvalue", "render", "dumps", *TEXTS}
    if may_be_named:
        return isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
    last = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return last in TEXTS or last.rsplit("_", 1)[-1] in TEXTS


def test_no_assertion_hides_extras():
    assert [place for source in of_tests() for place in hiding_membership(source)] == []


def test_a_hiding_assertion_would_be_seen(tmp_path, monkeypatch):
    planted = tmp_path / "planted.py"
    planted.write_text(
        "assert bill in bills\n"
        "assert 1 in (1, 2)\n"
        "assert 1 not in (None, 2)\n"
        "assert 'P1' in str(error)\n"
        "assert 'Traceback' not in told.stderr\n"
        "assert ready and key not in {1: 2}\n"
        "assert [b for b in bills if b in late] == []\n"
    )
    monkeypatch.setattr("tests.architecture.sources.ROOT", tmp_path)
    assert hiding_membership(Source(planted)) == [
        "planted.py:1: bill in bills",
        "planted.py:6: key not in {1: 2}",
    ]


def test_no_test_mocks_or_sleeps_in_the_money_folders():
    folders = ("tests/finance_mgmt/", "tests/billing/", "tests/architecture/", "tests/provider.py")
    found = [
        where(source, node.lineno, dotted(node) or "mock")
        for source in of_tests()
        if source.name.startswith(folders)
        for node in source.nodes()
        if (isinstance(node, ast.Attribute) and dotted(node) == "time.sleep")
        or (
            isinstance(node, ast.Import | ast.ImportFrom)
            and {getattr(node, "module", ""), *(alias.name for alias in node.names)}
            & {"unittest.mock", "mock", "freezegun", "time_machine"}
        )
    ]
    assert found == []
