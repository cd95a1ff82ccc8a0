"""The symbols of AsciiMath and the TeX they stand for. Source: the table at asciimath.org."""

from llemma.data.extract.tex_symbols import FUNCTIONS as TEX_FUNCTIONS

_GREEK = """alpha beta gamma Gamma delta Delta epsilon varepsilon zeta eta theta Theta vartheta iota kappa lambda
Lambda mu nu xi Xi
pi Pi rho varrho sigma Sigma tau upsilon phi varphi Phi chi psi Psi omega Omega"""

_CONSTANTS = r"""
* \cdot ** \ast *** \star // / \\ \backslash setminus \setminus xx \times |>< \ltimes ><| \rtimes |><| \bowtie -: \div
divide \div
@ \circ o+ \oplus ox \otimes o. \odot ^^ \wedge vv \vee nn \cap uu \cup
!= \neq ne \neq := := lt < <= \leq le \leq lt= \leq gt > >= \geq ge \geq gt= \geq mlt \ll ll \ll mgt \gg gg \gg -<
\prec -lt \prec
>- \succ -<= \preceq >-= \succeq in \in !in \notin notin \notin sub \subset sup \supset sube \subseteq supe \supseteq
-= \equiv ~= \cong ~~ \approx ~ \sim prop \propto
not \neg neg \neg => \Rightarrow implies \Rightarrow <=> \Leftrightarrow iff \Leftrightarrow AA \forall EE \exists _|_
\bot TT \top
|-- \vdash |== \models del \partial grad \nabla +- \pm -+ \mp O/ \emptyset oo \infty aleph \aleph :. \therefore :'
\because
... \ldots cdots \cdots vdots \vdots ddots \ddots /_ \angle /_\ \triangle ' ' frown \frown quad \quad qquad \qquad
diamond \diamond
square \square CC \mathbb{C} NN \mathbb{N} QQ \mathbb{Q} RR \mathbb{R} ZZ \mathbb{Z} uarr \uparrow darr \downarrow
rarr \rightarrow -> \to >-> \rightarrowtail ->> \twoheadrightarrow >->> \twoheadrightarrow |-> \mapsto larr \leftarrow
harr \leftrightarrow rArr \Rightarrow lArr \Leftarrow hArr \Leftrightarrow mod \bmod
""".split()

_TEX_NAMES = """cdot ast star backslash times ltimes rtimes bowtie div circ oplus otimes odot wedge vee cap cup neq leq
geq prec succ
preceq succeq subset supset subseteq supseteq equiv cong approx propto forall exists bot top vdash models partial nabla
pm mp
emptyset infty therefore because ldots angle triangle uparrow downarrow rightarrow to rightarrowtail twoheadrightarrow
mapsto
leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow hbar ell"""

SYMBOLS = (
    {name: rf"\{name}" for name in (*_GREEK.split(), *_TEX_NAMES.split())}
    | dict(zip(_CONSTANTS[::2], _CONSTANTS[1::2], strict=True))
    | {"\\ ": r"\ ", "and": r"\text{ and }", "or": r"\text{ or }", "if": r"\text{ if }"}
    | {name: name for name in ("dx", "dy", "dz", "dt")}
)
"""What takes no argument."""

BIG = {
    "sum": r"\sum", "prod": r"\prod", "^^^": r"\bigwedge", "bigwedge": r"\bigwedge", "vvv": r"\bigvee",
    "bigvee": r"\bigvee", "nnn": r"\bigcap", "bigcap": r"\bigcap", "uuu": r"\bigcup", "bigcup": r"\bigcup",
    "int": r"\int", "oint": r"\oint", "lim": r"\lim", "Lim": r"\operatorname{Lim}",
}  # fmt: skip
"""Large operators: whatever stands around them grows."""

_OTHER_FUNCTIONS = "sech csch lcm lub glb Sin Cos Tan Arcsin Arccos Arctan Sinh Cosh Tanh Cot Sec Csc Log Ln".split()
FUNCTIONS = (
    {name: rf"\{name}" for name in TEX_FUNCTIONS if name not in ("lim", "sup", "arg", "deg", "hom", "inf", "Pr")}
    | {name: rf"\operatorname{{{name}}}" for name in _OTHER_FUNCTIONS}
    | {"f": "f", "g": "g"}
)
"""Functions keep the brackets of their argument."""

UNARY = {
    "sqrt": r"\sqrt", "hat": r"\hat", "bar": r"\overline", "overline": r"\overline", "vec": r"\vec", "tilde": r"\tilde",
    "dot": r"\dot", "ddot": r"\ddot", "ul": r"\underline", "underline": r"\underline", "ubrace": r"\underbrace",
    "underbrace": r"\underbrace", "obrace": r"\overbrace", "overbrace": r"\overbrace", "overarc": r"\overparen",
    "overparen": r"\overparen", "cancel": r"\cancel", "bb": r"\mathbf", "mathbf": r"\mathbf", "sf": r"\mathsf",
    "mathsf": r"\mathsf", "bbb": r"\mathbb", "mathbb": r"\mathbb", "cc": r"\mathcal", "mathcal": r"\mathcal",
    "tt": r"\mathtt", "mathtt": r"\mathtt", "fr": r"\mathfrak", "mathfrak": r"\mathfrak",
}  # fmt: skip
"""Commands of one argument, which loses its brackets."""

AROUND = {
    "abs": ("|", "|"), "Abs": ("|", "|"), "norm": (r"\|", r"\|"), "floor": (r"\lfloor", r"\rfloor"),
    "ceil": (r"\lceil",     r"\rceil"),
}  # fmt: skip
"""Functions that are written as fences around their argument."""

BINARY = frozenset(("frac", "root", "stackrel", "overset", "underset", "color", "id", "class"))

LEFT = {
    "(": "(", "[": "[", "{": r"\{", "(:": r"\langle", "<<": r"\langle", "langle": r"\langle", "{:": "",
    "|__": r"\lfloor", "lfloor": r"\lfloor", "|~": r"\lceil", "lceil": r"\lceil", "|:": "|",
}  # fmt: skip
RIGHT = {
    ")": ")", "]": "]", "}": r"\}", ":)": r"\rangle", ">>": r"\rangle", "rangle": r"\rangle", ":}": "",
    "__|": r"\rfloor", "rfloor": r"\rfloor", "~|": r"\rceil", "rceil": r"\rceil", ":|": "|",
}  # fmt: skip
