"""The connection: it never waits, and says what became of each attempt and each write."""

from __future__ import annotations

import socket
from typing import Optional

# A write to a monitor that has gone is an error, and no signal [C-16].
_send_flags = getattr(socket, "MSG_NOSIGNAL", 0)
_no_signal_option = 0x1022 if not _send_flags and hasattr(socket, "SO_REUSEPORT") else 0

# How much of what a monitor says is thrown away at a time [C-14].
_most_reads = 16
_read_bytes = 4_096


class Connection:
    """A connection that is open. None of its methods waits or raises."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    @staticmethod
    def open(path: bytes) -> "Connection | OSError":
        """A new connection, or why there is none. A full backlog is a failed attempt [C-12]."""
        try:
            attempt = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError as error:
            return error
        try:
            attempt.setblocking(False)
            if _no_signal_option:
                attempt.setsockopt(socket.SOL_SOCKET, _no_signal_option, 1)
            attempt.connect(path)
        except OSError as error:
            attempt.close()
            return error
        return Connection(attempt)

    def is_over(self) -> bool:
        """Reads without waiting and throws away what comes; True at the end of the stream."""
        for _ in range(_most_reads):
            try:
                if not self._socket.recv(_read_bytes):
                    return True
            except BlockingIOError:
                return False
            except OSError:
                return True
        return False

    def write(self, chunk: bytes) -> Optional[int]:
        """How many bytes the system took; None where the connection has ended."""
        try:
            return self._socket.send(chunk, _send_flags)
        except BlockingIOError:
            return 0
        except OSError:
            return None

    def close(self) -> None:
        """Closes this process's end, without a word to the other: a forked process has its own."""
        try:
            self._socket.close()
        except OSError:
            pass
