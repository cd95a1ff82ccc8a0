"""Answer grading: find the answer in a text and decide whether it equals the reference. Needs no torch.

`extract(completion)` finds the answer, `equal(answer, reference)` compares, `grade(completion, reference)` does both.
Thread-safe, without signals and without `eval`; whatever the input, each call ends soon. FLINT and SymPy are imported
(SymPy in worker processes) when first needed.
"""

# These imports also make `extract`, `equal` and `grade` the functions here, not the modules of the same names.
from llemma.grading.equal import equal
from llemma.grading.extract import extract
from llemma.grading.fingerprint import buckets
from llemma.grading.grade import grade
from llemma.grading.policy import Policy
from llemma.grading.verdict import Profile, Verdict
from llemma.records import Grade

__all__ = ["Grade", "Policy", "Profile", "Verdict", "buckets", "equal", "extract", "grade"]
