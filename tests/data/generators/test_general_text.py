"""The general text: no arithmetic, no answers, varied, and the same for the same seed."""

import itertools
import re
import string
from collections import Counter

import pytest

from llemma.data.generators import general_text
from llemma.data.generators.general_text_grammar import CAST, GENRES, POOLS
from llemma.data.generators.words import BOYS, GIRLS, GROUP_OF, THINGS
from llemma.errors import UserError
from llemma.records import Document
from tests.data.generators.conftest import outputs_by_hash_seed


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return list(general_text.documents(10_000, seed=3))


def words_of(documents: list[Document]) -> Counter[str]:
    return Counter(word for document in documents for word in re.findall(r"[A-Za-z]+", document.text))


def test_there_is_no_arithmetic(documents: list[Document]) -> None:
    for document in documents:
        assert not re.search(r"\d\s*[-+*/x<>^%]\s*\d|[=$+*]|Final Answer|Solution:|Problem:", document.text), (
            document.text
        )


def test_a_number_stands_alone(documents: list[Document]) -> None:
    assert max(len(re.findall(r"\d+", document.text)) for document in documents) <= 2


def test_documents_are_sixty_to_a_hundred_and_fifty_words_and_signs_long(documents: list[Document]) -> None:
    lengths = sorted(len(re.findall(r"[A-Za-z]+|\d|[^A-Za-z\d ]", document.text)) for document in documents)
    assert lengths[0] >= 55
    assert lengths[-1] <= 150


def test_no_document_comes_twice_and_ids_count_up(documents: list[Document]) -> None:
    assert len({document.text for document in documents}) == len(documents)
    assert [document.id for document in documents[:3]] == ["general/0", "general/1", "general/2"]


def test_every_genre_comes_about_as_often_as_the_others(documents: list[Document]) -> None:
    genres = Counter(document.meta["genre"] for document in documents)
    assert set(genres) == set(GENRES)
    assert min(genres.values()) > 0.8 * len(documents) / len(GENRES)


def test_the_vocabulary_has_several_hundred_words_and_the_people_and_objects_of_the_problems(
    documents: list[Document],
) -> None:
    words = words_of(documents)
    assert len({word.lower() for word in words}) > 500
    assert {*GIRLS, *BOYS, *(word for thing in THINGS for word in thing)} <= set(words)


def test_the_text_is_plain_ascii_with_the_right_article(documents: list[Document]) -> None:
    for document in documents:
        assert document.text.isascii()
        assert document.text == document.text.strip()
        assert not re.search(r"\b[aA] [aeiou]|[{}]|\S  ", document.text), document.text


def test_the_same_word_does_not_come_twice_in_a_pair(documents: list[Document]) -> None:
    for document in documents:
        assert not re.search(r"\b(\w+) and \1\b", document.text), document.text


def test_every_slot_is_known() -> None:
    known = {*POOLS, *GROUP_OF, *(slot for entries in CAST for slot in entries[0])}
    for text in itertools.chain.from_iterable(itertools.chain.from_iterable(GENRES.values())):
        assert {slot for _, slot, _, _ in string.Formatter().parse(text) if slot} <= known


def test_the_same_seed_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import hashlib; from llemma.data.generators.general_text import documents;"
        "print(hashlib.sha256(repr(list(documents(300, seed=5))).encode()).hexdigest())"
    )
    assert len(outputs_by_hash_seed(program)) == 1


def test_another_seed_gives_other_texts_and_a_shorter_list_begins_a_longer_one() -> None:
    one, other = (list(general_text.documents(200, seed=seed)) for seed in (1, 2))
    assert not {document.text for document in one} & {document.text for document in other}
    assert list(general_text.documents(20, seed=1)) == one[:20]


def test_a_negative_count_is_a_user_error() -> None:
    with pytest.raises(UserError, match="count is -1"):
        list(general_text.documents(-1))
