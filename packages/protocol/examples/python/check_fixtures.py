"""Runs the fixtures of protocol 1 against the port in this folder.

    python3 check_fixtures.py [folder of the fixtures]

Prints a line for each case that fails and a summary for each level; exits with 1 if a `must` case fails or a file is not
what the manifest says. Its only tie to the port is `kissbot_protocol`: to check another Python port, change the import.
"""

import base64
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

from kissbot_protocol import LineDecoder, Rejection, decode_line, encode

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"


def untag(value: Any) -> Any:
    """The value that a case means: see "Values that JSON cannot carry everywhere" in the fixtures' README."""
    if isinstance(value, list):
        return [untag(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$number"}:
        return float(value["$number"])
    if set(value) == {"$string"}:
        units = b"".join(map(string_part, value["$string"]))
        return units.decode("utf-16-le", "surrogatepass")
    if set(value) == {"$entries"}:
        return {untag(name): untag(item) for name, item in value["$entries"]}
    return {name: untag(item) for name, item in value.items()}


def string_part(part: Any) -> bytes:
    """A part as UTF-16, so that a pair of surrogates is joined even where it is spread over two parts."""
    if isinstance(part, str):
        return part.encode("utf-16-le", "surrogatepass")
    if "utf16" in part:
        return b"".join(unit.to_bytes(2, "little") for unit in part["utf16"])
    return string_part(part["repeat"]) * part["times"]


def byte_part(part: Any) -> bytes:
    if isinstance(part, str):
        return base64.b64decode(part, validate=True)
    return base64.b64decode(part["repeat"], validate=True) * part["times"]


def same(left: Any, right: Any) -> bool:
    """Equality with True unequal to 1, numbers compared as doubles, objects without regard to order."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return float(left) == float(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


def event_of(result: Any) -> Dict[str, Any]:
    if not isinstance(result, Rejection):
        return {"message": result}
    event = {"rejected": result.reason}
    return event if result.field is None else {**event, "field": result.field}


def decode(chunks: List[bytes]) -> List[Dict[str, Any]]:
    decoder = LineDecoder()
    results = [result for chunk in chunks for result in decoder.push(chunk)]
    return [event_of(result) for result in results + decoder.end()]


def decode_fault(case: Dict[str, Any]) -> str:
    """What is wrong with how the port decodes the stream of this case, or nothing."""
    chunks = [b"".join(map(byte_part, chunk)) for chunk in case["chunks"]]
    cuts = {"its chunks": chunks}
    if not case.get("large"):
        stream = b"".join(chunks)
        cuts["one chunk"] = [stream]
        cuts["each byte by itself"] = [stream[i : i + 1] for i in range(len(stream))]
    accepted = [untag(events) for events in [case["events"], *case.get("or", [])]]
    for cut, pieces in cuts.items():
        events = decode(pieces)
        if not any(same(events, expected) for expected in accepted):
            return f"with {cut}: expected {accepted[0]!r:.200}, got {events!r:.200}"
    return ""


def encode_fault(case: Dict[str, Any]) -> str:
    message = untag(case["message"])
    try:
        line = encode(message)
    except (TypeError, ValueError) as error:
        if "refused" not in case:
            return f"refused: {error}"
        field = str(error).partition(":")[0]
        return "" if field == case["refused"] else f"expected {case['refused']} to be refused, got {error}"
    if "refused" in case:
        return f"expected {case['refused']} to be refused, got {line!r:.200}"
    if line.count(b"\n") != 1 or not line.endswith(b"\n"):
        return f"expected one line, got {line!r:.200}"
    decoded = decode_line(line)
    expected = untag(case["decodes_to"])
    return "" if same(decoded, expected) else f"expected {expected!r:.200}, got {decoded!r:.200}"


def main(folder: Path) -> int:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    faults = {"decode": decode_fault, "encode": encode_fault}
    passed, failed = Counter(), Counter()
    broken = 0
    for file in manifest["files"]:
        content = (folder / file["path"]).read_bytes()
        cases = [json.loads(line) for line in content.splitlines()]
        if hashlib.sha256(content).hexdigest() != file["sha256"] or len(cases) != file["cases"]:
            print(f"{file['path']}: is not the file that the manifest names")
            broken += 1
        if file["kind"] not in faults:
            continue  # how a client behaves over time: nothing that a codec has
        for case in cases:
            fault = faults[file["kind"]](case)
            (failed if fault else passed)[case["level"]] += 1
            if fault:
                print(f"{case['level']} {case['id']}: {fault}")
    for level in ("must", "should", "may"):
        print(f"{level}: {passed[level]} passed, {failed[level]} failed")
    print(f"{sum(passed.values())} passed, {sum(failed.values())} failed")
    return 1 if failed["must"] or broken or not passed["must"] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES))
