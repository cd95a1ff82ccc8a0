"""The marks of mathematics in the bytes of a web page."""

PUBLISHED = (
    b"MathJax", b"mathjax", b"<math", b"math-container", b"katex.min.css", b"latex.php", b"codecogs", b"tex.cgi",
    b'class="tex"', b"class='tex'",
)  # fmt: skip
"""Layer 1 of OpenWebMath's prefilter, case-sensitive."""

ALL = (
    *PUBLISHED, b":math", b"&lt;math", b"math/tex", b"math/mml", b"asciimath", b"AsciiMath", b"katex", b"KaTeX",
    b"jsmath", b"data-expr", b"ql-formula", b"equation?tex=", b"$latex", b"[itex]", b"[tex]",
    b"[latex]", b"[math]", b"math-renderer", b"application/x-tex", b"ltx_Math", b"tex-math", b"mwe-math",
    b'class="math', b'class="latex',
)  # fmt: skip
"""Also what the other forms that the extractor reads are known by."""

COMMANDS = frozenset(
    rb"""end begin ref frac label bf right left rm alpha mu def it pi sigma sum lambda beta nu partial int delta rho
    phi gamma
    omega over nonumber bar sqrt theta tau em rangle hat tilde cal hline item psi vec langle epsilon eta cdot in xi
    infty quad
    mathcal times emph mathbf prime be mathrm ee vspace pm chi ell text qquad noindent to varphi hspace leq cos eqref
    overline
    sin kappa hbox rightarrow varepsilon textit dagger big otimes equiv zeta dot ln""".split()
)
"""Layer 2: the most frequent TeX commands, as the beginning of a command (`be` is in `beta`)."""

CHARACTERS = tuple(character.encode() for character in "∀∂∃∅∇∈∉∋∏∑∓∗∘√∛∝∞∠∧∨∩∪∫∬∮∴∼≃≅≈≠≡≤≥≪≫⊂⊃⊆⊇⊕⊗⊢⊥⋅⟨⟩ℂℕℙℚℝℤℓ↦⇒⇔")
"""Characters that stand in mathematics and hardly anywhere else; in UTF-8 they all begin with E2."""

ENTITIES = (
    rb"alpha|beta|gamma|delta|epsilon|theta|lambda|sigma|omega|Delta|Sigma|Omega|forall|part|exist|empty|nabla|isin|notin|ni|prod|sum|radic"
    rb"|prop|infin|ang|and|or|cap|cup|int|there4|sim|cong|asymp|ne|equiv|le|ge|sub|sup|sube|supe|oplus|otimes|perp|sdot|plusmn|times".split(
        b"|"
    )
)
"""Names of such characters in HTML."""
