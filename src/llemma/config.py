"""Recipes: a TOML file plus `section.field=value` overrides become one frozen, checked model."""

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from llemma.errors import RecipeError, nearest


class Section(BaseModel):
    """Base of recipes and of their sections: frozen, with no unknown fields and no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Recipe = TypeVar("Recipe", bound=Section)


def load_recipe(kind: type[Recipe], path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """Return the recipe in a TOML file, with `section.field=value` overrides applied (values in TOML syntax).

    Raises RecipeError naming the file, the field and the nearest known name.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RecipeError(f"{path}: no such recipe") from error
    except IsADirectoryError as error:
        raise RecipeError(f"{path}: is a directory; name the recipe in it (a .toml file)") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from error
    for override in overrides:
        _apply_override(values, override)
    return check_recipe(kind, values, where=str(path))


def check_recipe(kind: type[Recipe], values: dict[str, Any], *, where: str) -> Recipe:
    """Return `values` as a recipe. Raises RecipeError with one line for the first mistake."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        raise RecipeError(f"{where}: {_explain(mistakes[0], kind)}{more}") from error


def override_values(overrides: Sequence[str]) -> dict[str, Any]:
    """Return the nested values that `section.field=value` overrides give."""
    values: dict[str, Any] = {}
    for override in overrides:
        _apply_override(values, override)
    return values


def _apply_override(values: dict[str, Any], override: str) -> None:
    dotted, equals, text = override.partition("=")
    if not equals or not dotted:
        raise RecipeError(f"override {override!r}: expected section.field=value")
    *sections, field = dotted.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise RecipeError(f"override {override!r}: {section!r} is a field, not a section")
    try:
        values[field] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        values[field] = text  # a bare word is a string


def _explain(mistake: ErrorDetails, kind: type[BaseModel]) -> str:
    *parents, field = mistake["loc"] or ("",)
    section = "".join(f"{part}: " for part in parents)
    if mistake["type"] == "extra_forbidden":
        return f"{section}no field {field!r}.{nearest(str(field), _fields_at(kind, parents))}"
    if mistake["type"] == "missing":
        return f"{section}field {field!r} is missing"
    message = mistake["msg"].removeprefix("Value error, ")
    found = mistake["input"]
    if isinstance(found, dict):  # a check over several fields: its message says all
        return f"{section}{field}: {message}" if field else message
    return f"{section}{field}: {message[:1].lower()}{message[1:]}, found {found!r}"


def _fields_at(kind: type[BaseModel], parents: Sequence[int | str]) -> list[str]:
    """Return the field names of the section that `parents` leads to; [] when it is not a plain section."""
    model: Any = kind
    options: list[Any] = []
    for part in parents:
        if isinstance(part, int):
            continue
        field = getattr(model, "model_fields", {}).get(part)
        if field is not None:
            options = list(_sections_in(field.annotation))
            model = options[0] if options else None
        else:  # the tag that chooses one of several sections
            model = next((option for option in options if _has_tag(option, part)), None)
    return list(getattr(model, "model_fields", {}))


def _sections_in(annotation: Any) -> Iterator[Any]:
    """Yield the sections that a type is made of: of `list[A | B] | None`, A and B."""
    if hasattr(annotation, "model_fields"):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _sections_in(inner)


def _has_tag(section: Any, tag: int | str) -> bool:
    return any(field.default == tag for field in section.model_fields.values())
