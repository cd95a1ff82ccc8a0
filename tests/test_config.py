from pathlib import Path

import pytest
from pydantic import Field

from llemma.config import Section, load_recipe
from llemma.errors import RecipeError


class _Inner(Section):
    learning_rate: float = 1.0
    name: str | None = None


class _Outer(Section):
    optim: _Inner = _Inner()
    items: list[_Inner] = Field(default_factory=list)
    steps: int


def _write(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


def test_a_recipe_is_read_with_overrides_in_toml_syntax_or_as_bare_words(tmp_path: Path) -> None:
    path = _write(tmp_path, "steps = 3\n[optim]\nlearning_rate = 0.5\n")
    recipe = load_recipe(_Outer, path, ["steps=4", "optim.name=fast", 'items=[{name = "x"}]'])
    assert (recipe.steps, recipe.optim.learning_rate, recipe.optim.name) == (4, 0.5, "fast")
    assert recipe.items[0].name == "x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps = 1\n[optim]\nlearnin_rate = 1.0", "optim: no field 'learnin_rate'. Did you mean 'learning_rate'?"),
        ("stepz = 1\nsteps = 1", "no field 'stepz'. Did you mean 'steps'?"),
        ("", "field 'steps' is missing"),
        ('steps = "many"', "steps: input should be a valid integer, found 'many'"),
        ("steps = 1\n[[items]]\nnam = 'x'", "items: 0: no field 'nam'. Did you mean 'name'?"),
        ("steps = ", "not valid TOML"),
    ],
)
def test_a_mistake_is_named_with_file_place_and_nearest_name(tmp_path: Path, text: str, expected: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(RecipeError) as caught:
        load_recipe(_Outer, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_recipe_and_a_malformed_override_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such recipe"):
        load_recipe(_Outer, tmp_path / "none.toml")
    path = _write(tmp_path, "steps = 1")
    with pytest.raises(RecipeError, match=r"expected section\.field=value"):
        load_recipe(_Outer, path, ["steps"])
    with pytest.raises(RecipeError, match="'steps' is a field, not a section"):
        load_recipe(_Outer, path, ["steps.x=1"])
