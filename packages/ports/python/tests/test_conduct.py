"""What a bot and a monitor see of a client that acts when it is called."""

from __future__ import annotations

import logging
import math
import socket
import threading
import time
from typing import Any, Iterator, List, Mapping
from unittest import mock

from kissbot_monitor import MonitorClient
from kissbot_monitor._backoff import Backoff

from .monitor import MonitorCase, until


class Conduct(MonitorCase):
    def test_a_whole_life_arrives_in_the_order_of_the_calls(self) -> None:
        self.listen()
        client = self.client(version="2.1.0")
        self.assertTrue(client.register({"jokes": True, "quotes": False}))
        with self.assertLogs("kissbot_monitor", "WARNING"):
            self.assertTrue(client.heartbeat(rss_mb=1.5, cpu_pct=math.nan))
        self.assertTrue(
            client.log_llm_usage(
                model="sonnet",
                feature="chat",
                tokens_in=1200,
                tokens_out=340,
                latency_ms=812.5,
                provider="anthropic",
                tokens_cached=900,
                tokens_cache_write=200,
                cost_usd=0.0042,
                error="timeout",
            )
        )
        self.assertTrue(client.log_metric("viewers", 57))
        self.assertTrue(client.unregister())
        client.close()
        reader = self.accept()
        register, beat, usage, metric, goodbye = self.lines(reader, 5)
        self.assertEqual(register["features"], {"jokes": True, "quotes": False})
        self.assertEqual(register["version"], "2.1.0")
        self.assertEqual((beat["rss_mb"], beat["dropped"]), (1.5, 0))
        self.assertEqual(beat.get("started_at"), register.get("started_at"))
        self.assertEqual((usage["tokens_cache_write"], usage["error"]), (200, "timeout"))
        self.assertEqual((metric["metric_name"], metric["value"]), ("viewers", 57))
        self.assertEqual(goodbye["type"], "unregister")
        for line in (register, beat, usage, metric, goodbye):
            self.assertAlmostEqual(line["ts"], time.time() * 1_000, delta=60_000)

    def test_a_monitor_that_comes_late_gets_the_newest_and_the_number_of_the_others(self) -> None:
        client = self.client()
        client.register()
        for index in range(3_000):
            self.assertFalse(client.log_metric("n", index))
        self.assertEqual(client.stats().waiting, 1 + 1_024)
        self.listen()
        reader = self.accept()
        register, *rows = self.lines(reader, 1 + 1_024)
        self.assertEqual(register["type"], "register")
        self.assertEqual([row["value"] for row in rows], list(range(1_976, 3_000)))
        client.heartbeat()
        self.assertEqual(self.lines(reader, 1)[0]["dropped"], 1_976)

    def test_the_bound_in_bytes_holds_and_a_line_beyond_it_displaces_nothing(self) -> None:
        client = self.client(max_buffered_bytes=1_000)
        for index in range(100):
            client.log_metric("n", index)
        waiting = client.stats().waiting
        self.assertIn(waiting, range(5, 20))
        client.log_llm_usage(model="😀" * 256, feature="f", tokens_in=0, tokens_out=0)
        self.assertEqual(client.stats().waiting, waiting)
        self.assertEqual(client.stats().dropped, 101 - waiting)

    def test_a_frozen_monitor_keeps_its_connection_and_gets_all_when_it_wakes_up(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        reader = self.accept()
        for index in range(20_000):
            client.log_metric("n", index)
        self.assertEqual(client.stats().waiting, 1_024)
        self.poll_for(0.3)
        self.assertIsNone(self.accept_now())
        self.assertEqual(client.stats().connections, 1)
        values: List[int] = []

        def has_all() -> bool:
            self.poll()
            values.extend(line["value"] for line in reader.read() if line["type"] == "custom_metric")
            return values[-1:] == [19_999]

        until("the newest row", has_all)
        self.assertEqual(values, sorted(set(values)))
        client.heartbeat()
        self.assertEqual(self.lines(reader, 1)[0]["dropped"], 20_000 - len(values))

    def test_a_full_backlog_is_an_attempt_that_failed(self) -> None:
        self.listen(backlog=0)
        held = []
        for _ in range(64):
            attempt = socket.socket(socket.AF_UNIX)
            self.addCleanup(attempt.close)
            attempt.setblocking(False)
            try:
                attempt.connect(self.path)
                held.append(attempt)
            except BlockingIOError:
                break
        client = self.client()
        started = time.monotonic()
        client.register()
        for index in range(100):
            client.log_metric("n", index)
        client.close(0.2)
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(client.stats().connections, 0)

    def test_closing_hands_over_what_waits_and_ends_in_time(self) -> None:
        client = self.client()
        client.register()
        client.log_metric("n", 1)
        # It has failed to connect; closing tries at once, whatever pause it is in.
        self.listen()
        client.close()
        reader = self.accept()
        self.assertEqual(self.types(reader, 2), ["register", "custom_metric"])
        self.assertFalse(client.log_metric("n", 2))
        self.assertFalse(client.register())
        client.close()
        self.assertEqual(reader.read(), [])
        self.assertTrue(reader.is_over)

        frozen = self.client()
        for index in range(20_000):
            frozen.log_metric("n", index)
        started = time.monotonic()
        frozen.close(0.2)
        self.assertTrue(0.2 <= time.monotonic() - started < 2)

    def test_closing_does_not_wait_for_a_monitor_that_has_long_been_away(self) -> None:
        client = self.client()
        with mock.patch.object(Backoff, "pause_after", lambda self, lived_s: 30.0):
            client.register()
            started = time.monotonic()
            client.close(10)
        self.assertLess(time.monotonic() - started, 5)

    def test_a_monitor_that_restarts_learns_of_the_bot_by_itself(self) -> None:
        self.listen()
        client = self.client()
        client.register({"jokes": True})
        first = self.accept()
        register = self.lines(first, 1)[0]
        first.close()
        self.stop_listening()
        self.listen()
        again = self.lines(self.accept(), 1)[0]
        # It tells no time: it is not the moment when the bot registered.
        self.assertEqual({**again, "ts": register["ts"]}, register)
        self.assertNotIn("ts", again)

    def test_a_monitor_that_closes_its_side_alone_is_taken_for_gone(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        first = self.accept()
        first.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(self.types(self.accept(), 1), ["register"])

    def test_a_monitor_that_accepts_and_closes_is_not_hammered(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        connections = 0
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            reader = self.accept_now()
            if reader is not None:
                reader.close()
                connections += 1
            client.log_metric("n", 1)
            time.sleep(0.005)
        self.assertIn(connections, range(2, 40))

    def test_what_a_monitor_says_is_thrown_away(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        reader = self.accept()
        for index in range(40):
            try:
                reader.socket.send(b"x" * 65_536)
            except BlockingIOError:
                pass
            client.log_metric("n", index)
        self.assertEqual(len(self.lines(reader, 41)), 41)
        self.assertTrue(client.stats().is_connected)

    def test_a_goodbye_is_said_once_for_each_registration_and_no_heartbeat_follows(self) -> None:
        self.listen()
        client = self.client()
        client.unregister()
        client.register()
        client.unregister()
        client.unregister()
        client.heartbeat()
        client.log_metric("n", 1)
        client.register()
        client.heartbeat()
        client.unregister()
        reader = self.accept()
        expected = ["register", "unregister", "custom_metric", "register", "heartbeat", "unregister"]
        self.assertEqual(self.types(reader, 6), expected)
        # One that said goodbye is not registered again at the next connection.
        reader.close()
        self.stop_listening()
        self.listen()
        client.log_metric("n", 2)
        self.assertEqual(self.types(self.accept(), 1), ["custom_metric"])

    def test_a_bot_that_comes_back_while_the_monitor_is_away_ends_as_registered(self) -> None:
        client = self.client()
        client.register()
        client.heartbeat()
        client.unregister()
        client.register({"back": True})
        self.listen()
        client.close()
        (line,) = self.lines(self.accept(), 1)
        self.assertEqual((line["type"], line["features"]), ("register", {"back": True}))

    def test_it_beats_by_itself_in_a_poll_and_says_how_often(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        with mock.patch.object(MonitorClient, "start_thread"):
            client.start_heartbeat(0.02)
            self.assertFalse(client.start_heartbeat(0.02))
        reader = self.accept()
        register, *beats = self.lines_at_least(reader, 4)
        self.assertEqual({beat["type"] for beat in beats}, {"heartbeat"})
        self.assertEqual({beat["interval_s"] for beat in beats}, {0.02})
        client.stop_heartbeat()
        reader.read()
        self.poll_for(0.1)
        self.assertEqual(reader.read(), [])

    def test_trouble_is_told_at_once_repeated_and_cleared(self) -> None:
        self.listen()
        client = self.client()
        client.set_trouble("gateway\nclosed: 4004")
        client.register()
        reader = self.accept()
        self.assertEqual(self.lines(reader, 1)[0]["trouble"], "gateway closed: 4004")
        client.set_trouble("rate limit")
        self.assertEqual(self.lines(reader, 1)[0]["trouble"], "rate limit")
        with self.assertLogs("kissbot_monitor", "WARNING"):
            for blank in ("", " \n ", 7, b"x"):
                self.assertFalse(client.set_trouble(blank))  # type: ignore[arg-type]
        for index in range(50):
            client.set_trouble(f"flapping {index}")
        client.set_trouble(None)
        # At most one a second; the last is right.
        beats = self.lines_at_least(reader, 1)
        while "trouble" in beats[-1]:
            beats += self.lines_at_least(reader, 1)
        self.assertLess(len(beats), 10)
        self.poll_for(1.2)
        self.assertEqual(reader.read(), [])

    def test_two_bots_of_a_process_have_a_connection_each(self) -> None:
        self.listen()
        for channel in ("one", "two"):
            client = self.client(channel)
            client.register()
            self.assertEqual([line["channel"] for line in self.lines(self.accept(), 1)], [channel])

    def test_threads_do_not_mix_their_lines(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        reader = self.accept()

        def report(name: str) -> None:
            for index in range(250):
                client.log_metric(name, index)

        threads = [threading.Thread(target=report, args=(f"t{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        lines = self.lines(reader, 1_001)[1:]
        for thread in threads:
            thread.join()
        for number in range(4):
            values = [line["value"] for line in lines if line["metric_name"] == f"t{number}"]
            self.assertEqual(values, list(range(250)))

    def test_there_is_no_thread_unless_one_is_asked_for(self) -> None:
        self.listen()
        before = threading.active_count()
        client = self.client()
        client.register()
        client.heartbeat()
        client.log_metric("n", 1)
        client.flush()
        client.unregister()
        self.assertEqual(threading.active_count(), before)

    def test_a_thread_that_was_asked_for_beats_and_ends_with_its_client(self) -> None:
        self.listen()
        client = MonitorClient("lounge", socket_path=self.path)
        client.register()
        self.assertTrue(client.start_heartbeat(0.02))
        self.assertFalse(client.start_thread())
        reader = self.accept()
        self.lines_at_least(reader, 5)
        threads = [thread for thread in threading.enumerate() if thread.name == "kissbot-monitor"]
        self.assertEqual([thread.daemon for thread in threads], [True])
        client.close()
        threads[0].join(20)
        self.assertFalse(threads[0].is_alive())


class Arguments(MonitorCase):
    def test_no_argument_makes_a_call_raise(self) -> None:
        class Evil(Mapping[str, bool]):
            def __getitem__(self, name: str) -> bool:
                raise RuntimeError("mine")

            def __iter__(self) -> Iterator[str]:
                raise RuntimeError("mine")

            def __len__(self) -> int:
                raise RuntimeError("mine")

        class EvilText(str):
            def lstrip(self, *_: Any) -> str:
                raise RuntimeError("mine")

            def __str__(self) -> str:
                raise RuntimeError("mine")

        class EvilNumber(float):
            def __lt__(self, other: Any) -> bool:
                raise RuntimeError("mine")

            def __bool__(self) -> bool:
                raise RuntimeError("mine")

        # What it says of mistakes is another test's.
        logging.disable(logging.WARNING)
        self.addCleanup(logging.disable, logging.NOTSET)
        client: Any = self.client()
        odd: List[Any] = [None, True, -1, 0, 1.5, math.nan, math.inf, 10**400, "", "x" * 100_000, "\ud800", b"x", [], {}]
        odd += [{"a": 1}, {1: True}, object(), Evil(), EvilText("x"), EvilNumber(1.0), lambda: 1 / 0]
        for value in odd:
            client.register(value)
            client.heartbeat(rss_mb=value, cpu_pct=value)
            client.set_trouble(value)
            client.log_metric(value, value)
            client.log_metric("n", value)
            client.log_llm_usage(
                model=value,
                feature=value,
                tokens_in=value,
                tokens_out=value,
                latency_ms=value,
                provider=value,
                tokens_cached=value,
                tokens_cache_write=value,
                cost_usd=value,
                error=value,
            )
            with mock.patch.object(MonitorClient, "start_thread"):
                client.start_heartbeat(value)
            client.attach(value)
            client.stop_heartbeat()
            if not isinstance(value, (int, float)):
                client.flush(value)
        client.unregister()
        client.close("soon")

    def test_what_no_line_can_carry_is_refused_and_told_once(self) -> None:
        client = self.client()
        with self.assertLogs("kissbot_monitor", "WARNING") as logged:
            for _ in range(3):
                self.assertFalse(client.log_metric("n", math.nan))
        self.assertEqual(len(logged.output), 1)
        self.assertIn("log_metric: value: expected a finite number", logged.output[0])
        self.assertEqual((client.stats().refused, client.stats().dropped), (3, 0))

    def test_the_constructor_alone_raises_and_says_why(self) -> None:
        for options, words in (
            ({"channel": ".."}, "channel: expected 1 to 128 code points"),
            ({"channel": 7}, "channel: expected 1 to 128 code points"),
            ({"channel": "c", "pid": 0}, "pid: expected an integer"),
            ({"channel": "c", "socket_path": "/" + "x" * 200}, "socket_path: expected 1 to 10"),
            ({"channel": "c", "socket_path": ""}, "socket_path: expected 1 to 10"),
        ):
            arguments: Any = options
            with self.assertRaisesRegex(ValueError, words):
                MonitorClient(**arguments)

    def test_a_version_that_no_line_can_carry_is_left_out(self) -> None:
        self.listen()
        with self.assertLogs("kissbot_monitor", "WARNING"):
            client = self.client(version="2.1\n")
        client.register()
        self.assertNotIn("version", self.lines(self.accept(), 1)[0])
