"""Protocol 1 of KissBot Monitor in Python's standard library alone (3.8 and newer).

A port of @kissbot/protocol, written from docs/protocol.md; [F-8] and the like name its rules. `check_fixtures.py`
beside this file proves it on the fixtures. Copy this file into your project; it needs no other.

A message is a dict; what is no message is a `Rejection`. Decoding never raises.
"""

import json
import math
import re
from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Union

MAX_LINE_BYTES = 65536  # without the "\n" and one "\r" before it [F-8]
MAX_DEPTH = 64  # objects and arrays, the message itself being level 1 [J-6]

Message = Dict[str, Any]


class Rejection(NamedTuple):
    """Why a line is no message; `field` is there when `reason` is "invalid_field", and only then."""

    reason: str
    field: Optional[str] = None


Result = Union[Message, Rejection]


class LineDecoder:
    """Splits a stream of bytes into lines and decodes each, in order.

    Holds at most one byte more than the limit, however long a line gets, and takes the same time for a line whether it
    comes at once or byte by byte: `held` grows in place.
    """

    def __init__(self) -> None:
        self._held = bytearray()  # the beginning of a line whose end has not come
        self._skipping = False  # within a line that has been reported as too long

    def push(self, chunk: bytes) -> List[Result]:
        """The results of the lines that these bytes complete; the cut between chunks makes no difference [F-9]."""
        results: List[Result] = []
        start = 0
        while start < len(chunk):
            end = chunk.find(b"\n", start)
            self._hold(chunk, start, len(chunk) if end < 0 else end, results)
            if end < 0:
                break
            self._end_line(results)
            start = end + 1
        return results

    def end(self) -> List[Result]:
        """The result, if any, of what stands behind the last newline [F-7]; then another stream may begin."""
        line = _without_cr(self._held)
        self._held = bytearray()
        self._skipping = False
        if _is_blank(line):
            return []
        result = _decode(line)
        if isinstance(result, Rejection) and result.reason in ("invalid_utf8", "invalid_json", "not_an_object"):
            result = Rejection("truncated")
        return [result]

    def _hold(self, chunk: bytes, start: int, end: int, results: List[Result]) -> None:
        if self._skipping:
            return
        room = MAX_LINE_BYTES + 1 - len(self._held)
        self._held += chunk[start : min(end, start + room)]
        # One byte over the limit may yet be the "\r" of a "\r\n".
        if end - start > room or len(self._held) - self._held.endswith(b"\r") > MAX_LINE_BYTES:
            results.append(Rejection("line_too_long"))
            self._held = bytearray()
            self._skipping = True

    def _end_line(self, results: List[Result]) -> None:
        if self._skipping:
            self._skipping = False
            return
        line = _without_cr(self._held)
        if not _is_blank(line):
            results.append(_decode(line))
        self._held = bytearray()


def decode_line(line: bytes) -> Result:
    """Decodes one line, with or without its "\\n" or "\\r\\n". A blank line, which `LineDecoder` skips, is invalid_json."""
    line = _without_cr(line[:-1] if line.endswith(b"\n") else line)
    if len(line) > MAX_LINE_BYTES:
        return Rejection("line_too_long")
    return _decode(line)


def encode(message: Message) -> bytes:
    """The message as one line with its "\\n". Unknown fields, and optional ones that are None, are left out [P-2].

    Raises TypeError for a value of the wrong kind and ValueError for one out of its range [P-3] [P-4]; the text of both
    begins with the field's name and a colon.
    """
    if not isinstance(message, dict):
        raise TypeError("message: expected a dict")
    kind = message.get("type")
    if not isinstance(kind, str):
        raise TypeError("type: expected a string")
    if kind not in _FIELDS:
        raise ValueError("type: expected one of " + ", ".join(_FIELDS))
    text = json.dumps(_read(kind, message), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    line = text.encode("utf-8")
    if len(line) > MAX_LINE_BYTES:  # only a registration can get this long
        raise ValueError(f"features: the line would be longer than {MAX_LINE_BYTES} bytes")
    return line + b"\n"


def _decode(line: bytes) -> Result:
    """Judges a line without its terminator, whose length is within the limit, in the order of the reasons [R-1]."""
    try:
        text = line.decode("utf-8")  # strict: overlong forms and surrogates are errors; the codec keeps a BOM
    except UnicodeDecodeError:
        return Rejection("invalid_utf8")
    if "\n" in text:
        return Rejection("invalid_json")  # more than one line; JSON alone would take it for white space
    try:
        fields, depth = _parse(text)
    except ValueError:
        return Rejection("invalid_json")
    if not isinstance(fields, dict):
        return Rejection("not_an_object")
    if depth > MAX_DEPTH:
        return Rejection("too_deep")
    kind = fields.get("type")
    if not isinstance(kind, str):
        return Rejection("missing_type")
    if kind not in _FIELDS:
        return Rejection("unknown_type")
    try:
        return _read(kind, fields)
    except (TypeError, ValueError) as error:
        return Rejection("invalid_field", str(error).partition(":")[0])


def _without_cr(line: bytes) -> bytes:
    return line[:-1] if line.endswith(b"\r") else line


def _is_blank(line: bytes) -> bool:
    return not line.strip(b" \t\r")  # strip() without an argument would take form feeds too [F-5]


def _refuse_constant(name: str) -> None:
    raise ValueError(name + " is no JSON")


def _loads(text: str) -> Any:
    """`json.loads`, with its two departures from the protocol taken away: NaN is refused [J-2], and each number is a
    double [J-7], which also spares it the limit on the digits of an int."""
    return json.loads(text, parse_int=float, parse_constant=_refuse_constant)


# A string, to the end of the text where its closing quote is missing, or one bracket.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


def _parse(text: str) -> Tuple[Any, int]:
    """The value of a JSON text, and how deep the text nests; ValueError where it is no JSON.

    `json` recurses and would fail at some depth with RecursionError. So whatever stands on level 65, 129, ... is cut out,
    parsed by itself and replaced by [], which leaves the rest as valid as it was.
    """
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return _loads(text), 0
    depth = deepest = cut = 0
    parts: List[str] = []  # the text of the slice at hand, so far
    outer: List[List[str]] = []  # those of the slices around it
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match.group()
        if token in "{[":
            depth += 1
            deepest = max(deepest, depth)
            if depth % MAX_DEPTH == 1 and depth > 1:
                parts.append(text[cut : match.start()])
                outer.append(parts)
                parts, cut = [], match.start()
        elif token in "]}":
            if depth % MAX_DEPTH == 1 and depth > 1:
                _loads("".join(parts) + text[cut : match.end()])
                parts, cut = outer.pop(), match.end()
                parts.append("[]")
            depth -= 1
    if outer:
        raise ValueError("a bracket is not closed")
    return _loads("".join(parts) + text[cut:]), deepest


_NOT_PLAIN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters and lone surrogates
_SURROGATE = re.compile("[\ud800-\udfff]")
_CODE = re.compile("[a-z0-9_]{1,64}")  # [M-14]


def _read(kind: str, fields: Message) -> Message:
    """A new message of the fields that protocol 1 knows, each judged in the order of the specification's table [R-5]."""
    required, optional = _FIELDS[kind]
    message: Message = {"type": kind}
    for name in required + optional:
        value = fields.get(name)
        if value is None and name in optional:
            continue  # [M-2]
        try:
            message[name] = _CHECKS[name](value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}: expected {error}") from None
    if kind == "register":
        message.setdefault("features", {})  # [M-12]
    return message


def _name(longest: int, value: Any) -> str:
    expected = f"1 to {longest} code points, no control characters, no lone surrogates"
    if not isinstance(value, str):
        raise TypeError(expected)
    if not 1 <= len(value) <= longest or _NOT_PLAIN.search(value):
        raise ValueError(expected)
    return value


def _code(value: Any) -> str:
    expected = "1 to 64 characters of a-z, 0-9 and _"
    if not isinstance(value, str):
        raise TypeError(expected)
    if not _CODE.fullmatch(value):
        raise ValueError(expected)
    return value


def _channel(value: Any) -> str:
    if value in (".", ".."):
        raise ValueError("neither . nor ..")
    return _name(128, value)


def _features(value: Any) -> Dict[str, bool]:
    if not isinstance(value, dict):
        raise TypeError("a dict of booleans")
    if len(value) > 256:
        raise ValueError("at most 256 features")
    for name, enabled in value.items():
        if not isinstance(name, str) or not isinstance(enabled, bool):
            raise TypeError("a dict of booleans")
        if not 1 <= len(name) <= 128 or _SURROGATE.search(name):
            raise ValueError("names of 1 to 128 code points, no lone surrogates")
    return dict(value)


def _finite(value: Any) -> Union[int, float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):  # a bool is an int to Python
        raise TypeError("a number")
    try:
        number = float(value)
    except OverflowError:  # an int beyond the range of a double
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("a finite number")
    # 4242.0 is 4242, and -0.0 is 0 [J-7] [M-9]; above 2^53 a float says more honestly how exact it is.
    return int(number) if number.is_integer() and abs(number) <= 2**53 else number


def _integer(low: int, high: int, value: Any) -> int:
    number = _finite(value)
    if not isinstance(number, int) or not low <= number <= high:
        raise ValueError(f"an integer from {low} to {high}")
    return number


def _amount(value: Any) -> Union[int, float]:
    if _finite(value) < 0:
        raise ValueError("a number of at least 0")
    return _finite(value)


def _interval(value: Any) -> Union[int, float]:
    if _finite(value) <= 0:
        raise ValueError("a number above 0")
    return _finite(value)


# The table of chapter 4: required fields, then optional ones.
_FIELDS: Dict[str, Tuple[Tuple[str, ...], Tuple[str, ...]]] = {
    "register": (("channel", "pid"), ("features", "version", "started_at", "interval_s", "trouble", "ts")),
    "heartbeat": (("channel", "pid"), ("rss_mb", "cpu_pct", "dropped", "started_at", "interval_s", "trouble", "ts")),
    "unregister": (("channel", "pid"), ("ts",)),
    "llm_usage": (
        ("channel", "model", "feature", "tokens_in", "tokens_out"),
        ("latency_ms", "provider", "tokens_cached", "tokens_cache_write", "cost_usd", "error", "ts"),
    ),
    "custom_metric": (("channel", "metric_name", "value"), ("ts",)),
}

_CHECKS: Dict[str, Callable[[Any], Any]] = {
    "channel": _channel,
    "pid": partial(_integer, 1, 2**32 - 1),
    "features": _features,
    "interval_s": _interval,
    "error": _code,
    **dict.fromkeys(("version", "trouble", "model", "feature", "provider", "metric_name"), partial(_name, 256)),
    **dict.fromkeys(
        ("dropped", "tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write"),
        partial(_integer, 0, 2**53 - 1),
    ),
    **dict.fromkeys(("rss_mb", "cpu_pct", "latency_ms", "cost_usd"), _amount),
    **dict.fromkeys(("started_at", "value", "ts"), _finite),
}
