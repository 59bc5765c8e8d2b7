"""A client that is called while it is at work: by signal handlers, log handlers and other threads."""

from __future__ import annotations

import itertools
import logging
import signal
import time
from typing import Any

from .monitor import MonitorCase


class Interruption(MonitorCase):
    def test_a_signal_handler_may_call_it_in_the_midst_of_a_call(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        reader = self.accept()
        calls = {"handler": itertools.count(), "loop": itertools.count()}

        def handle(_: int, __: Any) -> None:
            # It may be interrupted by itself.
            client.log_metric("handler", next(calls["handler"]))
            client.heartbeat()

        before = signal.signal(signal.SIGALRM, handle)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        lines = []
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            client.log_metric("loop", next(calls["loop"]))
            lines += reader.read()
        signal.setitimer(signal.ITIMER_REAL, 0)
        client.flush(5)
        lines += reader.read()
        for name, counter in calls.items():
            count = next(counter)
            values = [line["value"] for line in lines if line.get("metric_name") == name]
            self.assertGreater(count, 20)
            self.assertEqual(sorted(values), list(range(count)), name)

    def test_a_log_handler_may_call_it(self) -> None:
        self.listen()
        client = self.client()

        class Reporting(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                client.log_metric("log_lines", 1)

        logger = logging.getLogger("kissbot_monitor")
        handler = Reporting()
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        before = logger.level
        logger.setLevel(logging.DEBUG)
        self.addCleanup(logger.setLevel, before)
        client.register()
        self.assertEqual(self.types(self.accept(), 2), ["register", "custom_metric"])

    def test_a_call_does_not_wait_for_a_thread_that_is_at_work_on_the_client(self) -> None:
        client = self.client()
        client.register()
        with client._lock:
            started = time.monotonic()
            for index in range(1_000):
                client.log_metric("n", index)
            self.assertLess(time.monotonic() - started, 2)
        client.log_metric("n", 1_000)
        self.assertEqual(client.stats().waiting, 1 + 1_001)

    def test_a_lock_that_is_never_released_grows_nothing_and_holds_nobody_for_long(self) -> None:
        client = self.client()
        client._lock.acquire()
        started = time.monotonic()
        for index in range(1_100):
            client.log_metric("n", index)
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(len(client._inbox), 1_024)
        self.assertEqual(client.stats().dropped, 1_100 - 1_024)
        client._lock.release()
