"""Names of fields in backticks, for those that are no words: `r(H1-H2) / Å` > 2."""

from __future__ import annotations

import re
from collections.abc import Collection

from qchem_app.errors import UsageError
from qchem_app.io.source import excerpt

# A text in quotes, in which a backtick is a letter; a name in backticks; a backtick alone.
_PIECE = re.compile(r""""[^"]*"|'[^']*'|`([^`]*)`|`""")


class QuotedNames:
    """A formula whose names in backticks are words that Python's parser takes.

    Attributes:
        text: with the words.
        names: what they stand for.
    """

    def __init__(self, text: str, known: Collection[str]) -> None:
        """Replace them.

        Args:
            text: as it was written.
            known: the names of fields, which no word hides.

        Raises:
            UsageError: a backtick without a second one.
        """
        self.names: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._original, self._known = text, known
        self.text = _PIECE.sub(self._word, text)

    def _word(self, match: re.Match[str]) -> str:
        if match[0] == "`":
            raise UsageError(
                f'"{excerpt(self._original)}" has a backtick without a second one: write `name`'
            )
        if match[1] is None:
            return match[0]
        name = match[1].strip()
        if name not in self._words:
            word = f"quoted_{len(self._words)}"
            while word in self._known or word in self._original:
                word += "_"
            self._words[name], self.names[word] = word, name
        return self._words[name]

    def restored(self, text: str) -> str:
        """A part of `text` as it was written."""

        def written(match: re.Match[str]) -> str:
            name = self.names.get(match[0])
            return match[0] if name is None else f"`{name}`"

        return re.sub(r"\w+", written, text)

    def check(self) -> None:
        """Of a formula that is none: whether only the backticks are missing.

        Raises:
            UsageError: a known name stands in the text without the backticks that it needs.
        """
        bare = _PIECE.sub(" ", self._original)
        found = [
            name
            for name in self._known
            if not name.isidentifier() and name in bare and any(map(str.isalpha, name))
        ]
        if found:
            name = excerpt(max(found, key=len), 60)
            raise UsageError(
                f"the field {name} needs backticks, and the expression single quotes for the "
                f"shell: '`{name}` > 1'"
            )
