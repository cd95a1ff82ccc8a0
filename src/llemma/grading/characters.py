"""Characters and wrappers: from what people type to plain ASCII with LaTeX commands."""

import re
import unicodedata

_SIGNS = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ",
    "•": r"\cdot ", "÷": r"\div ", "±": r"\pm ", "∓": r"\mp ", "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ",
    "≠": r"\ne ", "≈": r"\approx ", "≡": r"\equiv ", "∈": r"\in ", "∉": r"\notin ", "∪": r"\cup ", "∩": r"\cap ",
    "∅": r"\emptyset ", "∞": r"\infty ", "√": r"\sqrt ", "∛": r"\sqrt[3]", "°": r"^{\circ}", "º": r"^{\circ}",
    "′": "'", "’": "'", "‘": "'", "“": '"', "”": '"', "…": r"\ldots ", "⁄": "/", "∕": "/", "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "⟨": r"\langle ", "⟩": r"\rangle ",
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "→": r"\to ", "∠": r"\angle ",
    "△": r"\triangle ",
    "⊂": r"\subset ", "⊆": r"\subseteq ", "∀": r"\forall ", "∃": r"\exists ", "∧": r"\wedge ", "∨": r"\vee ",
    "∖": r"\setminus ",
    "∥": r"\parallel ", "⊥": r"\perp ", "∣": r"\mid ", "€": r"\euro ", "£": r"\pounds ", "¥": r"\yen ", "％": "%",
    "。": ".",
    "，": ",", "；": ";", "：": ":", "（": "(", "）": ")", "＝": "=", "∑": r"\sum ", "∏": r"\prod ", "∫": r"\int ",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta",
    "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "µ": "mu",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_SUBSCRIPT = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
_TRANSLATION = str.maketrans({**_SIGNS, **{char: f"\\{name} " for char, name in _GREEK.items()}})


def to_ascii(text: str) -> str:
    """Return the text with mathematical characters written as LaTeX; invisible and direction characters are removed."""
    if text.isascii():
        return text
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = _SUPERSCRIPT.sub(lambda found: "^{" + found[0].translate(_SUPERSCRIPTS) + "}", text)
    text = _SUBSCRIPT.sub(lambda found: "_{" + found[0].translate(_SUBSCRIPTS) + "}", text)
    text = text.translate(_TRANSLATION)
    if text.isascii():
        return text
    text = "".join(_fraction(char) for char in text)
    return unicodedata.normalize("NFKC", text).translate(_TRANSLATION)


def _fraction(char: str) -> str:
    """Return a vulgar fraction such as ½ as LaTeX, other characters as they are."""
    if "VULGAR FRACTION" in unicodedata.name(char, ""):
        top, _, bottom = unicodedata.normalize("NFKC", char).partition("⁄")
        return rf"\frac{{{top}}}{{{bottom}}}"
    return char


_DISPLAY = re.compile(
    r"\\begin\{(?:align|equation|gather|displaymath|math)\*?\}|\\end\{(?:align|equation|gather|displaymath|math)\*?\}"
)
_MOST_WRAPPERS = 8
_EDGES = " \t\r\n\f\v"


def bare(text: str) -> str:
    """Return an answer without what only surrounds it: dollars, display brackets, bold stars, a final full stop."""
    text = to_ascii(text).strip(_EDGES)
    if "\\begin{" in text:
        text = _DISPLAY.sub("", text)
    for _ in range(_MOST_WRAPPERS):
        before = text
        text = text.strip(_EDGES)
        if text.startswith("**") and text.endswith("**") and len(text) > 4:
            text = text[2:-2]
        text = _without_delimiters(text)
        if text.endswith((".", ",", ";", "\\")) and not text.endswith(("..", "\\,", "\\;", "\\.")):
            text = text[:-1]
        if text == before:
            break
    return text


def _without_delimiters(text: str) -> str:
    for opening, closing in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if text.startswith(opening) and text.endswith(closing) and len(text) >= len(opening) + len(closing):
            inside = text[len(opening) : len(text) - len(closing)]
            if closing not in inside.replace("\\$", "") and not inside.endswith("\\"):
                return inside
    return text
