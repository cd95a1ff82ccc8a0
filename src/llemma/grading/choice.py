"""The letter that a completion chooses in a multiple-choice question."""

import re

_LETTER = r"\(?\$?(?:\\(?:text|mathrm|textbf)\{\(?)?([A-J])(?![A-Za-z'])"
_PHRASE = re.compile(
    r"(?:answer|choice|option)(?:\s+(?:is|are|would be|must be|should be))?\s*[:：]?\s*"
    r"(?:(?:for sure|option|choice|therefore|thus|then|simply|clearly|definitely|probably)\s+)*" + _LETTER,
    re.IGNORECASE,
)  # fmt: skip
_IT_IS = re.compile(r"\b(?i:it's|it is|it must be|is option|is choice|choose|select|pick)\s+" + _LETTER)
_BOX = re.compile(r"\\boxed\s*\{\s*" + _LETTER)
_START = re.compile(r"\s*" + _LETTER + r"(?:[).:,。]|\s|$|[^\x00-\x7f])")
_BRACKETED = re.compile(r"\(([A-J])\)")


def extract_choice(completion: str) -> str | None:
    """Return the letter A to J that a completion chooses, None when it names none.

    In order: the last "answer is" phrase, the last box, the last "it's", a letter at the start, the last letter in
    brackets.
    """
    for pattern in (_PHRASE, _BOX, _IT_IS):
        found = [match[1] for match in pattern.finditer(completion) if match[1].isupper()]
        if found:
            return str(found[-1])
    start = _START.match(completion)
    if start is not None:
        return start[1]
    bracketed = _BRACKETED.findall(completion)
    return str(bracketed[-1]) if bracketed else None
