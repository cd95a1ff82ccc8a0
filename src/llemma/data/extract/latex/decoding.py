"""TeX files from bytes to text: old papers are in many encodings, and one bad file never loses a paper."""

import codecs
import re

_ENCODINGS = {
    "utf8": "utf-8", "utf8x": "utf-8", "latin1": "cp1252", "ansinew": "cp1252", "cp1252": "cp1252",
    "latin2": "iso8859-2", "latin3": "iso8859-3", "latin4": "iso8859-4", "latin5": "iso8859-9", "latin9": "iso8859-15",
    "latin10": "iso8859-16", "cp1250": "cp1250", "cp1251": "cp1251", "cp866": "cp866", "koi8-r": "koi8-r",
    "koi8-u": "koi8-u", "cp437": "cp437", "cp850": "cp850", "cp852": "cp852", "applemac": "mac-roman",
}  # fmt: skip
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"^[^%\n]*\\usepackage\s*\[\s*([a-z0-9-]+)\s*\]\s*\{\s*inputenc\s*\}", re.MULTILINE)
_CONTROLS = bytes({*range(9), 14, 15, *range(17, 27), *range(28, 32)})


def decode(content: bytes, declared: str | None = None) -> str | None:
    """Return a TeX file as text with \\n line ends; None when it is binary.

    Tried in turn: a byte order mark, UTF-8, the encoding that the project declares (an inputenc option), Windows-1252
    and Latin-1, which fits all bytes.
    """
    encodings = ["utf-8", _ENCODINGS.get(declared or "", "cp1252"), "cp1252", "latin-1"]
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            content = content.removeprefix(mark) if encoding == "utf-8" else content
            encodings.insert(0, encoding)
            break
    else:
        if len(content) - len(content.translate(None, _CONTROLS)) > len(content) // 100:
            return None
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\0", "")
    return None


def declared_encoding(content: bytes) -> str | None:
    """Return the option of \\usepackage[...]{inputenc} in the first 64 KiB."""
    match = _DECLARED.search(content[: 2**16])
    return match[1].decode() if match else None
