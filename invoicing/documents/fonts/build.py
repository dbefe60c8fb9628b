"""Make the three fonts of documents:

python build.py NotoSansSC[wght].ttf NotoSans-Regular.ttf NotoSans-Bold.ttf

Of Noto Sans SC (variable; for example from the package justmytype-intl-cjk 0.1.0) it keeps GB 2312,
Latin-1 and punctuation, at two fixed weights; of Noto Sans (for example from Debian's
fonts-noto-core 20201225) what European names need beyond that: Latin with all accents, Greek and
Cyrillic. NotoSansSC-Rare.ttf has every other ideograph of the first, at the regular weight only: it
is read where a document has one of them. All are under OFL-1.1. The same sources and fontTools make
the same bytes.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools import merge, subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

WEIGHTS = {"Regular": 400, "Bold": 700}
LATIN = range(0x20, 0x250)  # Basic Latin to Latin Extended-B
EUROPE = (range(0x370, 0x530), range(0x1E00, 0x1F00))  # Greek, Cyrillic, more Latin
PUNCTUATION = (range(0x2010, 0x2028), range(0x2030, 0x205F), range(0x20A0, 0x20C1))
SIGNS = (range(0x2100, 0x2150), range(0x3000, 0x3040), range(0xFF00, 0xFF61), range(0xFFE0, 0xFFE7))
IDEOGRAPHS = (  # and extension A; those for compatibility; those beyond the first 65,536
    *(range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00)),
    range(0x20000, 0x323B0),
)
UNUSED = ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "STAT", "gasp", "vhea", "vmtx", "meta"]
HERE = Path(__file__).parent


def code_points() -> set[int]:
    """Everything that documents may show."""
    double = [bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF)]
    chinese = {ord(text) for code in double if (text := code.decode("gb2312", "ignore"))}
    ranges = (LATIN, *EUROPE, *PUNCTUATION, *SIGNS)
    return chinese | {point for some in ranges for point in some}


def build(chinese: Path, *european: Path) -> None:
    """Write NotoSansSC-Regular.ttf, -Bold.ttf and -Rare.ttf beside this file."""
    for (name, weight), latin in zip(WEIGHTS.items(), european, strict=True):
        with TemporaryDirectory() as folder:
            first, second = Path(folder) / "first.ttf", Path(folder) / "second.ttf"
            shown = _cut(_fixed(chinese, weight), code_points(), first)
            rest = TTFont(latin, recalcTimestamp=False)
            _cut(rest, code_points() - shown, second)
            merged = merge.Merger().merge([str(first), str(second)])
            source = TTFont(first)
            merged["name"] = source["name"]  # not the two joined
            merged["head"].created = merged["head"].modified = source["head"].modified
            merged.recalcTimestamp = False
            subset.save_font(merged, str(HERE / f"NotoSansSC-{name}.ttf"), subset.Options())
    rare = {point for some in IDEOGRAPHS for point in some} - code_points()
    _cut(_fixed(chinese, WEIGHTS["Regular"]), rare, HERE / "NotoSansSC-Rare.ttf")


def _fixed(chinese: Path, weight: int) -> TTFont:
    font = TTFont(chinese, recalcTimestamp=False)
    instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True, updateFontNames=True)
    return font


def _cut(font: TTFont, points: set[int], path: Path) -> set[int]:
    options = subset.Options(layout_features=[], name_IDs=["*"], drop_tables=UNUSED)
    options.hinting = options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    subset.save_font(font, str(path), options)
    return set(font.getBestCmap())


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:]))
