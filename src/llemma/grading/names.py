"""The words and commands that the parser knows."""

FUNCTIONS: dict[str, str] = {
    **{name: name for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "exp", "ln")},
    "log": "log", "lg": "log10", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "asin": "asin", "acos": "acos",
    "atan": "atan", "arccot": "acot", "arcsec": "asec", "arccsc": "acsc", "acot": "acot", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "asinh": "asinh", "acosh": "acosh", "atanh": "atanh", "arsinh": "asinh",
    "cosec": "csc", "tg": "tan", "ctg": "cot", "arctg": "atan", "sign": "sign", "sgn": "sign", "Re": "re", "Im": "im",
}  # fmt: skip
"""Functions of one argument that may be written without brackets, plain or as a command."""

BRACKET_FUNCTIONS: dict[str, str] = {
    "abs": "abs", "Abs": "abs", "floor": "floor", "ceil": "ceil", "ceiling": "ceil", "max": "max", "min": "min",
    "gcd": "gcd", "lcm": "lcm", "factorial": "factorial", "binomial": "binomial", "comb": "binomial", "gamma": "gamma",
    "Max": "max", "Min": "min", "GCD": "gcd", "LCM": "lcm", "cbrt": "cbrt", "Rational": "ratio", "conjugate": "conj",
}  # fmt: skip
"""Functions that need brackets."""

CONSTANTS: dict[str, str] = {"pi": "pi", "Pi": "pi", "infty": "oo", "infinity": "oo", "oo": "oo", "inf": "oo", "e": "e",
                             "i": "i", "imath": "i", "iota": "i"}  # fmt: skip

RELATIONS: dict[str, str] = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", "=<": "<=", ">=": ">=", "=>": ">=", "!=": "!=", "\\le": "<=",
    "\\leq": "<=", "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=", "\\geqslant": ">=", "\\lt": "<", "\\gt": ">",
    "\\ne": "!=", "\\neq": "!=", "\\approx": "~", "\\simeq": "~", "\\in": "in", "\\notin": "notin", "\\equiv": "equiv",
    "\\sim": "\\sim", "\\cong": "\\cong", "\\subset": "\\subset", "\\subseteq": "\\subseteq", "\\to": "\\to",
    "->": "\\to", "\\rightarrow": "\\to", "\\mapsto": "\\mapsto", "\\implies": "\\implies", "\\Rightarrow": "\\implies",
    "\\iff": "\\iff", "\\Leftrightarrow": "\\iff", "\\perp": "\\perp", "\\parallel": "\\parallel",
    "\\propto": "\\propto", "\\divides": "\\divides", "\\nmid": "\\nmid", "\\doteq": "~",
    "\\coloneqq": "=", "\\triangleq": "=",
}  # fmt: skip
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}

SET_SIGNS = {"\\cup": "union", "\\cap": "intersection", "\\setminus": "minus", "\\backslash": "minus",
             "\\bigcup": "union", "\\bigcap": "intersection", "\\smallsetminus": "minus"}  # fmt: skip
TIMES = frozenset(["*", "\\cdot", "\\times", "\\ast", "\\cdotp", "\\bullet"])
DIVIDED = frozenset(["/", "\\div"])
SEPARATORS = frozenset([",", ";", "\\quad", "\\qquad", "\\\\"])
DOTS_COMMANDS = frozenset(
    ["\\ldots", "\\dots", "\\cdots", "\\dotsc", "\\dotsb", "\\dotsm", "...", "\\vdots", "\\ddots"]
)
FRACTIONS = frozenset(["\\frac", "\\dfrac", "\\tfrac", "\\cfrac", "\\nicefrac", "\\sfrac", "\\flatfrac"])
BINOMIALS = frozenset(["\\binom", "\\dbinom", "\\tbinom"])
BIG_OPERATORS = {"\\sum": "sum", "\\prod": "prod"}
CLOSERS: dict[str, tuple[str, ...]] = {
    "(": (")", "]"), "[": ("]", ")"), "\\{": ("\\}",), "\\langle": ("\\rangle",), "\\lfloor": ("\\rfloor",),
    "\\lceil": ("\\rceil",), "\\lvert": ("\\rvert",), "\\lVert": ("\\rVert",), "\\lbrace": ("\\rbrace", "\\}"),
    "\\lbrack": ("]", "\\rbrack", ")"), "|": ("|",), "\\vert": ("\\vert",), "\\|": ("\\|",), "\\Vert": ("\\Vert",),
    "{": ("}",),
}  # fmt: skip
UNIT_COMMANDS = frozenset(["\\%", "\\Omega"])
MONEY = {"\\$": "$", "$": "$", "\\euro": "euro", "\\pounds": "gbp", "\\yen": "yuan"}
MATRICES = frozenset(["matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"])
APPLIED_LETTERS = frozenset("fghFGHPQTW")
"""Letters that `letter(...)` reads as an unknown function of its argument; other letters multiply."""
NOT_ATOMS = frozenset([
    *RELATIONS, *SEPARATORS, *SET_SIGNS, *TIMES, *UNIT_COMMANDS, "\\div", "\\pm", "\\mp", "\\end", "\\mid", "\\not",
    "\\choose", "\\$", "\\}", "\\rangle", "\\rfloor", "\\rceil", "\\rvert", "\\rVert", "\\rbrace", "\\rbrack",
    "\\atop", "\\over",
])  # fmt: skip
"""Commands that never begin an atom."""
