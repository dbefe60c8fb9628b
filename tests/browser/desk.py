"""A desk at the admin: fill in, preview, confirm, in either language, with nothing of the other."""

import re

from playwright.sync_api import Page

TONGUES = ("en", "zh-hans")
HAN = re.compile(r"[\u4e00-\u9fff]")
OURS = ".bo-heading, .bo-steps li, .bo-intro, .bo-field > label, .bo-form .bo-button, .bo-help"


class Desk:
    """Finds fields by their names and buttons by what they do, so that a test is for all."""

    def __init__(self, page: Page, tongue: str) -> None:
        self.page, self.tongue = page, tongue

    def speaks(self) -> None:
        """Every label, hint and button of the form is in the reader's language."""
        said = [text.strip() for text in self.page.locator(OURS).all_inner_texts()]
        is_chinese = self.tongue == "zh-hans"
        odd = [text for text in said if text and bool(HAN.search(text)) != is_chinese]
        assert (said != [], odd) == (True, []), self.page.url

    def do(self, address: str, **fields) -> None:
        """Fill in, look at what it changes, confirm."""
        self.preview(address, **fields)
        self.page.locator("button[value=confirm]").wait_for()
        self.speaks()
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.locator("button[value=confirm]").click()
        assert self.page.locator(".bo-reasons").count() == 0, self.page.inner_text("main")

    def refused(self, address: str, **fields) -> list[str]:
        """The codes of why it can't be done."""
        self.preview(address, **fields)
        reasons = self.page.locator(".bo-reasons li")
        reasons.first.wait_for()
        texts = self.page.locator(".bo-reason-text").all_inner_texts()
        is_chinese = self.tongue == "zh-hans"
        assert [bool(HAN.search(text)) for text in texts] == [is_chinese] * len(texts), texts
        return reasons.evaluate_all("found => found.map(one => one.dataset.code)")

    def preview(self, address: str, **fields) -> None:
        """The second step."""
        self.page.goto(address, wait_until="domcontentloaded")
        self.speaks()
        for name, value in fields.items():
            self.fill(name, value)
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.locator("button[value=preview]").click()

    def fill(self, name: str, value) -> None:
        """One field, whatever it is."""
        field = self.page.locator(f"[name='{name}']")
        kind = field.first.evaluate("one => one.type")
        if kind == "radio":
            self.page.locator(f"[name='{name}'][value='{value}']").check()
        elif isinstance(value, list):
            for one in value:
                self.page.locator(f"[name='{name}'][value='{one}']").check()
        elif kind == "checkbox":
            field.set_checked(value)
        elif kind.startswith("select") and "admin-autocomplete" in field.get_attribute("class"):
            self.choose(name, value)
        elif kind.startswith("select"):
            field.select_option(value)
        else:
            field.fill(value)

    def choose(self, name: str, text: str) -> None:
        """A row, found by typing."""
        self.page.locator(f"#id_{name} + .select2 .select2-selection").click()
        self.page.locator(".select2-container--open .select2-search__field").fill(text)
        self.page.locator(".select2-results__option", has_text=text).first.click()
