"""Paper: A4 pages in points, with text that wraps, rows of columns, and a head on every page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from fpdf import FPDF

from .glyphs import BOLD, RARE, REGULAR, rare

WIDTH, HEIGHT = 595, 842
LEFT, RIGHT, TOP, BOTTOM = 40, 555, 40, 792
BODY, SMALL, LEADING = 8, 7, 12
GRAY, LIGHT, INK = 110, 240, 20
FAMILY, RARE_FAMILY = "NotoSansSC", "NotoSansSCRare"

# Chinese breaks anywhere, other scripts between words.
_WIDE = r"\u2e80-\uffef\U00020000-\U000323af"
_WORDS = re.compile(rf"\s+|[{_WIDE}]|[^\s{_WIDE}]+")


@dataclass(frozen=True)
class Column:
    """A column of a table: its title, and where it lies."""

    title: str
    x: int
    width: int
    is_number: bool = True


class Sheet(FPDF):
    """A document that repeats `running_head`, and the open table's titles, on each new page."""

    def __init__(
        self, language: str, made_at: datetime, page_label: str, *, has_rare: bool = False
    ) -> None:
        super().__init__(unit="pt", format="A4", enforce_compliance="PDF/A-3B")
        self.page_label = page_label
        self.running_head = ""
        self.columns: Sequence[Column] = ()
        self.group = ""
        self.wrapped: dict[tuple[str, int, bool, int], list[str]] = {}
        self.set_auto_page_break(False)
        self.set_margins(LEFT, TOP, WIDTH - RIGHT)
        self.add_font(FAMILY, "", REGULAR)
        self.add_font(FAMILY, "B", BOLD)
        self.rare: frozenset[int] = frozenset()
        if has_rare:
            self.add_font(RARE_FAMILY, "", RARE)
            self.rare = rare()
        self.set_creation_date(made_at)
        self.set_lang("zh-CN" if language == "zh-hans" else "en")
        self.add_page()

    def header(self) -> None:
        """What a page but the first begins with."""
        self.set_y(TOP)
        if self.page == 1:
            return
        self.put(self.running_head, RIGHT - LEFT, size=SMALL, tone=GRAY)
        self.set_y(TOP + LEADING + 4)
        if self.columns:
            self.titles()
        if self.group:
            self._group_head()

    def footer(self) -> None:
        """The page's number and how many there are."""
        self.set_xy(LEFT, HEIGHT - 36)
        self.set_font(FAMILY, "", SMALL)
        self.set_text_color(GRAY)
        text = self.page_label.format(page=self.page_no(), pages="{nb}")
        self.cell(RIGHT - LEFT, LEADING, text, align="R")
        self.set_xy(LEFT, HEIGHT - 36)
        self.put(self.running_head, RIGHT - LEFT, size=SMALL, tone=GRAY)

    def open_table(self, columns: Sequence[Column]) -> None:
        """Begin a table; its titles are repeated on each page until it is closed."""
        self.columns = columns
        self.need(4 * LEADING)
        if self.get_y() > TOP + 3 * LEADING:
            self.titles()

    def close_table(self) -> None:
        self.columns, self.group = (), ""

    def open_group(self, text: str) -> None:
        """What the next rows are about; repeated on each page, "" for nothing."""
        self.group = ""
        if text:
            self.need(4 * LEADING)
            self.group = text
            self._group_head()

    def titles(self) -> None:
        """The columns' titles, with a line below."""
        self.row([column.title for column in self.columns], is_bold=True, tone=GRAY)
        self.rule(self.get_y())

    def _group_head(self) -> None:
        lines = self.wrap(self.group, RIGHT - LEFT - 8, is_bold=True)
        self.set_y(self.get_y() + 4)
        top = self.get_y()
        self.band(top, len(lines) * LEADING + 3)
        self.put(self.group, RIGHT - LEFT - 8, x=LEFT + 4, is_bold=True)
        self.set_y(top + len(lines) * LEADING + 3)

    def row(
        self, cells: Sequence[str], *, is_bold: bool = False, fill: bool = False, tone: int = INK
    ) -> None:
        """One row of the open table, as high as its fullest cell."""
        parts = [
            self.wrap(text, column.width, is_bold=is_bold)
            for text, column in zip(cells, self.columns, strict=True)
        ]
        height = max(map(len, parts)) * LEADING + 2
        self.need(height)
        top = self.get_y()
        if fill:
            self.band(top, height)
        self.set_font(FAMILY, "B" if is_bold else "", BODY)
        self.set_text_color(tone)
        for lines, column in zip(parts, self.columns, strict=True):
            for number, line in enumerate(lines):
                x: Any = column.x
                if column.is_number:
                    x = column.x + column.width - self.get_string_width(line)
                self._draw(x, top + number * LEADING + 10, line)
        self.set_y(top + height)

    def put(
        self,
        text: str,
        width: int,
        *,
        x: int = LEFT,
        size: int = BODY,
        is_bold: bool = False,
        is_right: bool = False,
        tone: int = INK,
    ) -> None:
        """Text in a column of this width, from the current height down."""
        lines = self.wrap(text, width, is_bold=is_bold, size=size)
        step = max(size + 4, LEADING)
        for line in lines:
            self.set_font(FAMILY, "B" if is_bold else "", size)
            self.set_text_color(tone)
            start: Any = x + width - self.get_string_width(line) if is_right else x
            self._draw(start, self.get_y() + size + 2, line)
            self.set_y(self.get_y() + step)

    def need(self, height: int) -> None:
        """Turn the page if this much does not fit on it."""
        if self.get_y() + height > BOTTOM:
            self.add_page()

    def rule(self, y: Any) -> None:
        self.set_draw_color(190)
        self.line(LEFT, y, RIGHT, y)

    def band(self, y: Any, height: int) -> None:
        self.set_fill_color(LIGHT)
        self.rect(LEFT, y, RIGHT - LEFT, height, style="F")

    def wrap(self, text: str, width: int, *, is_bold: bool = False, size: int = BODY) -> list[str]:
        """The text in lines no wider than this; a word that is too long is broken."""
        key = (text, width, is_bold, size)
        if key not in self.wrapped:
            self.set_font(FAMILY, "B" if is_bold else "", size)
            self.wrapped[key] = self._lines(text, width)
        return self.wrapped[key]

    def get_string_width(self, s: str, *more: Any, **options: Any) -> Any:
        """Its width in points: a rare ideograph is as wide as the letters are high."""
        shown = s if not self.rare else "".join(one for one in s if ord(one) not in self.rare)
        wide = (len(s) - len(shown)) * self.font_size
        return super().get_string_width(shown, *more, **options) + wide

    def _draw(self, x: Any, y: Any, line: str) -> None:
        """One line of text; its rare ideographs are of the third font, at the regular weight."""
        if not any(ord(one) in self.rare for one in line):
            self.text(x, y, line)
            return
        style, size = self.font_style, self.font_size_pt
        for is_rare, characters in groupby(line, lambda one: ord(one) in self.rare):
            part = "".join(characters)
            self.set_font(*((RARE_FAMILY, "") if is_rare else (FAMILY, style)), size)
            self.text(x, y, part)
            x += self.get_string_width(part)
        self.set_font(FAMILY, style, size)

    def _lines(self, text: str, width: int) -> list[str]:
        if self.get_string_width(text) <= width:
            return [text]
        lines, line = [], ""
        for word in _WORDS.findall(text):
            if self.get_string_width(line + word.rstrip()) <= width:
                line += word
                continue
            if line.strip():
                lines.append(line.rstrip())
            line = word.lstrip()
            while self.get_string_width(line) > width:
                cut = self._fitting(line, width)
                lines.append(line[:cut])
                line = line[cut:]
        return [*lines, line.rstrip()] if line.strip() else lines

    def _fitting(self, word: str, width: int) -> int:
        return max(
            (n for n in range(1, len(word)) if self.get_string_width(word[:n]) <= width), default=1
        )
