"""The prefilter: each mark inside and outside, by its three levels."""

import pytest

from llemma.data.filters.prefilter import Prefilter
from llemma.data.filters.prefilter_marks import ALL, CHARACTERS, COMMANDS, PUBLISHED
from llemma.data.steps import Row, to_batch

EVERYTHING = Prefilter(forms="plain_text")
PUBLISHED_LIST = Prefilter(other_commands=False)


def page(inside: bytes) -> bytes:
    return b"<html><head><title>A day out</title></head><body><p>We went to the lake. " + inside + b"</p></body></html>"


def reason(raw: bytes | None, step: Prefilter) -> str | None:
    (found,) = step(to_batch([Row("a", raw=raw)])).column("reason").to_pylist()
    assert found in (None, "no_math_mark")
    return found


def changed(mark: bytes) -> bytes:
    """The mark with its last letter replaced, so that nothing else in it changes."""
    place = max(index for index, byte in enumerate(mark) if chr(byte).isalpha())
    return mark[:place] + b"0" + mark[place + 1 :]


def test_a_page_without_a_mark_is_dropped_at_every_level() -> None:
    assert reason(page(b"It rained & we left."), EVERYTHING) == "no_math_mark"


@pytest.mark.parametrize("mark", PUBLISHED)
def test_a_published_mark_keeps_a_page(mark: bytes) -> None:
    assert reason(page(mark), Prefilter()) is None
    assert reason(page(changed(mark)), Prefilter()) == "no_math_mark"


@pytest.mark.parametrize("mark", sorted(set(ALL) - set(PUBLISHED)))
def test_a_mark_of_another_form_counts_on_request(mark: bytes) -> None:
    if not any(published in mark for published in PUBLISHED):
        assert reason(page(mark), Prefilter()) == "no_math_mark"
    assert reason(page(mark), Prefilter(forms="all")) is None
    assert reason(page(changed(mark)), Prefilter(forms="all")) == "no_math_mark"


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_published_command_keeps_a_page(command: bytes) -> None:
    assert reason(page(b"\\" + command), PUBLISHED_LIST) is None
    assert reason(page(b"/" + command), PUBLISHED_LIST) == "no_math_mark"


def test_the_published_code_has_84_commands_and_ten_marks() -> None:
    assert len(COMMANDS) == 84
    assert len(PUBLISHED) == 10


@pytest.mark.parametrize("backslash", [b"\\", b"&#92;", b"&#x5C;", b"&#x5c;", b"&bsol;"])
def test_a_backslash_may_be_an_entity(backslash: bytes) -> None:
    assert reason(page(backslash + b"frac"), PUBLISHED_LIST) is None


def test_other_commands_go_on_to_the_math_score_unless_switched_off() -> None:
    assert reason(page(b"\\widehat x"), Prefilter()) is None
    assert reason(page(b"\\widehat x"), PUBLISHED_LIST) == "no_math_mark"


@pytest.mark.parametrize("text", [b"C:\\Users", b"a\\n", b"\\ frac", b"\\1frac"])
def test_a_backslash_without_two_small_letters_is_no_command(text: bytes) -> None:
    assert reason(page(text), Prefilter()) == "no_math_mark"


@pytest.mark.parametrize("tag", [b"script", b"SCRIPT", b"style"])
def test_commands_in_scripts_and_style_sheets_do_not_count(tag: bytes) -> None:
    hidden = b"<" + tag + b" a='b'>var x = '\\frac';</" + tag + b">"
    assert reason(page(hidden), Prefilter()) == "no_math_mark"
    assert reason(page(hidden + b"\\frac"), Prefilter()) is None


def test_a_script_without_an_end_hides_the_rest() -> None:
    assert reason(page(b"<script>" * 3 + b"\\frac"), Prefilter()) == "no_math_mark"


def test_the_alternative_text_of_an_image_counts() -> None:
    assert reason(page(b'<img alt="\\frac12">'), PUBLISHED_LIST) is None


@pytest.mark.parametrize("sign", CHARACTERS)
def test_mathematical_characters_count_on_request(sign: bytes) -> None:
    assert reason(page(sign), EVERYTHING) is None
    assert reason(page(sign), Prefilter(forms="all")) == "no_math_mark"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"x<sup>2</sup>", None), (b"x<SUB>i</SUB>", None), (b"(a)<sup>n</sup>", None), (b"<sup>th</sup>",
        "no_math_mark"),
        (b"x<summary>", "no_math_mark"), (b"&alpha;", None), (b"&le;", None), (b"&amp;", "no_math_mark"),
        (b"&eacute;", "no_math_mark"), ("“quoted” – it’s …".encode(), "no_math_mark"),
    ],
)  # fmt: skip
def test_typed_mathematics_counts_on_request(text: bytes, expected: str | None) -> None:
    assert reason(page(text), EVERYTHING) == expected


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_pages_in_utf_16_are_read_as_such(encoding: str) -> None:
    assert reason(page(b"\\frac").decode().encode(encoding), Prefilter()) is None
    assert reason(page(b"<math>").decode().encode(encoding), Prefilter()) is None
    assert reason(page(b"fish").decode().encode(encoding), Prefilter()) == "no_math_mark"


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"\xfe\xff\xd8", b"\0", b"\xff" * 100])
def test_bytes_that_are_no_page_are_dropped(raw: bytes) -> None:
    assert reason(raw, EVERYTHING) == "no_math_mark"


def test_a_document_without_raw_bytes_is_not_a_page() -> None:
    assert reason(None, Prefilter()) is None
