from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest import TestCase

from kissbot_monitor import Refusal, encode
from kissbot_monitor._message import as_label

BEAT = {"type": "heartbeat", "channel": "lounge", "pid": 4242}
USAGE = {"type": "llm_usage", "channel": "c", "model": "m", "feature": "f", "tokens_in": 1, "tokens_out": 2}


class Messages(TestCase):
    def test_a_message_is_written_as_one_line_of_utf_8(self) -> None:
        line = encode({**BEAT, "channel": 'a"\\é😀\u2028', "rss_mb": None, "mood": object()})
        self.assertEqual(line.count(b"\n"), 1)
        self.assertTrue(line.endswith(b"\n"))
        self.assertEqual(json.loads(line), {**BEAT, "channel": 'a"\\é😀\u2028'})

    def test_numbers_are_read_back_as_they_were(self) -> None:
        for value in (0.1, 1e300, 5e-324, 1.7976931348623157e308, 2**53 + 2, -7, 10**300, Fraction(1, 2)):
            line = encode({"type": "custom_metric", "channel": "c", "metric_name": "n", "value": value})
            self.assertEqual(float(json.loads(line)["value"]), float(value))
        minus_zero = encode({"type": "custom_metric", "channel": "c", "metric_name": "n", "value": -0.0})
        self.assertIn(b'"value":0}', minus_zero)
        self.assertIn(b'"tokens_in":4,', encode({**USAGE, "tokens_in": 4.0}))

    def test_what_a_receiver_would_reject_is_refused_with_its_field(self) -> None:
        features = {"type": "register", "channel": "c", "pid": 1}
        for message, field in (
            ({"type": "hello"}, "type"),
            ({"type": ["register"]}, "type"),
            ({"type": "heartbeat", "pid": 1}, "channel"),
            ({**BEAT, "channel": ""}, "channel"),
            ({**BEAT, "channel": ".."}, "channel"),
            ({**BEAT, "channel": "a\n"}, "channel"),
            ({**BEAT, "channel": "a\x85"}, "channel"),
            ({**BEAT, "channel": "\ud800"}, "channel"),
            ({**BEAT, "channel": "😀" * 129}, "channel"),
            ({**BEAT, "pid": 0}, "pid"),
            ({**BEAT, "pid": True}, "pid"),
            ({**BEAT, "pid": "4242"}, "pid"),
            ({**BEAT, "pid": 1.5}, "pid"),
            ({**BEAT, "pid": 2**32}, "pid"),
            ({**BEAT, "rss_mb": -1}, "rss_mb"),
            ({**BEAT, "interval_s": 0}, "interval_s"),
            ({**BEAT, "ts": math.inf}, "ts"),
            ({**BEAT, "dropped": -1}, "dropped"),
            ({**BEAT, "trouble": "a\nb"}, "trouble"),
            ({**USAGE, "tokens_in": 2**53}, "tokens_in"),
            ({**USAGE, "tokens_in": math.nan}, "tokens_in"),
            ({**USAGE, "model": "x" * 257}, "model"),
            ({**USAGE, "error": "Rate limit"}, "error"),
            ({**USAGE, "error": "timeout\n"}, "error"),
            ({**USAGE, "cost_usd": Decimal("0.1")}, "cost_usd"),
            ({**USAGE, "cost_usd": 10**400}, "cost_usd"),
            ({**features, "features": ["jokes"]}, "features"),
            ({**features, "features": {"jokes": 1}}, "features"),
            ({**features, "features": {"": True}}, "features"),
            ({**features, "features": {"x" * 129: True}}, "features"),
            ({**features, "features": {str(n): True for n in range(257)}}, "features"),
            ({**features, "features": {f"{n}{'😀' * 120}": True for n in range(256)}}, "features"),
        ):
            with self.assertRaises(Refusal) as raised:
                encode(message)
            self.assertEqual(raised.exception.field, field, message)

    def test_lengths_are_counted_in_code_points(self) -> None:
        self.assertTrue(encode({**BEAT, "channel": "😀" * 128}))
        self.assertTrue(encode({**USAGE, "model": "€" * 256}))

    def test_control_characters_in_names_of_features_are_escaped(self) -> None:
        features: Any = {"a\nb\x00": True, "__proto__": False}
        line = encode({"type": "register", "channel": "c", "pid": 1, "features": features})
        self.assertEqual(line.count(b"\n"), 1)
        self.assertEqual(json.loads(line)["features"], features)

    def test_trouble_becomes_one_line(self) -> None:
        self.assertEqual(as_label("\n gateway\nclosed \x7f"), "gateway closed")
        self.assertEqual(as_label(" \n\t"), "")
        self.assertEqual(len(as_label("é" * 3_000)), 256)
