"""A monitor under control, for the tests."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import time
from typing import Any, Callable, Dict, List, Optional
from unittest import TestCase

from kissbot_monitor import MonitorClient

Line = Dict[str, Any]

# How long a test waits for what has to come.
PATIENCE_S = 20.0


def until(what: str, is_so: Callable[[], Any], timeout_s: float = PATIENCE_S) -> None:
    """Polls until it is so."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(0.002)


class Reader:
    """One connection, at the monitor's end. It reads when it is asked."""

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted
        self.socket.setblocking(False)
        self._held = b""
        self.is_over = False

    def read(self) -> List[Line]:
        """The whole lines that are there."""
        while not self.is_over:
            try:
                data = self.socket.recv(65_536)
            except BlockingIOError:
                break
            except ConnectionResetError:
                data = b""
            self.is_over = not data
            self._held += data
        *lines, self._held = self._held.split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        self.socket.close()


class MonitorCase(TestCase):
    """A test with a socket of its own, and what it makes is gone in the end."""

    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="kissbot-py-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.path = os.path.join(self.folder, "m.sock")
        self.listener: Optional[socket.socket] = None
        self.polled: List[MonitorClient] = []

    def client(self, channel: str = "lounge", **options: Any) -> MonitorClient:
        """One that acts in calls, and whenever the test waits."""
        client = MonitorClient(channel, socket_path=self.path, **options)
        self.addCleanup(client.close, 0)
        self.polled.append(client)
        return client

    def listen(self, backlog: int = 16) -> None:
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(self.path)
        self.listener.listen(backlog)
        self.listener.setblocking(False)

    def stop_listening(self) -> None:
        assert self.listener is not None
        self.listener.close()

    def accept_now(self) -> Optional[Reader]:
        assert self.listener is not None
        try:
            accepted, _ = self.listener.accept()
        except BlockingIOError:
            return None
        self.addCleanup(accepted.close)
        return Reader(accepted)

    def accept(self) -> Reader:
        found: List[Reader] = []

        def is_there() -> bool:
            self.poll()
            reader = self.accept_now()
            if reader is not None:
                found.append(reader)
            return reader is not None

        until("a connection", is_there)
        return found[0]

    def lines(self, reader: Reader, count: int) -> List[Line]:
        """The next `count` lines, no more."""
        lines = self.lines_at_least(reader, count)
        self.assertEqual(len(lines), count, lines)
        return lines

    def lines_at_least(self, reader: Reader, count: int) -> List[Line]:
        lines: List[Line] = []

        def are_there() -> bool:
            self.poll()
            lines.extend(reader.read())
            return len(lines) >= count or reader.is_over

        until(f"{count} lines", are_there)
        return lines

    def rest(self, reader: Reader) -> List[Line]:
        """The lines until the end of the connection."""
        lines: List[Line] = []

        def is_over() -> bool:
            self.poll()
            lines.extend(reader.read())
            return reader.is_over

        until("the end of the connection", is_over)
        return lines

    def types(self, reader: Reader, count: int) -> List[str]:
        return [line["type"] for line in self.lines(reader, count)]

    def poll(self) -> None:
        for client in self.polled:
            client.poll()

    def poll_for(self, duration_s: float) -> None:
        deadline = time.monotonic() + duration_s
        while time.monotonic() < deadline:
            self.poll()
            time.sleep(0.002)
