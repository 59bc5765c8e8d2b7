"""What this process knows of itself. What it cannot know is None, never guessed."""

from __future__ import annotations

import os
import time
from typing import NamedTuple, Optional, Tuple

# A measurement is good for this long: asking the kernel takes longer than the rest of a heartbeat.
_VALID_S = 1.0

_known_start: Tuple[int, Optional[int]] = (0, None)


def now_ms() -> int:
    """Now, in Unix milliseconds."""
    return int(time.time() * 1_000)


def started_at() -> Optional[int]:
    """When this process started, in Unix milliseconds.

    It is the same for all clients of the process, also after the clock was set, and another one
    in a process that was forked.
    """
    global _known_start
    pid = os.getpid()
    if _known_start[0] != pid:
        _known_start = (pid, _measure_start())
    return _known_start[1]


def _measure_start() -> Optional[int]:
    try:
        with open("/proc/self/stat", "rb") as file:
            # The second field is the name of the program, which may hold anything.
            fields = file.read().rpartition(b") ")[2].split()
        started_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        age_s = time.clock_gettime(time.CLOCK_BOOTTIME) - started_s
        # The kernel cuts it to a hundredth of a second.
        return round((time.time() - age_s) * 1_000) if age_s > -0.02 else None
    except (OSError, ValueError, IndexError, AttributeError):
        return None


class Load(NamedTuple):
    # Resident memory, in units of 1,048,576 bytes.
    rss_mb: Optional[float]
    # Percent of one core since the measurement before; None until there was one.
    cpu_pct: Optional[float]


class LoadMeter:
    """Measures the load of this process, at most once a second."""

    def __init__(self) -> None:
        self._measured_at = self._base_at = time.monotonic()
        self._base_s = time.process_time()
        self._load: Optional[Load] = None

    def measure(self) -> Load:
        now = time.monotonic()
        if self._load is not None and now - self._measured_at < _VALID_S:
            return self._load
        cpu_pct = None
        if now - self._base_at >= _VALID_S:
            used_s = time.process_time()
            cpu_pct = round(100 * max(0.0, used_s - self._base_s) / (now - self._base_at), 2)
            self._base_at, self._base_s = now, used_s
        self._measured_at = now
        self._load = Load(_rss_mb(), cpu_pct)
        return self._load


def _rss_mb() -> Optional[float]:
    try:
        with open("/proc/self/statm", "rb") as file:
            pages = int(file.read().split()[1])
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576, 2)
    except (OSError, ValueError, IndexError):
        return None
