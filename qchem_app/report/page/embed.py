"""Data inside a page: as JSON that can end no script and shows no trick in a text."""

from __future__ import annotations

import json
import math
from typing import Any

from qchem_app.printable import printable

#: Longest text of a file that a page repeats.
_LONGEST = 4000
_ESCAPES = {c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def safe_text(text: str) -> str:
    """A text without control characters and direction overrides, and of bounded length."""
    return printable(text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "...")


def embedded_json(data: Any) -> str:
    """Compact JSON for a `<script type="application/json">`.

    Characters that HTML could read as markup are escaped, every text passes through `safe_text`,
    and numbers that JSON does not have become null.
    """
    text = json.dumps(_clean(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {safe_text(str(key)): _clean(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(each) for each in value]
    return value
