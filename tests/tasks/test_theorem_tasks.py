"""Tasks that are sets of theorems, and how the functions for other tasks refuse them."""

from collections.abc import Callable

import pytest

from llemma.data.benchmarks import Benchmarks
from llemma.data.generators import lean_core
from llemma.errors import UnknownNameError, UserError
from llemma.tasks import get_any_task, get_task, get_theorem_task, task_names


def test_lean_core_has_both_splits_and_needs_init_alone() -> None:
    task = get_theorem_task("lean_core")
    assert task.theorems(Benchmarks(), "test") == lean_core.theorems("test")
    assert task.theorems(Benchmarks(), "train") == lean_core.theorems("train")
    assert task.imports == ("Init",)


def test_test_is_the_default_split_and_an_unknown_one_is_named() -> None:
    task = get_theorem_task("lean_core")
    assert (task.split(None), task.split("train")) == ("test", "train")
    with pytest.raises(UnknownNameError, match=r"no split of lean_core 'trian'\. Did you mean 'train'"):
        task.split("trian")


def test_a_set_of_theorems_is_listed_with_the_tasks() -> None:
    assert "lean_core" in task_names()


@pytest.mark.parametrize("get", [get_task, get_any_task])
def test_a_set_of_theorems_has_no_completions(get: Callable[[str], object]) -> None:
    with pytest.raises(UserError, match=r"'lean_core' is a set of theorems, .* Run it with llemma prove"):
        get("lean_core")


def test_what_is_no_set_of_theorems_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"no set of theorems 'lean_cor'\. Did you mean 'lean_core'\?"):
        get_theorem_task("lean_cor")
    with pytest.raises(UnknownNameError, match="no set of theorems 'gsm8k'"):
        get_theorem_task("gsm8k")
