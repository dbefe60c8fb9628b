"""Bring the marks of docs/rules.md up to date: python -m tests.architecture.mark_rules"""

from .test_rules import LIST, ROW, named_by_tests


def mark() -> None:
    """Mark each rule "built" if a test names it, else "planned"."""
    named = named_by_tests()
    text = LIST.read_text(encoding="utf-8")
    LIST.write_text(
        ROW.sub(
            lambda row: f"| {row[1]} | {row[2]} | {'built' if named[row[1]] else 'planned'} |",
            text,
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    mark()
