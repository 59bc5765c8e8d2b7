"""The lines that wait, in the order of the calls, and what becomes of each."""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Optional

# How much is handed over in one write. A Unix socket of Linux takes so much whole or not at all, so
# no line is cut there.
CHUNK_BYTES = 16_384

ROW = "row"
GREETING = "greeting"
REGISTER = "register"
HEARTBEAT = "heartbeat"
UNREGISTER = "unregister"


class Item(NamedTuple):
    """A line of a call, or the registration that is repeated for a new connection.

    State lines are written when they leave, from `fields` and what is true then.
    """

    kind: str
    order: int
    line: bytes = b""
    fields: Optional[Dict[str, Any]] = None


class _Leaving(NamedTuple):
    item: Item
    start: int
    end: int


class Outbox:
    """Usage and metrics wait in a ring, bounded by count and by bytes, whose oldest are dropped.

    Of registration, heartbeat and goodbye the newest waits, in the place of the one that it
    replaces. Beside them there is the chunk that is being written. `fill` moves the oldest lines
    into it; `advance` says how much the system took, and puts back what was not begun. At most one
    line, which was cut, stays in it.
    """

    def __init__(self, most_lines: int, most_bytes: int) -> None:
        self._most_lines = most_lines
        self._most_bytes = most_bytes
        self._rows: Deque[Item] = deque()
        self._row_bytes = 0
        self._slots: Dict[str, Item] = {}
        self._is_greeting = False
        self._order = 0
        self._leaving: Deque[_Leaving] = deque()
        self._chunk = b""
        # Usage and metric lines that were taken and then lost.
        self.lost = 0
        # Lines of calls that the operating system took.
        self.sent = 0

    @property
    def waiting(self) -> int:
        """Lines of calls that are neither sent nor lost."""
        leaving = len(self._leaving)
        if leaving and self._leaving[0].item.kind is GREETING:
            leaving -= 1
        return len(self._rows) + len(self._slots) + leaving

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write, no greeting either."""
        return not (self._rows or self._slots or self._leaving or self._is_greeting)

    def put_row(self, line: bytes) -> None:
        size = len(line)
        if size > self._most_bytes:
            self.lost += 1
            return
        rows = self._rows
        while len(rows) >= self._most_lines or self._row_bytes + size > self._most_bytes:
            self._row_bytes -= len(rows.popleft().line)
            self.lost += 1
        self._order += 1
        self._row_bytes += size
        rows.append(Item(ROW, self._order, line))

    def put_state(self, kind: str, fields: Dict[str, Any]) -> None:
        self._order += 1
        order = self._order
        slots = self._slots
        replaced = slots.get(kind)
        if kind == REGISTER:
            slots.pop(UNREGISTER, None)  # the bot is back
        elif kind == UNREGISTER:
            slots.pop(HEARTBEAT, None)
        if replaced is not None:
            registered = slots.get(REGISTER)
            # A heartbeat stays behind a registration that came before it: of what both say, the
            # newest must arrive last.
            is_passed = kind == HEARTBEAT and registered is not None and registered.order > replaced.order
            if not is_passed:
                order = replaced.order
        slots[kind] = Item(kind, order, b"", fields)

    def greet(self) -> None:
        """A new connection begins with the registration; one that waits takes that place [C-1]."""
        waiting = self._slots.get(REGISTER)
        if waiting is None:
            self._is_greeting = True
        else:
            self._slots[REGISTER] = waiting._replace(order=0)

    def fill(self, write: Callable[[Item], Optional[bytes]]) -> bytes:
        """What to write now: the rest of a line that was cut, else the oldest lines.

        `write` makes the text of a state line; None where it would say nothing any more.
        """
        if self._leaving:
            return self._chunk
        pieces: List[bytes] = []
        size = 0
        while size < CHUNK_BYTES:
            if pieces and self._rows and size + len(self._rows[0].line) > CHUNK_BYTES:
                break
            item = self._take_oldest()
            if item is None:
                break
            line = item.line if item.kind is ROW else write(item)
            if line is None:
                continue
            pieces.append(line)
            self._leaving.append(_Leaving(item, size, size + len(line)))
            size += len(line)
        self._chunk = b"".join(pieces)
        return self._chunk

    def advance(self, taken: int) -> None:
        """The system took that many bytes of what `fill` returned."""
        leaving = self._leaving
        while leaving and leaving[0].end <= taken:
            if leaving.popleft().item.kind is not GREETING:
                self.sent += 1
        kept = 1 if leaving and leaving[0].start < taken else 0
        while len(leaving) > kept:
            self._put_back(leaving.pop().item)
        if leaving:
            item, start, end = leaving[0]
            self._chunk = self._chunk[taken:end]
            # From now on it counts from what is left; it began before that.
            leaving[0] = _Leaving(item, -1, end - taken)
        else:
            self._chunk = b""

    def lose(self, is_gone: bool) -> None:
        """The connection broke. A line that was begun is lost, as the monitor may have it [C-7].

        Only a goodbye is said again, where it still stands: it cannot count twice.
        """
        for item, _, _ in self._leaving:
            if item.kind == ROW:
                self.lost += 1
            elif item.kind == UNREGISTER and is_gone:
                self._put_back(item)
        self._leaving.clear()
        self._chunk = b""
        self._is_greeting = False

    def abandon(self) -> None:
        """Drops all that waits."""
        self.lost += len(self._rows) + sum(item.kind is ROW for item, _, _ in self._leaving)
        self._rows.clear()
        self._row_bytes = 0
        self._slots.clear()
        self._leaving.clear()
        self._chunk = b""
        self._is_greeting = False

    def _take_oldest(self) -> Optional[Item]:
        if self._is_greeting:
            self._is_greeting = False
            return Item(GREETING, 0)
        rows = self._rows
        if self._slots:
            oldest = min(self._slots.values(), key=_order_of)
            if not rows or oldest.order < rows[0].order:
                del self._slots[oldest.kind]
                return oldest
        if not rows:
            return None
        row = rows.popleft()
        self._row_bytes -= len(row.line)
        return row

    def _put_back(self, item: Item) -> None:
        """It waits again, as the oldest of its kind, unless a newer one is there or the ring is full."""
        size = len(item.line)
        if item.kind is GREETING:
            self._is_greeting = True
        elif item.kind is not ROW:
            is_ended = item.kind == HEARTBEAT and UNREGISTER in self._slots
            is_back = item.kind == UNREGISTER and REGISTER in self._slots
            if not is_ended and not is_back:
                self._slots.setdefault(item.kind, item)
        elif len(self._rows) >= self._most_lines or self._row_bytes + size > self._most_bytes:
            self.lost += 1
        else:
            self._row_bytes += size
            self._rows.appendleft(item)


def _order_of(item: Item) -> int:
    return item.order
