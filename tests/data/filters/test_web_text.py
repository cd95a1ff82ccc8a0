import pytest

from llemma.data.filters.web_text import WebText
from llemma.data.steps import Row, to_batch


def result(text: str, step: WebText | None = None) -> tuple[str, str | None]:
    batch = (step or WebText())(to_batch([Row(id="a", text=text)]))
    return batch.column("text")[0].as_py(), batch.column("reason")[0].as_py()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x" * 100, None),
        ("x" * 99, "too_short"),
        ("é" * 99, "too_short"),  # characters, not bytes
        ("", "too_short"),
        ("é" * 3 + "x" * 197, None),  # 1.5 %
        ("é" * 3 + "x" * 196, "accented"),
        ("É" * 3 + "x" * 196, "accented"),
        ("α∑" * 100, None),
        ("ł" * 100, None),
        ("ü" * 4 + "∀" * 196, "accented"),
    ],
)
def test_short_and_accented_texts_are_dropped(text: str, reason: str | None) -> None:
    assert result(text) == (text, reason)


@pytest.mark.parametrize("vowel", "üïöêäâîûôèéà")
def test_each_accented_vowel_counts(vowel: str) -> None:
    assert result(vowel * 2 + "x" * 98)[1] == "accented"


def test_a_line_with_two_macros_is_removed_and_one_with_one_stays() -> None:
    one, two = r"\newcommand{\N}{\mathbb N}", r"\newcommand{\Z}{Z} \renewcommand{\Q}{Q}"
    body = "x" * 100
    assert result(f"{one}\n{two}\n{body}\n{two}") == (f"{one}\n{body}", None)
    assert result(f"{one}\n{one}\n{body}") == (f"{one}\n{one}\n{body}", None)


def test_a_text_is_measured_without_the_lines_that_were_removed() -> None:
    assert result("x" * 99 + "\n" + "newcommand " * 9) == ("x" * 99, "too_short")


def test_batches_do_not_matter() -> None:
    texts = ["x" * 99, "é" * 200, "newcommand newcommand", "x" * 200, ""]
    together = WebText()(to_batch([Row(id="a", text=text) for text in texts]))
    found = zip(together.column("text").to_pylist(), together.column("reason").to_pylist(), strict=True)
    assert list(found) == [result(text) for text in texts]
