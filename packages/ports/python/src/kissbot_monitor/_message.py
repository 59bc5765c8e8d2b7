"""The messages of protocol 1.1 as lines of JSON; [P-3] and the like name its rules."""

from __future__ import annotations

import json
import math
import numbers
import operator
import re
from typing import Any, Callable, Dict, Mapping, Tuple

MOST_BYTES = 65_536  # without the newline [F-8]
MOST_INTEGER = 2**53 - 1
MOST_FEATURES = 256

_quote = json.JSONEncoder(ensure_ascii=False).encode

# Control characters and lone surrogates are in none of them [M-4, M-5].
_plain = r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]"
_is_channel = re.compile(_plain + "{1,128}").fullmatch
_is_label = re.compile(_plain + "{1,256}").fullmatch
_is_feature = re.compile(r"[^\ud800-\udfff]{1,128}", re.DOTALL).fullmatch
_is_kind_of_error = re.compile("[a-z0-9_]{1,64}").fullmatch
_unfit_for_label = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_surrogate = re.compile(r"[\ud800-\udfff]")


class Refusal(ValueError):
    """Why a message cannot be sent. `field` is at fault, as it is named on the wire."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"{field}: expected {expected}")
        self.field = field
        self.expected = expected


def encode(message: Mapping[str, Any]) -> bytes:
    """The message as a line with its newline. Raises `Refusal` for one that no receiver accepts.

    Optional fields that are None are left out, as are fields that the protocol does not know.
    """
    kind = message.get("type")
    table = _tables.get(kind) if isinstance(kind, str) else None
    if table is None:
        raise Refusal("type", "one of " + ", ".join(_tables))
    parts = [f'{{"type":"{kind}"']
    for field, write, is_required in table:
        value = message.get(field)
        if value is not None:
            parts.append(f',"{field}":{write(field, value)}')
        elif is_required:
            raise Refusal(field, "a value")
    parts.append("}\n")
    line = "".join(parts).encode()
    if len(line) > MOST_BYTES + 1:
        # Nothing else can be that long.
        raise Refusal("features", f"what fits into a line of {MOST_BYTES} bytes")
    return line


def as_label(text: str) -> str:
    """The text on one line of at most 256 code points, as `trouble` has to be; empty if blank."""
    head = text.lstrip()[: 4 * 256]
    plain = _surrogate.sub("\ufffd", _unfit_for_label.sub(" ", head)).strip()
    return str(plain[:256]).rstrip()


def _channel(field: str, value: Any) -> str:
    if not isinstance(value, str) or not _is_channel(value) or value in (".", ".."):
        raise Refusal(field, "1 to 128 code points without control characters, neither . nor ..")
    return _quote(value)


def _label(field: str, value: Any) -> str:
    if not isinstance(value, str) or not _is_label(value):
        raise Refusal(field, "1 to 256 code points without control characters")
    return _quote(value)


def _kind_of_error(field: str, value: Any) -> str:
    if not isinstance(value, str) or not _is_kind_of_error(value):
        raise Refusal(field, "1 to 64 characters of a-z, 0-9 and _")
    return _quote(value)


def _features(field: str, value: Any) -> str:
    expected = "at most 256 names of 1 to 128 code points, each with True or False"
    if not isinstance(value, Mapping) or len(value) > MOST_FEATURES:
        raise Refusal(field, expected)
    parts = []
    for name, is_on in value.items():
        if not isinstance(name, str) or not _is_feature(name) or not isinstance(is_on, bool):
            raise Refusal(field, expected)
        parts.append(f'{_quote(name)}:{"true" if is_on else "false"}')
    if len(parts) > MOST_FEATURES:
        raise Refusal(field, expected)
    return "{" + ",".join(parts) + "}"


def _pid(field: str, value: Any) -> str:
    return _integer_within(field, value, 1, 2**32 - 1)


def _count(field: str, value: Any) -> str:
    return _integer_within(field, value, 0, MOST_INTEGER)


def _integer_within(field: str, value: Any, least: int, most: int) -> str:
    number = _number(value)
    if number is None or not least <= number <= most or number != int(number):
        raise Refusal(field, f"an integer from {least} to {most}")
    return int.__repr__(int(number))


def _finite(field: str, value: Any) -> str:
    number = _number(value)
    if number is None:
        raise Refusal(field, "a finite number")
    return _text_of(number)


def _amount(field: str, value: Any) -> str:
    number = _number(value)
    if number is None or number < 0:
        raise Refusal(field, "a finite number of 0 or more")
    return _text_of(number)


def _interval(field: str, value: Any) -> str:
    number = _number(value)
    if number is None or number <= 0:
        raise Refusal(field, "a finite number above 0")
    return _text_of(number)


def _number(value: Any) -> float | int | None:
    """The number if it is a finite one; a truth value and a text are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, numbers.Real)):
        return None
    try:
        if not isinstance(value, (int, float)):
            # Those of other packages, such as numpy's.
            value = operator.index(value) if hasattr(value, "__index__") else float(value)
        return value if math.isfinite(value) else None
    except (OverflowError, ValueError, TypeError):
        return None


def _text_of(number: float | int) -> str:
    if isinstance(number, int):
        return int.__repr__(number)
    return float.__repr__(float(number)) if number else "0"


_Write = Callable[[str, Any], str]

_bot: Tuple[Tuple[str, _Write, bool], ...] = (("channel", _channel, True), ("pid", _pid, True))

# What each message has, and whether it must; in the order of the specification.
_tables: Dict[str, Tuple[Tuple[str, _Write, bool], ...]] = {
    "register": (
        *_bot,
        ("features", _features, False),
        ("version", _label, False),
        ("started_at", _finite, False),
        ("interval_s", _interval, False),
        ("trouble", _label, False),
        ("ts", _finite, False),
    ),
    "heartbeat": (
        *_bot,
        ("rss_mb", _amount, False),
        ("cpu_pct", _amount, False),
        ("dropped", _count, False),
        ("started_at", _finite, False),
        ("interval_s", _interval, False),
        ("trouble", _label, False),
        ("ts", _finite, False),
    ),
    "unregister": (*_bot, ("ts", _finite, False)),
    "llm_usage": (
        ("channel", _channel, True),
        ("model", _label, True),
        ("feature", _label, True),
        ("tokens_in", _count, True),
        ("tokens_out", _count, True),
        ("latency_ms", _amount, False),
        ("provider", _label, False),
        ("tokens_cached", _count, False),
        ("tokens_cache_write", _count, False),
        ("cost_usd", _amount, False),
        ("error", _kind_of_error, False),
        ("ts", _finite, False),
    ),
    "custom_metric": (
        ("channel", _channel, True),
        ("metric_name", _label, True),
        ("value", _finite, True),
        ("ts", _finite, False),
    ),
}
