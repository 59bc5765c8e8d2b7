"""What lets a client act between the calls: an event loop, or a thread."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    import asyncio

    from ._client import MonitorClient


class LoopDrive:
    """Polls the client in an event loop. It keeps neither of the two alive."""

    def __init__(self, client: "MonitorClient", loop: "asyncio.AbstractEventLoop") -> None:
        self._client = weakref.ref(client)
        self._loop = loop
        self._timer: "Optional[asyncio.Handle]" = None
        self._is_over = False
        # It may be that of another thread.
        loop.call_soon_threadsafe(self._turn)

    def stop(self) -> None:
        """From any thread."""
        self._is_over = True
        try:
            self._loop.call_soon_threadsafe(self._cancel)
        except RuntimeError:
            pass  # the loop is closed

    def forget(self) -> None:
        """In a process that was forked, where the loop is the parent's."""
        self._is_over = True

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self) -> None:
        client = self._client()
        if client is None or self._is_over:
            return
        try:
            self._timer = self._loop.call_later(client.poll(), self._turn)
        except RuntimeError:
            self._is_over = True


class ThreadDrive:
    """Polls the client in a daemon thread, which ends with the client."""

    def __init__(self, client: "MonitorClient") -> None:
        self._over = threading.Event()
        run = threading.Thread(
            target=_poll_for_ever,
            args=(weakref.ref(client), self._over),
            name="kissbot-monitor",
            daemon=True,
        )
        run.start()

    def stop(self) -> None:
        self._over.set()


def _poll_for_ever(of: "weakref.ref[MonitorClient]", over: threading.Event) -> None:
    while True:
        client = of()
        if client is None or over.is_set():
            return
        pause_s = client.poll()
        # Not held while it waits.
        del client
        over.wait(pause_s)
