"""Make the two fonts of documents: python invoicing/documents/fonts/build.py NotoSansSC[wght].ttf

Keeps GB 2312, Latin with its accents, and punctuation of Noto Sans SC (variable, OFL-1.1; for
example from the package justmytype-intl-cjk 0.1.0), and fixes its weight. The same source and
fontTools make the same bytes.
"""

import os
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

WEIGHTS = {"Regular": 400, "Bold": 700}
LATIN = range(0x20, 0x250)  # Basic Latin to Latin Extended-B
PUNCTUATION = (range(0x2010, 0x2028), range(0x2030, 0x205F), range(0x20A0, 0x20C1))
SIGNS = (range(0x2100, 0x2150), range(0x3000, 0x3040), range(0xFF00, 0xFF61), range(0xFFE0, 0xFFE7))
HERE = Path(__file__).parent


def code_points() -> set[int]:
    """Everything that documents may show."""
    double = [bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF)]
    chinese = {ord(text) for code in double if (text := code.decode("gb2312", "ignore"))}
    ranges = (LATIN, *PUNCTUATION, *SIGNS)
    return chinese | {point for some in ranges for point in some}


def build(source: Path) -> None:
    """Write NotoSansSC-Regular.ttf and NotoSansSC-Bold.ttf beside this file."""
    for name, weight in WEIGHTS.items():
        font = TTFont(source, recalcTimestamp=False)
        instancer.instantiateVariableFont(
            font, {"wght": weight}, inplace=True, updateFontNames=True
        )
        options = subset.Options(layout_features=["kern", "ccmp", "locl"], name_IDs=["*"])
        options.hinting = False
        options.recalc_timestamp = False
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=code_points())
        cutter.subset(font)
        subset.save_font(font, str(HERE / f"NotoSansSC-{name}.ttf"), options)


if __name__ == "__main__":
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    build(Path(sys.argv[1]))
