"""Units of measurement: their names, and what they are in base units."""

import re
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

Unit: TypeAlias = tuple[tuple[str, int], ...]
"""Base or label name -> power, sorted by name. A label (what is counted: apples) begins with `#`."""

PERCENT: Unit = (("%", 1),)
DEGREE: Unit = (("deg", 1),)
DOLLAR: Unit = (("$", 1),)

# base unit -> {name: how many base units}
_TABLE: dict[str, dict[str, Fraction]] = {
    "m": {
        "m": Fraction(1), "meter": Fraction(1), "metre": Fraction(1), "cm": Fraction(1, 100),
        "centimeter": Fraction(1, 100), "centimetre": Fraction(1, 100), "mm": Fraction(1, 1000),
        "millimeter": Fraction(1, 1000), "millimetre": Fraction(1, 1000), "km": Fraction(1000),
        "kilometer": Fraction(1000), "kilometre": Fraction(1000), "dm": Fraction(1, 10), "nm": Fraction(1, 10**9),
        "nanometer": Fraction(1, 10**9), "in": Fraction(254, 10000), "inch": Fraction(254, 10000),
        "ft": Fraction(3048, 10000), "foot": Fraction(3048, 10000), "feet": Fraction(3048, 10000),
        "yd": Fraction(9144, 10000), "yard": Fraction(9144, 10000), "mi": Fraction(1609344, 1000),
        "mile": Fraction(1609344, 1000),
    },
    "kg": {
        "kg": Fraction(1), "kilogram": Fraction(1), "g": Fraction(1, 1000), "gm": Fraction(1, 1000),
        "gram": Fraction(1, 1000), "mg": Fraction(1, 10**6), "milligram": Fraction(1, 10**6), "tonne": Fraction(1000),
        "lb": Fraction(45359237, 10**8), "pound": Fraction(45359237, 10**8), "oz": Fraction(45359237, 16 * 10**8),
        "ounce": Fraction(45359237, 16 * 10**8), "solar mass": Fraction(1989) * 10**27,
    },
    "s": {
        "s": Fraction(1), "sec": Fraction(1), "second": Fraction(1), "ms": Fraction(1, 1000), "min": Fraction(60),
        "millisecond": Fraction(1, 1000), "minute": Fraction(60), "h": Fraction(3600), "hr": Fraction(3600),
        "hour": Fraction(3600), "day": Fraction(86400), "week": Fraction(604800),
    },
    "month": {"month": Fraction(1), "year": Fraction(12), "yr": Fraction(12)},
    "l": {
        "l": Fraction(1), "liter": Fraction(1), "litre": Fraction(1), "ml": Fraction(1, 1000),
        "milliliter": Fraction(1, 1000), "millilitre": Fraction(1, 1000),
    },
    "gallon": {"gallon": Fraction(1), "gal": Fraction(1), "quart": Fraction(1, 4), "pint": Fraction(1, 8)},
    "$": {
        "$": Fraction(1), "dollar": Fraction(1), "buck": Fraction(1), "usd": Fraction(1), "cent": Fraction(1, 100),
        "¢": Fraction(1, 100),
    },
    "euro": {"euro": Fraction(1), "eur": Fraction(1)},
    "gbp": {"pound sterling": Fraction(1), "gbp": Fraction(1)},
    "yuan": {"yuan": Fraction(1), "rmb": Fraction(1), "cny": Fraction(1)},
    "%": {"%": Fraction(1), "percent": Fraction(1), "pct": Fraction(1), "percentage": Fraction(1),
          "per cent": Fraction(1)},
    "deg": {"degree": Fraction(1), "deg": Fraction(1)},
    "rad": {"radian": Fraction(1), "rad": Fraction(1)},
    "N": {"N": Fraction(1), "newton": Fraction(1), "kN": Fraction(1000)},
    "J": {"J": Fraction(1), "joule": Fraction(1), "kJ": Fraction(1000), "MJ": Fraction(10**6)},
    "eV": {"eV": Fraction(1), "keV": Fraction(1000), "MeV": Fraction(10**6), "GeV": Fraction(10**9)},
    "erg": {"erg": Fraction(1)},
    "W": {"W": Fraction(1), "watt": Fraction(1), "kW": Fraction(1000)},
    "Pa": {"Pa": Fraction(1), "pascal": Fraction(1), "kPa": Fraction(1000), "MPa": Fraction(10**6)},
    "K": {"K": Fraction(1), "kelvin": Fraction(1)},
    "celsius": {"celsius": Fraction(1)},
    "fahrenheit": {"fahrenheit": Fraction(1)},
    "mol": {"mol": Fraction(1), "mole": Fraction(1)},
    "Hz": {"Hz": Fraction(1), "hertz": Fraction(1), "kHz": Fraction(1000), "MHz": Fraction(10**6)},
    "V": {"V": Fraction(1), "volt": Fraction(1)},
    "A": {"A": Fraction(1), "ampere": Fraction(1), "amp": Fraction(1)},
    "C": {"C": Fraction(1), "coulomb": Fraction(1)},
    "T": {"T": Fraction(1), "tesla": Fraction(1)},
    "ohm": {"ohm": Fraction(1), "\\Omega": Fraction(1)},
    "pc": {"pc": Fraction(1), "parsec": Fraction(1), "kpc": Fraction(1000), "Mpc": Fraction(10**6)},
    "au": {"AU": Fraction(1)},
    "unit": {"unit": Fraction(1)},
}  # fmt: skip
_COMPOUND = {"mph": "mile/hour", "kph": "km/hour", "kmh": "km/hour", "kmph": "km/hour"}
_COMPOUND_WORD = re.compile(r"\b(?:mph|kph|kmh|kmph)\b", re.IGNORECASE)
_BY_NAME: dict[str, tuple[str, Fraction]] = {
    name: (base, factor) for base, names in _TABLE.items() for name, factor in names.items()
}
_POWER_WORDS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cubed": 3}
_NOT_LABELS = frozenset(
    [
        "a",
        "about",
        "all",
        "also",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "both",
        "but",
        "by",
        "each",
        "either",
        "else",
        "equal",
        "equals",
        "every",
        "except",
        "fewer",
        "for",
        "from",
        "given",
        "greater",
        "has",
        "have",
        "if",
        "in",
        "is",
        "it",
        "its",
        "less",
        "least",
        "mod",
        "modulo",
        "more",
        "most",
        "nor",
        "not",
        "of",
        "off",
        "on",
        "only",
        "or",
        "otherwise",
        "over",
        "plus",
        "minus",
        "than",
        "that",
        "the",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "times",
        "to",
        "twice",
        "undefined",
        "up",
        "where",
        "when",
        "which",
        "while",
        "with",
        "within",
        "without",
        "yes",
        "no",
        "none",
        "never",
        "infinity",
    ]
)
_PIECE = re.compile(
    r"[\s~]*(?:(?P<word>[A-Za-z¢$%][A-Za-z]*|\\Omega)\.?|(?P<power>\^\s*\{?\s*(-?\d+)\s*\}?)|(?P<sign>[/*·]|\\cdot))[\s~]*"
)
MOST_LABEL_WORDS = 3


def is_unit_word(word: str) -> bool:
    """Return whether a word of two or more letters names a unit, so that it cannot be a product of variables."""
    return len(word) > 1 and (_lookup(word) is not None or word.lower() in _COMPOUND)


@lru_cache(maxsize=4096)
def parse_unit(phrase: str, *, labels: bool) -> tuple[Unit, Fraction] | None:
    """Return a unit phrase (`miles per hour`, `cm^2`, `square feet`) in base units with the factor, None if it is none.

    With `labels`, up to three unknown words are the name of what is counted.
    """
    reader = _Reader(labels)
    index = 0
    phrase = _COMPOUND_WORD.sub(lambda found: _COMPOUND[found[0].lower()], phrase)
    while index < len(phrase):
        piece = _PIECE.match(phrase, index)
        if piece is None or not reader.read(piece):
            return None
        index = piece.end()
    return tuple(sorted((name, power) for name, power in reader.powers.items() if power)), reader.factor


class _Reader:
    """The state of reading a unit phrase from left to right."""

    def __init__(self, labels: bool) -> None:
        self.powers: dict[str, int] = {}
        self.factor = Fraction(1)
        self._labels = labels
        self._direction = 1  # -1 after / or per
        self._next_power = 1  # 2 after square
        self._last: tuple[str, Fraction] | None = None
        self._unknown = 0

    def read(self, piece: re.Match[str]) -> bool:
        """Take in one piece. Return False when the phrase is not a unit."""
        word = piece["word"]
        if piece["sign"] or (word and word.lower() == "per"):
            self._direction = -1 if piece["sign"] == "/" or word else self._direction
            return True
        if piece["power"]:
            return self._raise_last(int(piece[3]) - 1)
        size = _POWER_WORDS.get(word.lower())
        if size is not None and word.lower().endswith("d"):
            return self._raise_last(size - 1)
        if size is not None:
            self._next_power = size
            return True
        self._last = _lookup(word) or self._label(word.lower())
        if self._last is None:
            return False
        self._multiply(self._direction * self._next_power)
        self._next_power = 1
        return True

    def _raise_last(self, extra: int) -> bool:
        if self._last is None or abs(extra) > 8:
            return False
        self._multiply(self._direction * extra)
        return True

    def _multiply(self, power: int) -> None:
        assert self._last is not None, "a unit was read"
        name, factor = self._last
        self.powers[name] = self.powers.get(name, 0) + power
        self.factor *= factor**power

    def _label(self, word: str) -> tuple[str, Fraction] | None:
        self._unknown += 1
        if not self._labels or self._unknown > MOST_LABEL_WORDS or word in _NOT_LABELS:
            return None
        return "#" + _singular(word), Fraction(1)


def is_label(unit: Unit) -> bool:
    """Return whether a unit only says what is counted."""
    return all(name.startswith("#") or name == "unit" for name, _ in unit)


def _lookup(word: str) -> tuple[str, Fraction] | None:
    lower = word.lower()
    for name in (word, lower, lower.removesuffix("s"), lower.removesuffix("es")):
        if name in _BY_NAME and (len(name) > 1 or name == word):
            return _BY_NAME[name]
    return None


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
