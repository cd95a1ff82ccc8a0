"""MathML to TeX."""

from llemma.data.extract.mathml.formula import MAX_MARKUP, MAX_TEX, Formula, formula_of, tidy

__all__ = ["MAX_MARKUP", "MAX_TEX", "Formula", "formula_of", "tidy"]
