"""Reading the arguments of a macro from a stack of token lists, as TeX does: an expansion lies before what follows."""

from llemma.data.extract.latex.tokens import Tokens


class SpentError(Exception):
    """The work allowed for one document is used up."""


class Frame:
    """A list of tokens and the place of the next one."""

    __slots__ = ("next", "tokens")

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.next = 0


class Reader:
    """Takes tokens from a stack of frames: the document lowest, the innermost expansion on top.

    What it returns is taken; when it returns None, nothing is. `work` counts what is read and copied, so that
    hostile input ends with SpentError instead of in quadratic time.
    """

    def __init__(self, tokens: Tokens, work: int) -> None:
        self.document = Frame(tokens)
        self.frames = [self.document]
        self._work = work

    def push(self, tokens: Tokens) -> None:
        """Put tokens before all that is still to be read. The list is the reader's from now on."""
        if tokens:
            self.charge(len(tokens))
            self.frames.append(Frame(tokens))

    def charge(self, work: int) -> None:
        """Count work that was done."""
        self._work -= work
        if self._work < 0:
            raise SpentError

    def top(self) -> Frame | None:
        """Return the frame with the next token; None at the end of the document."""
        frames = self.frames
        while len(frames) > 1 and frames[-1].next >= len(frames[-1].tokens):
            frames.pop()
        return frames[-1] if frames[-1].next < len(frames[-1].tokens) else None

    def peek(self) -> str:
        """Return the next token that is not a blank, with leading blanks; "" before a blank line and at the end."""
        while frame := self.top():
            token = frame.tokens[frame.next]
            if token and not token.isspace():
                return "" if token[:1].isspace() and _has_blank_line(token) else token
            if _has_blank_line(token):
                return ""
            self.charge(1 + len(token) // 64)
            frame.next += 1
        return ""

    def skip_blanks(self) -> None:
        """Take the blanks that are next, as TeX does after a control word."""
        token = self.peek()
        if token[:1].isspace():
            self._replace(token.lstrip())

    def argument(self) -> Tokens | None:
        """Return an undelimited argument: a group without its braces, a control sequence or a character."""
        token = self.peek()
        if token in ("", "}"):
            return None
        if token == "{":
            return self.group()
        if token[0] == "\\":
            return [self._take()]
        token = token.lstrip()
        self._replace(token[1:])
        return [token[0]]

    def group(self) -> Tokens | None:
        """Return the content of the group that begins with the next token."""
        if self.peek() != "{":
            return None
        taken: Tokens = []
        depth = 0
        while frame := self.top():
            tokens, start = frame.tokens, frame.next
            for place in range(start, len(tokens)):
                token = tokens[place]
                if token == "{":
                    depth += 1
                elif token == "}":
                    depth -= 1
                    if depth == 0:
                        frame.next = place + 1
                        self.charge(place - start)
                        return (taken + tokens[start:place])[1:]
            taken += tokens[start:]
            frame.next = len(tokens)
            self.charge(len(tokens) - start)
        self.push(taken)
        return None

    def optional(self) -> Tokens | None:
        """Return an argument in square brackets, when one is next."""
        token = self.peek().lstrip()
        if token[:1] != "[":
            return None
        self._replace(token[1:])
        taken = self.until("]")
        if taken is None:
            self._replace("[" + self._next_text())
        return taken

    def star(self) -> bool:
        """Tell whether a star is next, and take it."""
        token = self.peek().lstrip()
        if token[:1] != "*":
            return False
        self._replace(token[1:])
        return True

    def until(self, delimiter: str) -> Tokens | None:
        """Return what comes before a delimiter that is outside all groups: a control sequence or a stretch of text."""
        frame = self.top()
        if frame is None:
            return None
        depth = 0
        tokens, start = frame.tokens, frame.next
        for place in range(start, min(len(tokens), start + 20_000)):
            token = tokens[place]
            depth += (token == "{") - (token == "}")
            if depth < 0:
                break
            if depth:
                continue
            if token == delimiter and token[0] == "\\":
                frame.next = place + 1
                self.charge(place - start)
                return tokens[start:place]
            if token[:1] != "\\" and (at := token.find(delimiter)) >= 0:
                taken = [*tokens[start:place], token[:at]]
                frame.next = place
                self._replace(token[at + len(delimiter) :])
                self.charge(place - start)
                return taken
        self.charge(min(len(tokens), start + 20_000) - start)
        return None

    def word(self) -> str:
        """Return what comes before the next blank or control sequence, as after \\input without braces."""
        token = self.peek()
        if not token or token[0] in "\\{}":
            return ""
        word = token.split(maxsplit=1)[0]
        self._replace(token[token.index(word) + len(word) :])
        return word

    def parameter_text(self) -> Tokens | None:
        """Return what comes before the next group."""
        frame = self.top()
        for place in range(frame.next, min(len(frame.tokens), frame.next + 100)) if frame else ():
            assert frame is not None, "it has tokens"
            if frame.tokens[place] == "{":
                taken = frame.tokens[frame.next : place]
                frame.next = place
                return taken
        return None

    def close_gap(self, before: Tokens) -> None:
        """Take the line end that is next, when nothing else is on its line: what was taken out leaves no blank line."""
        last = next((token for token in before[:-50:-1] if token.strip(" \t")), "" if before else "\n")
        if not last.rstrip(" \t").endswith("\n"):
            return
        frame = self.top()
        following = frame.tokens[frame.next].lstrip(" \t") if frame else ""
        if following[:1] == "\n":
            self._replace(following[1:])

    def literal(self, text: str) -> bool:
        """Take `text` when it is next."""
        frame = self.top()
        token = frame.tokens[frame.next] if frame else ""
        if token == text:
            self._take()
            return True
        if token[:1] == "\\" or not token.startswith(text):
            return False
        self._replace(token[len(text) :])
        return True

    def _take(self) -> str:
        frame = self.frames[-1]
        frame.next += 1
        return frame.tokens[frame.next - 1]

    def _next_text(self) -> str:
        frame = self.frames[-1]
        return frame.tokens[frame.next]

    def _replace(self, rest: str) -> None:
        """Put what is left of a token of text in its place."""
        frame = self.frames[-1]
        frame.tokens[frame.next] = rest
        self.charge(1 + len(rest) // 64)


def _has_blank_line(text: str) -> bool:
    lines = text[: len(text) - len(text.lstrip())].split("\n", 2)
    return len(lines) > 2
