"""Masking: replaces every spelling of a job's secrets, also where a text arrives in pieces.

A spelling is one of the ways in which programs print a secret: as it is, in base64 (also inside
a longer base64 text, and wrapped at 64 or 76 columns when the text begins with the secret), as
part of a URL, inside a JSON string, or one line of it. White space around a secret is not part
of it, because programs drop the newline that ends a file.
"""

import base64
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

from bot.domain.codec import JSON

MASK = "••••"
SHORTEST = 4
"""Characters a secret must have: masking shorter ones would tear up ordinary words and prove
to every reader what they are."""

_SHORTEST_LINE = 8
_FEWEST_DIFFERENT = 4
_BASE64_COLUMNS = (64, 76)
_URL_SAFE_SETS = ("", "/", "!'()*")
"""Of RFC 3986, of paths, and of JavaScript's encodeURIComponent."""
_PEM_FRAME = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]+-----")


class Masker:
    """Knows every spelling of some secrets, and finds them."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets` is variable name → value.

        Raises ValueError with a sentence that names the variable, never the value, when a
        secret is too short to be masked or is no text.
        """
        self._spellings: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Mapping[str, str]) -> None:
        """Mask these too from now on, also in streams that have begun. Raises as above."""
        for name, value in secrets.items():
            self._spellings |= _spellings(_checked(name, value))
        spellings = self._spellings
        self._sorted = sorted(spelling for spelling in spellings if len(spelling) >= SHORTEST)
        self._longest = max(map(len, self._sorted), default=0)
        self._firsts = {spelling[0] for spelling in self._sorted}
        self._by_head: dict[str, list[str]] = {}
        for spelling in sorted(self._sorted, key=len, reverse=True):
            self._by_head.setdefault(spelling[:SHORTEST], []).append(spelling)
        self._heads = _any_of(self._by_head)

    def mask(self, text: str) -> str:
        """The whole text with every spelling replaced."""
        stream = self.stream()
        return stream.feed(text) + stream.flush()

    def mask_json(self, data: JSON) -> JSON:
        """The same data with every text masked, keys included; other values stay."""
        if isinstance(data, str):
            return self.mask(data)
        if isinstance(data, Mapping):
            return {self.mask(str(key)): self.mask_json(item) for key, item in data.items()}
        if isinstance(data, list | tuple):
            return [self.mask_json(item) for item in data]
        return data

    def stream(self) -> "MaskedStream":
        """Masks a text that arrives in pieces."""
        return MaskedStream(self)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of the longest spelling at every place where one begins, in order."""
        head = self._heads.search(text)
        while head:
            start = head.start()
            for spelling in self._by_head[head.group()]:
                if text.startswith(spelling, start):
                    yield start, start + len(spelling)
                    break
            head = self._heads.search(text, start + 1)

    def undecided(self, text: str) -> int:
        """Where the longest tail begins that may yet become a spelling; the length if none."""
        for start in range(max(0, len(text) - self._longest + 1), len(text)):
            if text[start] in self._firsts:
                tail = text[start:]
                following = bisect_right(self._sorted, tail)
                if following < len(self._sorted) and self._sorted[following].startswith(tail):
                    return start
        return len(text)


class MaskedStream:
    """One text in pieces; the pieces returned join to what `Masker.mask` makes of the whole."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._pending = ""
        self._covered = 0
        """How much of the pending text belongs to a spelling whose mask was returned already."""

    def feed(self, text: str) -> str:
        """What is certain by now; the tail that may be the beginning of a spelling is kept."""
        text = self._pending + text
        return self._take(text, self._masker.undecided(text))

    def flush(self) -> str:
        """What was kept, once no more text comes."""
        return self._take(self._pending, len(self._pending))

    def _take(self, text: str, decided: int) -> str:
        """Mask what begins before `decided`; spellings that overlap share a mask."""
        taken: list[str] = []
        done = self._covered
        for start, end in self._masker.find(text):
            if start >= decided:
                break
            if start >= done:
                taken += text[done:start], MASK
            done = max(done, end)
        taken.append(text[done:decided])
        self._pending = text[decided:]
        self._covered = max(done - decided, 0)
        return "".join(taken)


def _any_of(heads: Iterable[str]) -> re.Pattern[str]:
    """One alternation, by first characters. Only heads: whole keys would take megabytes."""
    rests: dict[str, list[str]] = {}
    for head in heads:
        rests.setdefault(re.escape(head[0]), []).append(re.escape(head[1:]))
    branches = [f"{first}(?:{'|'.join(after)})" for first, after in rests.items()]
    return re.compile("|".join(branches) or "(?!)")


def _checked(name: str, value: str) -> str:
    """The value without white space around it."""
    value = value.strip()
    if len(value) < SHORTEST:
        raise ValueError(
            f"The secret {name} has fewer than {SHORTEST} characters and cannot be kept out of "
            "the log; give it a longer value, or pass it as plain env if it is no secret."
        )
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError(f"The secret {name} is not text in UTF-8; store it as text.") from None
    return value


def _spellings(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "replace")
    unix = text.replace("\r\n", "\n")
    lines = {line.strip() for line in text.splitlines()}
    plain = {text, unix, unix.replace("\n", "\r\n")} | set(filter(_telling, lines))
    return plain | _json_forms(plain) | _url_forms(raw) | _base64_forms(raw)


def _telling(line: str) -> bool:
    """Whether a line of a secret is worth hiding on its own."""
    return (
        len(line) >= _SHORTEST_LINE
        and len(set(line)) >= _FEWEST_DIFFERENT
        and not _PEM_FRAME.fullmatch(line)
    )


def _json_forms(texts: set[str]) -> set[str]:
    """The inside of a JSON string, with and without its needless escapes."""
    escaped = {
        json.dumps(text, ensure_ascii=pure)[1:-1] for text in texts for pure in (True, False)
    }
    return escaped | {form.replace("/", "\\/") for form in escaped}


def _url_forms(raw: bytes) -> set[str]:
    upper = {quote(raw, safe) for safe in _URL_SAFE_SETS} | {quote_plus(raw)}
    return upper | {re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), form) for form in upper}


def _base64_forms(raw: bytes) -> set[str]:
    whole = base64.b64encode(raw).decode()
    forms = {whole, whole.rstrip("=")} | {_stable_base64(raw, offset) for offset in range(3)}
    for columns in _BASE64_COLUMNS:
        wrapped = (whole[at : at + columns] for at in range(0, len(whole), columns))
        forms |= {line for line in wrapped if _telling(line)}
    return forms | {form.translate(_URL_SAFE_ALPHABET) for form in forms}


_URL_SAFE_ALPHABET = str.maketrans("+/", "-_")


def _stable_base64(raw: bytes, offset: int) -> str:
    """The characters that stand for `raw` alone when `offset` bytes (modulo 3) come before it.

    A character is six bits; those at the edges also hold bits of the neighbours.
    """
    encoded = base64.b64encode(bytes(offset) + raw).decode()
    return encoded[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
