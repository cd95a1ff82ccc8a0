"""The templates of the grade-school word problems, one file for each subject; `template` says how one is written."""

from llemma.data.generators.arithmetic_templates.counting import COUNTING
from llemma.data.generators.arithmetic_templates.measures import MEASURES
from llemma.data.generators.arithmetic_templates.money import MONEY
from llemma.data.generators.arithmetic_templates.parts import PARTS

_KINDS = (
    "buying",
    "change",
    "sharing",
    "ages",
    "travel",
    "reading",
    "savings",
    "fractions",
    "rows",
    "percent",
    "recipes",
    "perimeter",
    "comparing",
    "leftovers",
    "average",
    "unit price",
    "time",
    "packing",
    "wages",
    "passengers",
)

TEMPLATES = tuple(sorted((*COUNTING, *MEASURES, *MONEY, *PARTS), key=lambda template: _KINDS.index(template.kind)))
"""All templates, in the order of `_KINDS`: what a seed gives depends on it."""
