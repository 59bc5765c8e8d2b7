"""When to connect again."""

from __future__ import annotations

from random import SystemRandom
from typing import Optional

# A connection that lived this long shows that the monitor works: the next failure is the first.
PROVEN_S = 1.0

# One that lived this long and was then closed by the monitor was closed for being idle.
IDLE_S = 10.0

_FIRST_BOUND_S = 0.25
_LAST_BOUND_S = 30.0

# How far connections that open but do not last let the bound grow: to 2 s.
_MOST_BRIEF_FAILURES = 4


class Backoff:
    """The attempts of one client that failed in a row, and the pauses after them.

    A pause is anything from 0 to a bound that doubles, since all the bots of a machine lose their
    monitor in one instant and must not come back in another [C-5].
    """

    def __init__(self) -> None:
        # Not the bot's random numbers, and no state that a forked process would share.
        self._random = SystemRandom().random
        self._failures = 0

    def pause_after(self, lived_s: Optional[float]) -> float:
        """After an attempt that failed (None), or a connection that lived so long."""
        if lived_s is None:
            self._failures += 1
        elif lived_s >= PROVEN_S:
            self._failures = 1
        else:
            self._failures = min(self._failures + 1, _MOST_BRIEF_FAILURES)
        bound_s = min(_FIRST_BOUND_S * 2 ** min(self._failures - 1, 16), _LAST_BOUND_S)
        return float(self._random() * bound_s)

    def rest(self) -> float:
        """For a client with nothing to say, whose idle connection was closed."""
        self._failures = 0
        return float(self._random() * _LAST_BOUND_S)
