import pytest

from llemma.data.filters.language import Language, english_share
from llemma.data.steps import Row, to_batch

ENGLISH = "Every continuous function on a closed interval is bounded, and it takes its greatest value somewhere there. "
GERMAN = (
    "Jede stetige Funktion auf einem abgeschlossenen Intervall ist beschränkt und nimmt dort ihren größten Wert an. "
)
FORMULAS = "$$\\int_0^1 f(x)\\,dx = \\sum_{n=1}^\\infty \\frac{1}{n^2}$$ "


def reasons(*texts: str, step: Language | None = None) -> list[str | None]:
    batch = (step or Language())(to_batch([Row(id=str(number), text=text) for number, text in enumerate(texts)]))
    found: list[str | None] = batch.column("reason").to_pylist()
    return found


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        ENGLISH + FORMULAS * 20,
        ENGLISH * 2 + GERMAN,
        "Solve for x: " + FORMULAS,
        r"\begin{lemma}\label{l} Let $f$ be smooth. \textbf{Then} it is continuous.\end{lemma}",
        FORMULAS,
        "1 2 3 4 5",
        "",
    ],
)
def test_english_and_what_has_no_words_is_kept(text: str) -> None:
    assert reasons(text) == [None]


@pytest.mark.parametrize(
    "text",
    [
        GERMAN,
        GERMAN + FORMULAS * 20,
        GERMAN * 2 + ENGLISH,
        "Пусть функция непрерывна на отрезке, тогда она ограничена на нём.",
        "设函数在闭区间上连续，则它在该区间上有界。",
        GERMAN + "```\nfor every value in the list print the next value and then return\n```" * 5,
    ],
)
def test_other_languages_are_dropped(text: str) -> None:
    assert reasons(text) == ["not_english"]


def test_the_threshold_is_a_share_of_the_text() -> None:
    text = ENGLISH * 3 + GERMAN
    share = english_share(text)
    assert share is not None
    assert 0.6 < share < 0.9
    assert reasons(text, step=Language(min_english=share)) == [None]
    assert reasons(text, step=Language(min_english=share + 0.01)) == ["not_english"]


def test_a_long_document_is_judged_by_its_beginning_middle_and_end() -> None:
    assert reasons(ENGLISH * 10 + GERMAN * 1000 + ENGLISH * 10) == [None]
    assert reasons(GERMAN * 100 + ENGLISH * 10 + GERMAN * 100) == ["not_english"]


def test_no_character_stops_it() -> None:
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    texts = [ENGLISH * 3 + "".join(every[start : start + 64]) for start in range(0, len(every), 64)]
    assert set(reasons(*texts)) <= {None, "not_english"}
    assert reasons(ENGLISH + "\x00\ufffe\x85\U0001fffe\x7f" + ENGLISH) == [None]


def test_batches_do_not_matter() -> None:
    texts = [ENGLISH, GERMAN, FORMULAS, ENGLISH * 40, GERMAN * 40]
    assert reasons(*texts) == [reason for text in texts for reason in reasons(text)]
