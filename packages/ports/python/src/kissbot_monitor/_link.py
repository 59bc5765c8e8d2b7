"""A connection that comes back: it writes what waits, whenever it gets a turn."""

from __future__ import annotations

from typing import Callable, Optional

from ._backoff import IDLE_S, Backoff
from ._connection import Connection
from ._outbox import Item, Outbox

# How often an open connection is looked at for its end, at most.
_LOOK_S = 0.05

# How long it waits before it tries again what a slow monitor did not take: at first, and at most.
_FIRST_STALL_S = 0.005
_LAST_STALL_S = 0.160

# How long a turn may be put off where nothing is due.
IDLE_TURN_S = 0.5


class Link:
    """Does what is due in each `turn`, which takes microseconds; between them it does nothing."""

    def __init__(self, path: bytes, outbox: Outbox, tell: Callable[[str], None]) -> None:
        self._path = path
        self._outbox = outbox
        self._tell = tell
        self._backoff = Backoff()
        self._connection: Optional[Connection] = None
        self._opened_at = 0.0
        self._look_at = 0.0
        self._stall_s = _FIRST_STALL_S
        self._stalled_until = 0.0
        # From when on it may connect; and until when it does so for a line alone.
        self.attempt_at = 0.0
        self._rests_until = 0.0
        self._was_refused = False
        self.connections = 0

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def turn(
        self,
        now: float,
        write: Callable[[Item], Optional[bytes]],
        *,
        is_registered: bool,
        is_gone: bool,
        at_once: bool = False,
    ) -> None:
        """Notices the end of the connection, connects where that is due, and writes.

        `at_once` passes over a pause between attempts.
        """
        if self._connection is not None and now >= self._look_at:
            self._look_at = now + _LOOK_S
            if self._connection.is_over():
                self._lose(now, is_gone)
        is_due = now >= self._due_at(is_registered) or (at_once and not self._outbox.is_empty)
        if self._connection is None and is_due:
            self._connect(now, is_registered)
        if self._connection is not None and (at_once or now >= self._stalled_until):
            self._write(now, write, is_gone)

    def wanted_in(self, now: float, is_registered: bool) -> float:
        """In how many seconds it wants a turn; at most half a second."""
        if self._connection is None:
            due_at = self._due_at(is_registered)
        elif self._outbox.is_empty:
            due_at = now + IDLE_TURN_S
        else:
            due_at = self._stalled_until
        return min(max(due_at - now, 0.001), IDLE_TURN_S)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _due_at(self, is_registered: bool) -> float:
        if not self._outbox.is_empty:
            return self.attempt_at
        return max(self.attempt_at, self._rests_until) if is_registered else float("inf")

    def _connect(self, now: float, is_registered: bool) -> None:
        opened = Connection.open(self._path)
        if isinstance(opened, OSError):
            self.attempt_at = now + self._backoff.pause_after(None)
            if not self._was_refused:
                self._tell(f"no connection: {opened}")
            self._was_refused = True
            return
        self._connection = opened
        self._opened_at = now
        self._look_at = now + _LOOK_S
        self._stalled_until = 0.0
        self._stall_s = _FIRST_STALL_S
        self._was_refused = False
        self.connections += 1
        if is_registered:
            self._outbox.greet()
        self._tell("connected")

    def _write(self, now: float, write: Callable[[Item], Optional[bytes]], is_gone: bool) -> None:
        connection, outbox = self._connection, self._outbox
        while connection is not None:
            chunk = outbox.fill(write)
            if not chunk:
                return
            taken = connection.write(chunk)
            outbox.advance(taken or 0)
            if taken is None:
                self._lose(now, is_gone)
                return
            if taken == 0:
                # Slow, perhaps frozen, and not dead: it stays connected [C-6].
                self._stalled_until = now + self._stall_s
                self._stall_s = min(2 * self._stall_s, _LAST_STALL_S)
                return
            self._stall_s = _FIRST_STALL_S

    def _lose(self, now: float, is_gone: bool) -> None:
        self.close()
        self._outbox.lose(is_gone)
        lived_s = now - self._opened_at
        self._tell(f"disconnected after {lived_s:.3f} s")
        if lived_s < IDLE_S:
            self.attempt_at = now + self._backoff.pause_after(lived_s)
        else:
            # As the Python monitor does with a connection without lines: the next line finds its
            # way at once, and until then nobody is bothered.
            self.attempt_at = now
            self._rests_until = now + self._backoff.rest()
