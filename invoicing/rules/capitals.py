"""Amounts of money in Chinese capitals (大写), as bank and tax documents write them. Pure."""

from decimal import ROUND_HALF_UP, Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
FEN = Decimal("0.01")


def in_capitals(amount: Decimal) -> str:
    """1234.50 is 壹仟贰佰叁拾肆元伍角整. Raises ValueError beyond fen, or for 10^16 and more."""
    if amount != amount.quantize(FEN, ROUND_HALF_UP):
        raise ValueError(f"{amount} has more than two decimals.")
    if abs(amount) >= Decimal(10) ** 16:
        raise ValueError(f"{amount} is too large.")
    yuan, fen = divmod(int(abs(amount) * 100), 100)
    jiao, fen = divmod(fen, 10)
    sign = "负" if amount < 0 else ""
    if not yuan and (jiao or fen):
        return sign + _cents(jiao, fen, has_yuan=False)
    return sign + (_whole(yuan) or DIGITS[0]) + "元" + _cents(jiao, fen, has_yuan=True)


def _whole(number: int) -> str:
    for power, name in ((10**8, "亿"), (10**4, "万")):
        if number >= power:
            high, low = divmod(number, power)
            gap = DIGITS[0] if 0 < low < power // 10 else ""
            return _whole(high) + name + gap + _whole(low)
    return _group(number)


def _group(number: int) -> str:
    text, gap = "", False
    for power in reversed(range(4)):
        digit = number // 10**power % 10
        if not digit:
            gap = bool(text)
            continue
        text += (DIGITS[0] if gap else "") + DIGITS[digit] + PLACES[power]
        gap = False
    return text


def _cents(jiao: int, fen: int, has_yuan: bool) -> str:
    if not jiao and not fen:
        return "整"
    if not fen:
        return DIGITS[jiao] + "角整"
    gap = DIGITS[0] if has_yuan and not jiao else ""
    return (DIGITS[jiao] + "角" if jiao else gap) + DIGITS[fen] + "分"
