"""Text from outside (file names, comment lines, old records) made safe to print."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Replace every character that is not printable by its escape, e.g. ESC by `\x1b`.

    That covers terminal control sequences, line ends, bidirectional overrides and the lone
    surrogates of file names that are not UTF-8.
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
