"""Inputs that hang, crash or fool graders: at least 200, made by rule."""


def inputs() -> list[str]:
    """Return the adversarial answers."""
    return [*_towers(), *_nesting(), *_long(), *_characters(), *_unbalanced(), *_commands(), *_numbers(), *_shapes()]


def _towers() -> list[str]:
    towers = []
    for base in ("2", "5", "9", "10", "n"):
        tower = base
        for height in range(2, 7):
            tower = f"{base}^{{{tower}}}"
            towers.append(tower if height % 2 else rf"\frac{{{tower}-4}}{{16}}")
        towers.append("**".join([base] * 8))
        towers.append("^".join([base] * 30))
    return [*towers, r"e^{e^{e^{e^{e}}}}", r"\sin(10^{10^{10}})", r"2^{2^{2^{49}}}", "0^{-1}", r"(-8)^{10^{9}/3}"]


def _nesting() -> list[str]:
    cases = []
    for depth in (20, 100, 1000, 20_000):
        cases += [
            "(" * depth + "1" + ")" * depth,
            "{" * depth + "x" + "}" * depth,
            "[" * depth + "1" + "]" * depth,
            r"\sqrt{" * depth + "2" + "}" * depth,
            r"\frac{1}{" * depth + "2" + "}" * depth,
            r"\{" * depth + "1" + r"\}" * depth,
            r"\left|" * depth + "x" + r"\right|" * depth,
            "x^{" * depth + "2" + "}" * depth,
            "-" * depth + "1",
            r"\sin " * depth + "x",
            r"\boxed{" * depth + "1" + "}" * depth,
            "!" * depth,
            "5" + "!" * depth,
        ]
    return cases


def _long() -> list[str]:
    million = 1_000_000
    return [
        "x" * million,
        "1" * million,
        "1," * (million // 2),
        "x+" * (million // 2) + "x",
        "$" * million,
        "\\" * million,
        "{" * million,
        " " * million,
        "\n" * million,
        r"\boxed{" * (million // 7),
        r"\frac" * (million // 5),
        "a = " * (million // 4),
        "The answer is " * (million // 14),
        "final answer " * (million // 13),
        "**" * (million // 2),
        "1" * 4299,
        "1" * 4301,
        "0." + "1" * 5000,
        "9" * 100_000,
        "1/" * 2000 + "1",
        "x*" * 1999 + "x",
        "1 " * 3000,
        r"\text{" + "a" * million + "}",
        "(" + "1," * 1900 + "1)",
        "and " * 5000,
        "°" * 100_000,
        "é" * 100_000,
    ]


def _characters() -> list[str]:
    return [
        "\u200b5\u200b",
        "\u202e12\u202c",
        "\u2066x\u2069",
        "\ufeff7",
        "\x00",
        "1\x002",
        "\ud800",
        "5\udfff",
        "\u0661\u0662",
        "１２３",
        "𝟏𝟐",
        "²",
        "x\u0301",
        "🙂",
        "\u00ad5",
        "\u2028",
        "\u3000",
        "½½½",
        "⁵⁵⁵",
        "\U0001d4b3",
        "5\r\n",
        "\t\v\f",
        "％",
        "−−−1",
        "∞∞",
        "√√√√4",
        "∑∑∑",
        "ℝℝ",
        "（１）",
        "≠≠",
    ]


def _unbalanced() -> list[str]:
    pieces = [
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        r"\{",
        r"\}",
        "|",
        r"\left(",
        r"\right]",
        "$",
        r"\(",
        r"\]",
        r"\frac{1",
        r"\sqrt{2",
    ]
    pieces += [
        r"\frac{1}{",
        r"\boxed{",
        r"\begin{pmatrix}1",
        r"\end{pmatrix}",
        r"\begin{",
        r"\text{a",
        "x^{",
        "x_{",
        r"\frac",
    ]
    return [*pieces, *(piece + "1" for piece in pieces), *("2" + piece for piece in pieces)]


def _commands() -> list[str]:
    return [
        r"\input{/etc/passwd}",
        r"\include{x}",
        r"\write18{ls}",
        r"\def\x{\x\x}\x",
        r"\csname end\endcsname",
        r"\newcommand{\a}{\a}",
        "__import__('os').system('true')",
        "().__class__.__bases__",
        "eval('1')",
        "exec('x=1')",
        "%s%s%s%n",
        "{0.__class__}",
        "{}",
        "%(x)s",
        "${x}",
        "`ls`",
        "$(ls)",
        "'; DROP TABLE x; --",
        "<script>1</script>",
        "lambda: 0",
        "[x for x in range(10**9)]",
        "9**9**9**9",
        "10**10**10",
        "factorial(10**9)",
        r"(10^9)!",
        "((9!)!)!",
        "99999999!",
        r"\binom{10^9}{5\cdot10^8}",
        r"\sum_{k=1}^{10^{12}} k",
        r"\prod_{k=1}^{10^{9}} k",
        r"\sum_{a=1}^{200}\sum_{b=1}^{200}\sum_{c=1}^{200} abc",
        r"\gcd(10^{400}, 3)",
        r"\log_{0} 5",
        r"\log_1 5",
        r"\frac{0}{0}",
        r"\frac{1}{0}",
        r"0^0",
        r"\tan 90^\circ",
        "1e999999",
        "1e-999999",
        "1e99999",
        r"\lfloor 10^{10^{8}} \rfloor",
        r"\max(1)",
        r"\int \int \int",
        r"\int_0^\infty e^{-x^2} dx",
        r"\lim_{x\to\infty}",
        "0.\\overline{" + "1" * 3000 + "}",
        "1" * 900 + "_{2}",
        r"\pmod",
        r"\not",
        r"x_{y_{z_{w}}}",
    ]


def _numbers() -> list[str]:
    return ["1" + "0" * power for power in (18, 308, 400, 3999)] + [
        f"{base}^{{{10**power}}}" for base in (2, 7) for power in range(1, 10)
    ]


def _shapes() -> list[str]:
    row = " & ".join(["1"] * 60)
    square = r"\begin{pmatrix}" + r" \\ ".join([row] * 30) + r"\end{pmatrix}"
    small = r"\begin{pmatrix}" + r" \\ ".join([" & ".join(["x"] * 12)] * 12) + r"\end{pmatrix}"
    return [
        square,
        small * 6,
        small + "+" + small,
        r"\begin{vmatrix}" + r"\\".join([row] * 60) + r"\end{vmatrix}",
        r"\{" + ",".join(map(str, range(900))) + r"\}",
        ",".join(f"x_{{{i}}}" for i in range(400)),
        ":".join("12345678"),
        ",".join(f"{i}\\pm 1" for i in range(300)),
        r"\cup".join(f"({i},{i + 1})" for i in range(300)),
        "<".join("abcdefghij"),
        "=".join(["x"] * 500),
        ",".join(f"(x-{i},y+{i})" for i in range(200)),
    ]
