"""Bring the marks of docs/rules.md up to date: python -m tests.architecture.mark_rules"""

from .test_rules import LIST, ROW, missing, named_by_tests, told_by_stories


def mark() -> None:
    """Mark each rule "built" if a test or a story names it, else "planned"."""
    named, told = named_by_tests(), told_by_stories()
    text = LIST.read_text(encoding="utf-8")

    def row(found):
        rule = found[1]
        return f"| {rule} | {found[2]} | {'built' if named[rule] or told[rule] else 'planned'} |"

    LIST.write_text(ROW.sub(row, text), encoding="utf-8")


def report() -> None:
    """Say which rules still lack a test or a story."""
    for rule, words in missing().items():
        print(f"{rule}: no {' and no '.join(words)}")


if __name__ == "__main__":
    mark()
    report()
