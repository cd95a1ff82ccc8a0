"""Which modules the built-in Lean has."""

import pytest

from llemma.errors import UserError
from llemma.provers.spec import require_built_in


@pytest.mark.usefixtures("paper_lean")
def test_a_module_that_is_not_there_is_named_with_the_cure() -> None:
    require_built_in(["Std.Data"])
    with pytest.raises(UserError, match=r"the built-in Lean has no module Mathlib, .*--project FOLDER"):
        require_built_in(["Std.Data", "Mathlib"])
