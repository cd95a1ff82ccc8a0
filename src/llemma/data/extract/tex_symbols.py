"""Unicode to TeX: operators, relations, arrows, Greek, mathematical alphabets, and what must be escaped."""

import functools
import re
import unicodedata

_COMMANDS = """
± pm ∓ mp × times ÷ div ∗ ast ⋆ star ∘ circ ∙ bullet • bullet · cdot ⋅ cdot ∩ cap ∪ cup ⊎ uplus ⊓ sqcap ⊔ sqcup ∨ vee
∧ wedge ∖ setminus ≀ wr ⊕ oplus ⊖ ominus ⊗ otimes ⊘ oslash ⊙ odot ⊚ circledcirc ⊛ circledast ⊝ circleddash ⊞ boxplus
⊟ boxminus ⊠ boxtimes ⊡ boxdot † dagger ‡ ddagger ⨿ amalg ⋄ diamond ◇ Diamond ◊ lozenge ⧫ blacklozenge ⋉ ltimes
⋊ rtimes ⋋ leftthreetimes ⋌ rightthreetimes ⋎ curlyvee ⋏ curlywedge ⋒ Cap ⋓ Cup ⊺ intercal ∔ dotplus ⊼ barwedge
⊻ veebar ⌅ barwedge ⌆ doublebarwedge ≤ leq ≥ geq ⩽ leqslant ⩾ geqslant ≦ leqq ≧ geqq ≪ ll ≫ gg ⋘ lll ⋙ ggg ≲ lesssim
≳ gtrsim ⪅ lessapprox ⪆ gtrapprox ≶ lessgtr ≷ gtrless ⋚ lesseqgtr ⋛ gtreqless ⋖ lessdot ⋗ gtrdot ≠ neq ≡ equiv
≈ approx ≊ approxeq ≅ cong ≃ simeq ∼ sim ∽ backsim ⋍ backsimeq ≍ asymp ≐ doteq ≑ doteqdot ≒ fallingdotseq
≓ risingdotseq ≏ bumpeq ≎ Bumpeq ≖ eqcirc ≗ circeq ≜ triangleq ∝ propto ≺ prec ≻ succ ⪯ preceq ⪰ succeq ≼ preccurlyeq
≽ succcurlyeq ≾ precsim ≿ succsim ⋞ curlyeqprec ⋟ curlyeqsucc ⊂ subset ⊃ supset ⊆ subseteq ⊇ supseteq ⊊ subsetneq
⊋ supsetneq ⫅ subseteqq ⫆ supseteqq ⋐ Subset ⋑ Supset ⊏ sqsubset ⊐ sqsupset ⊑ sqsubseteq ⊒ sqsupseteq ∈ in ∋ ni
∉ notin ∊ in ∍ ni ⊢ vdash ⊣ dashv ⊨ models ⊧ models ⊩ Vdash ⊪ Vvdash ⊤ top ⊥ bot ⟂ perp ∥ parallel ∦ nparallel ∣ mid
∤ nmid ≬ between ⋔ pitchfork ⋈ bowtie ⌣ smile ⌢ frown ∴ therefore ∵ because ⊲ vartriangleleft ⊳ vartriangleright
⊴ trianglelefteq ⊵ trianglerighteq ≮ nless ≯ ngtr ≰ nleq ≱ ngeq ⊀ nprec ⊁ nsucc ⊬ nvdash ⊭ nvDash ⊈ nsubseteq
⊉ nsupseteq ≁ nsim ≇ ncong ≨ lneqq ≩ gneqq ⪇ lneq ⪈ gneq ← leftarrow → rightarrow ↑ uparrow ↓ downarrow
↔ leftrightarrow ↕ updownarrow ↖ nwarrow ↗ nearrow ↘ searrow ↙ swarrow ⇐ Leftarrow ⇒ Rightarrow ⇑ Uparrow ⇓ Downarrow
⇔ Leftrightarrow ⇕ Updownarrow ⟵ longleftarrow ⟶ longrightarrow ⟷ longleftrightarrow ⟸ Longleftarrow ⟹ Longrightarrow
⟺ Longleftrightarrow ↦ mapsto ⟼ longmapsto ↩ hookleftarrow ↪ hookrightarrow ↼ leftharpoonup ↽ leftharpoondown
⇀ rightharpoonup ⇁ rightharpoondown ⇌ rightleftharpoons ⇋ leftrightharpoons ↠ twoheadrightarrow ↞ twoheadleftarrow
↣ rightarrowtail ↢ leftarrowtail ↝ leadsto ⇝ rightsquigarrow ↭ leftrightsquigarrow ↛ nrightarrow ↚ nleftarrow
↮ nleftrightarrow ⇏ nRightarrow ⇍ nLeftarrow ⇎ nLeftrightarrow ⇄ rightleftarrows ⇆ leftrightarrows ⇉ rightrightarrows
⇇ leftleftarrows ⇈ upuparrows ⇊ downdownarrows ⇚ Lleftarrow ⇛ Rrightarrow ↫ looparrowleft ↬ looparrowright
↶ curvearrowleft ↷ curvearrowright ↺ circlearrowleft ↻ circlearrowright ↰ Lsh ↱ Rsh ⊸ multimap ↾ upharpoonright
⇂ downharpoonright ↿ upharpoonleft ⇃ downharpoonleft ∑ sum ∏ prod ∐ coprod ∫ int ∬ iint ∭ iiint ⨌ iiiint ∮ oint
∯ oiint ∰ oiiint ⋂ bigcap ⋃ bigcup ⨆ bigsqcup ⋁ bigvee ⋀ bigwedge ⨀ bigodot ⨁ bigoplus ⨂ bigotimes ⨄ biguplus √ surd
∞ infty ∂ partial ∇ nabla ∅ emptyset ∀ forall ∃ exists ∄ nexists ¬ neg ∁ complement ∠ angle ∡ measuredangle
∢ sphericalangle △ triangle ▵ triangle ▽ bigtriangledown ▿ triangledown ▹ triangleright ◃ triangleleft
▷ triangleright ◁ triangleleft ▲ blacktriangle ▴ blacktriangle ▼ blacktriangledown ▾ blacktriangledown
▸ blacktriangleright ◂ blacktriangleleft □ square ■ blacksquare ▪ blacksquare ◻ square ◼ blacksquare ▢ square
○ bigcirc ◯ bigcirc ★ bigstar ☆ star ♠ spadesuit ♡ heartsuit ♥ heartsuit ♢ diamondsuit ♦ diamondsuit ♣ clubsuit
♭ flat ♮ natural ♯ sharp ✓ checkmark ✠ maltese ℧ mho ∎ blacksquare § S ¶ P © copyright £ pounds ¥ yen ℏ hbar ℓ ell
℘ wp ℑ Im ℜ Re ℵ aleph ℶ beth ℷ gimel ℸ daleth ı imath ȷ jmath ð eth Ⅎ Finv ⅁ Game ħ hbar … ldots ⋯ cdots ⋮ vdots
⋱ ddots ⋰ iddots ‖ | ⟨ langle ⟩ rangle 〈 langle 〉 rangle 〈 langle 〉 rangle ⌊ lfloor ⌋ rfloor ⌈ lceil ⌉ rceil
⌜ ulcorner ⌝ urcorner ⌞ llcorner ⌟ lrcorner ⟮ lgroup ⟯ rgroup ⎰ lmoustache ⎱ rmoustache ⟦ llbracket ⟧ rrbracket ϕ phi
φ varphi ϵ epsilon ε varepsilon θ theta ϑ vartheta ϖ varpi ϱ varrho ϰ varkappa ς varsigma ϝ digamma
"""

_WRITTEN = {
    "\\": r"\backslash", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
    "^": r"\wedge", "~": r"\sim", "`": "`", "−": "-", "‐": "-", "‑": "-", "–": "-", "—": "-", "⁄": "/", "∕": "/",
    "′": "'", "″": "''", "‴": "'''", "⁗": "''''", "‵": r"\backprime", "⧸": r"\not", "’": "'", "‘": "`", "“": "``",
    "”": "''", "ª": "^{a}", "º": r"^{\circ}", "°": r"^{\circ}", "∶": ":", "∷": "::", "≔": ":=", "≕": "=:", "⩵": "==",
    "≝": r"\overset{\mathrm{def}}{=}", "≟": r"\overset{?}{=}", "ⅆ": "d", "ⅇ": "e", "ⅈ": "i", "ⅉ": "j", "ⅅ": "D",
    "ℎ": "h", "Å": r"\mathrm{\mathring{A}}", "µ": r"\mu", "‰": r"\text{‰}", "€": r"\text{€}", "¢": r"\text{¢}",
    "∆": r"\Delta", "Ω": r"\Omega", "∣": r"\mid", "❘": "|", "│": "|", "\u00a0": r"\ ", "\u2002": r"\;",
    "\u2003": r"\quad", "\u2004": r"\;", "\u2005": r"\:", "\u2006": r"\,", "\u2009": r"\,", "\u200a": r"\,",
    "\u202f": r"\,", "\u205f": r"\:", "\u29f5": r"\setminus", "\u2a2f": r"\times", "\u2a7d": r"\leqslant",
    "\u2a7e": r"\geqslant", "\u3008": r"\langle", "\u3009": r"\rangle",
}  # fmt: skip

_INVISIBLE = dict.fromkeys("\u2061\u2062\u2063\u2064\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe00\ufe0e\ufe0f\u034f", "")

_GREEK_AS_LATIN = {
    "Alpha": "A", "Beta": "B", "Epsilon": "E", "Zeta": "Z", "Eta": "H", "Iota": "I", "Kappa": "K", "Mu": "M", "Nu": "N",
    "Omicron": "O", "Rho": "P", "Tau": "T", "Chi": "X", "omicron": "o",
}  # fmt: skip

FUNCTIONS = frozenset(
    """arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max
    min Pr
    sec sin sinh sup tan tanh injlim projlim""".split()
)
"""The functions that LaTeX and amsmath name."""

LIMIT_FUNCTIONS = frozenset("det gcd inf lim liminf limsup max min Pr sup injlim projlim".split())
"""Those whose scripts stand below and above."""

ALPHABETS = {
    "bold": r"\mathbf{}", "double-struck": r"\mathbb{}", "fraktur": r"\mathfrak{}",
    "bold-fraktur": r"\boldsymbol{\mathfrak{}}", "script": r"\mathcal{}", "bold-script": r"\boldsymbol{\mathcal{}}",
    "sans-serif": r"\mathsf{}", "bold-sans-serif": r"\boldsymbol{\mathsf{}}", "sans-serif-italic": r"\mathsf{}",
    "monospace": r"\mathtt{}", "sans-serif-bold-italic": r"\boldsymbol{\mathsf{}}", "bold-italic": r"\boldsymbol{}",
    "-tex-calligraphic": r"\mathcal{}", "-tex-bold-calligraphic": r"\boldsymbol{\mathcal{}}",
    "-tex-mathit": r"\mathit{}",
}  # fmt: skip
"""MathML's mathvariant to the TeX around the letters, which go between the innermost braces."""

_STYLED_NAME = re.compile(
    r"(?:MATHEMATICAL )?(BOLD |SANS-SERIF |ITALIC |SCRIPT |FRAKTUR |BLACK-LETTER |DOUBLE-STRUCK |MONOSPACE )+"
    r"(?:CAPITAL|SMALL|DIGIT|PARTIAL|NABLA|PI|GAMMA|EPSILON|THETA|KAPPA|PHI|RHO|N-ARY)"
)
_TEXT_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "#": r"\#",
        "$": r"\$",
        "%": r"\%",
        "&": r"\&",
        "_": r"\_",
        "^": r"\^{}",
        "~": r"\~{}",
        "\u00a0": " ",
        **_INVISIBLE,
    }
)


@functools.lru_cache(maxsize=8192)
def symbol(character: str) -> str:
    """Return a character in math mode: `\\alpha`, `\\mathbb{R}`, `^{2}` for ², "" for an invisible operator."""
    known = _symbols().get(character)
    if known is not None:
        return known
    if character.isascii():
        return character
    decomposed = unicodedata.normalize("NFD", character)
    if decomposed[1:] == "\u0338":  # a long solidus through it
        return rf"\not{symbol(decomposed[0])}"
    name = unicodedata.name(character, "")
    if _STYLED_NAME.match(name):
        return wrapped(in_math(without_font(character)), _alphabet(name))
    plain = unicodedata.normalize("NFKC", character)
    if name.startswith(("SUPERSCRIPT", "SUBSCRIPT")):
        return ("^" if name.startswith("SUP") else "_") + f"{{{in_math(plain)}}}"
    if name.startswith("VULGAR FRACTION"):
        numerator, _, denominator = plain.partition("\u2044")
        return rf"\frac{{{numerator}}}{{{denominator}}}"
    return in_math(plain) if plain != character and unicodedata.category(character) != "Lo" else character


def without_font(character: str) -> str:
    """Return the letter that a mathematical alphanumeric is a form of: ϕ for 𝜙, which NFKC would make φ."""
    decomposition = unicodedata.decomposition(character)
    return chr(int(decomposition[7:], 16)) if decomposition.startswith("<font> ") else character


def in_math(text: str) -> str:
    """Return text as it reads in math mode, character by character; white space separates and vanishes."""
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)  # = and a stroke through it is ≠
    return concatenated([symbol(character) for character in composed if character not in " \t\n\r\f"])


def in_text(text: str) -> str:
    """Return text for the inside of `\\text{...}`: TeX's special characters escaped."""
    return text.translate(_TEXT_ESCAPES)


def wrapped(tex: str, alphabet: str) -> str:
    """Return TeX in an alphabet of ALPHABETS; Greek has `\\boldsymbol` for bold and nothing else."""
    template = ALPHABETS.get(alphabet)
    if template is None or not tex:
        return tex
    if tex.startswith("\\") and tex[1:].isalpha():
        template = r"\boldsymbol{}" if "bold" in alphabet else "{}"
        if template == "{}":
            return tex
    cut = template.index("}")
    return template[:cut] + tex + template[cut:]


def concatenated(parts: list[str]) -> str:
    """Return pieces of TeX in a row, with a space where a command would run into a letter."""
    joined = []
    open_command = False
    for part in parts:
        if not part:
            continue
        if open_command and part[0].isalpha():
            joined.append(" ")
        joined.append(part)
        open_command = ends_with_command(part)
    return "".join(joined)


def ends_with_command(tex: str) -> bool:
    """Say whether a letter put behind this TeX would become part of its last command."""
    _, backslash, word = tex[-40:].rpartition("\\")
    return bool(backslash) and word.isascii() and word.isalpha()


def _alphabet(name: str) -> str:
    """Return the mathvariant that a character's Unicode name states; "" for italic, which is TeX's default."""
    words = name.split()
    bold = "bold" if "BOLD" in words else ""
    for word, variant in (
        ("DOUBLE-STRUCK", "double-struck"),
        ("FRAKTUR", "fraktur"),
        ("BLACK-LETTER", "fraktur"),
        ("SCRIPT", "script"),
        ("SANS-SERIF", "sans-serif"),
        ("MONOSPACE", "monospace"),
    ):
        if word in words:
            return f"{bold}-{variant}".lstrip("-")
    return "bold-italic" if bold and "ITALIC" in words else bold


@functools.cache
def _symbols() -> dict[str, str]:
    words = _COMMANDS.split()
    table = dict(_greek())
    table.update((character, f"\\{command}") for character, command in zip(words[::2], words[1::2], strict=True))
    return table | _WRITTEN | _INVISIBLE


def _greek() -> list[tuple[str, str]]:
    """Return the Greek letters with the commands that their Unicode names give."""
    pairs = []
    for code in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA)):
        kind, _, name = unicodedata.name(chr(code), "").removeprefix("GREEK ").partition(" LETTER ")
        name = name.lower().replace("lamda", "lambda")
        name = name.capitalize() if kind == "CAPITAL" else name
        if name and " " not in name:
            pairs.append((chr(code), _GREEK_AS_LATIN.get(name) or f"\\{name}"))
    return pairs
