import pytest

from llemma.data.filters.normalize import normalize, prose, sampled, without_tex


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Sum of 1234 Terms", "the sum of 0000 terms"),
        ("Möbius, Poincaré and ERDŐS", "mobius, poincare and erdos"),
        ("“so” — it’s 5 – 3… ok", '"so"  -  it\'s 0 - 0... ok'),
        ("a\x00b\x07c\x7f\x9fd", "abcd"),
        ("one\ntwo\tthree\u00a0four\u2028five", "one two three four five"),
        ("let $x^2$ be", "let  [EQUATION]  be"),
        ("so $$x\n= y$$ holds", "so  [EQUATION]  holds"),
        ("run `f(x)` or ```\nline\n```", "run  [CODE]  or  [CODE] "),
        (r"it costs \$5 or \$6", r"it costs \$0 or \$0"),
        ("$5 and\n6$ stay", "$0 and 0$ stay"),
        ("Ждём ٣ дня", "ждем 0 дня"),
        ("", ""),
    ],
)
def test_text_is_normalised(text: str, expected: str) -> None:
    assert normalize(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Let $x$ be prime",
        r"Let \(x\) be prime",
        r"Let \[ x \] be prime",
        r"Let \begin{equation*} x \end{equation*} be prime",
        r"Let \emph{be} prime",
        r"Let {be} prime \\ ~ & % \, \begin{proof} \end{proof}",
    ],
)
def test_no_tex_is_left_around_words(text: str) -> None:
    assert {"let", "prime"} <= set(without_tex(text).split()) <= {"let", "be", "prime"}


def test_prose_keeps_case_and_accents_but_no_formula_and_no_code() -> None:
    assert prose(r"Möbius $\mu(n)$ in `sieve.py` \textbf{Here}").split() == ["Möbius", "in", "Here"]


def test_a_short_text_is_sampled_whole() -> None:
    assert sampled("x" * 300, 300) == "x" * 300


def test_a_sample_has_the_beginning_the_middle_and_the_end_from_whole_lines_on() -> None:
    lines = "".join(f"line {number:03}\n" for number in range(1000))  # nine characters each
    sample = sampled(lines, 302)
    assert len(sample) <= 302
    assert sample.startswith("line 000\n")
    assert sample.endswith("line 999\n")
    assert "\nline 500\n" in sample
    assert all(line.startswith("line ") for line in sample.split("\n") if line)


def test_a_sample_of_one_long_line_begins_with_whole_words() -> None:
    sample = sampled("wordy " * 1000, 602)
    assert [part.split(" ")[0] for part in sample.split("\n")] == ["wordy"] * 3
