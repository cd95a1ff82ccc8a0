"""Decontamination: finds the problems and theorems of benchmarks in documents, cuts them out and logs it."""

from llemma.data.decontaminate.build import build_index
from llemma.data.decontaminate.cut import Removal, decontaminated
from llemma.data.decontaminate.index import Index
from llemma.data.decontaminate.protected import Protected, protected_texts
from llemma.data.decontaminate.settings import Decontaminate

__all__ = ["Decontaminate", "Index", "Protected", "Removal", "build_index", "decontaminated", "protected_texts"]
