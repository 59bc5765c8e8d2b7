"""The client of one bot."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
import weakref
from collections import deque
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Deque,
    Dict,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Type,
    Union,
)

from ._drive import LoopDrive, ThreadDrive
from ._link import IDLE_TURN_S, Link
from ._message import Refusal, as_label, encode
from ._outbox import GREETING, HEARTBEAT, REGISTER, UNREGISTER, Item, Outbox
from ._own_process import LoadMeter, now_ms, started_at
from ._settings import PathText, absolute, fault_of_path, read_environment

if TYPE_CHECKING:
    import asyncio

_logger = logging.getLogger("kissbot_monitor")

# How long a change of trouble waits after the heartbeat that told the last one.
_QUIET_S = 1.0

# How many actions may wait for the thread that is at work on the client, and how long a further one
# waits for that thread, which itself waits for nothing.
_MOST_ACTIONS = 1_024
_PATIENCE_S = 0.01

_LONGEST_INTERVAL_S = 86_400.0

# A line of usage or a metric, or a change of the state.
_Action = Union[bytes, Callable[[], None]]


class Stats(NamedTuple):
    """The counters of a client at one moment."""

    is_connected: bool
    #: Lines that wait.
    waiting: int
    #: Lines that the operating system took.
    sent: int
    #: Usage and metric lines that were taken and then lost; what a heartbeat tells.
    dropped: int
    #: Calls whose arguments no line can carry.
    refused: int
    #: Connections so far.
    connections: int


class MonitorClient:
    """Reports one bot. No call waits for the monitor, and none raises, whatever its arguments.

    The constructor alone raises `ValueError` or `TypeError`, for a channel, a pid or a socket path
    that cannot be; it raises nothing where the environment disables the client.

    A call returns True where all that waited has been handed to the operating system, and False
    where it has not: it waits and will be sent, or was refused. False is no reason to call again.

    There is no thread, unless you ask for one: the client acts when it is called. `start_heartbeat`
    lets it act between the calls as well: in the running event loop, else in a daemon thread;
    `attach`, `start_thread` and `poll` do so without a heartbeat. All methods may be called from
    any thread, and from signal handlers. A process that is forked has a client of its own in the
    place of the inherited one, which is not registered and opens a connection with its first line.
    """

    def __init__(
        self,
        channel: str,
        *,
        pid: Optional[int] = None,
        socket_path: Optional[PathText] = None,
        version: Optional[str] = None,
        max_buffered_lines: int = 1_024,
        max_buffered_bytes: int = 262_144,
    ) -> None:
        """`pid`: the process that the client speaks for, if not this one; its load is unknown.

        At most so many usage and metric lines wait; the oldest are dropped, and counted.
        """
        given = None if socket_path is None else os.fsencode(socket_path)
        environment = read_environment(given, os.environ)
        self._is_debug = environment.is_debug
        self._is_disabled = environment.why_disabled != ""
        self._channel = channel
        self._other_pid = None if pid is None or pid == os.getpid() else pid
        self._version = version
        self._bounds = (max_buffered_lines, max_buffered_bytes)
        self._path = environment.socket_path
        self._known_remarks: Set[str] = set()
        if self._is_disabled:
            self._begin()
            self._remark("disabled", environment.why_disabled)
            self._tell_remarks()
            return
        encode({"type": "unregister", "channel": channel, "pid": pid or os.getpid()})
        if pid is not None:
            encode({"type": "unregister", "channel": channel, "pid": pid})
        if given is not None and fault_of_path(given):
            raise ValueError(f"socket_path: {fault_of_path(given)}")
        self._bounds = (max(1, int(max_buffered_lines)), max(0, int(max_buffered_bytes)))
        self._path = absolute(self._path)
        self._begin()
        if version is not None:
            self._version = self._version_if_sound(version)
        _clients.add(self)

    def _begin(self) -> None:
        """As it is in a process where nothing has happened yet."""
        self._maker = os.getpid()
        self._pid = self._other_pid if self._other_pid is not None else self._maker
        self._started_at = started_at() if self._other_pid is None else None
        self._lock = threading.Lock()
        self._owner = 0
        self._inbox: Deque[_Action] = deque()
        self._outbox = Outbox(*self._bounds)
        self._link = Link(self._path, self._outbox, self._tell_later)
        self._load = LoadMeter()
        self._remarks: List[str] = []
        self._events: List[str] = []
        # "new", "beating" (and never registered), "registered", or "gone".
        self._standing = "new"
        self._features: Mapping[str, bool] = {}
        self._trouble: Optional[str] = None
        self._said_trouble: Optional[str] = None
        self._quiet_until: Optional[float] = None
        self._interval_s: Optional[float] = None
        self._next_beat = 0.0
        self._refused = 0
        self._is_closing = False
        self._is_ended = False
        self._drive: Union[LoopDrive, ThreadDrive, None] = None

    # What a bot reports ---------------------------------------------------------------------------

    def register(self, features: Optional[Mapping[str, bool]] = None) -> bool:
        """Says that the bot is there and what it can do; every later connection begins with it.

        Features are at most 256 names of 1 to 128 code points, each True or False. Others are
        refused, and nothing changes then.
        """
        try:
            # A copy: the bot's may change.
            kept = dict(features) if isinstance(features, Mapping) else ({} if features is None else features)
            encode({"type": "register", "channel": self._channel, "pid": self._pid, "features": kept})
            ts = now_ms()
        except Exception as error:
            return self._refuse("register", error)

        def change() -> None:
            self._standing = "registered"
            self._features = kept
            self._outbox.put_state(REGISTER, {"features": kept, "ts": ts})

        return self._do(change)

    def heartbeat(self, *, rss_mb: Optional[float] = None, cpu_pct: Optional[float] = None) -> bool:
        """Says that the bot is alive, and what it uses, measured here where it is not given.

        Nothing is sent after a goodbye, until the bot registers again. A measurement that is none
        is left out.
        """
        try:
            fields = {"rss_mb": rss_mb, "cpu_pct": cpu_pct, "ts": now_ms()}
            for name in ("rss_mb", "cpu_pct"):
                try:
                    encode({"type": "heartbeat", "channel": "x", "pid": 1, name: fields[name]})
                except Refusal as refusal:
                    self._remark(f"heartbeat {name}", f"heartbeat: {refusal}; left out")
                    fields[name] = None
        except Exception as error:
            return self._refuse("heartbeat", error)
        return self._do(lambda: self._beat(fields))

    def start_heartbeat(self, interval_s: float = 30.0) -> bool:
        """Beats now and then every `interval_s` seconds, of at least 0.001 and at most a day.

        It beats in the event loop that runs in the calling thread, if there is one; else in a
        daemon thread; or in what `attach` or `start_thread` began. False while it beats already.
        """
        try:
            every_s = min(max(float(interval_s), 0.001), _LONGEST_INTERVAL_S)
            if not every_s > 0 or isinstance(interval_s, (str, bytes, bool)):
                raise Refusal("interval_s", "a number of seconds")
        except Exception as error:
            return self._refuse("start_heartbeat", error)

        def change() -> None:
            if self._interval_s is None:
                self._interval_s = every_s
                self._next_beat = time.monotonic() + every_s
                self._beat({"ts": now_ms()})

        if self._is_closing or self._interval_s is not None:
            return False
        done = self._do(change)
        if self._drive is None and not self.attach():
            self.start_thread()
        return done

    def stop_heartbeat(self) -> None:
        """Ends what `start_heartbeat` began."""
        self._do(self._stop_beating)

    def set_trouble(self, text: Optional[str]) -> bool:
        """Says that the bot is alive but does not work, and why; None when it works again.

        Each registration and heartbeat repeats it. A change sends a heartbeat of its own, at most
        one a second; the last text always arrives. A longer text is cut at 256 code points,
        control characters become spaces, and a blank text is refused.
        """
        try:
            if text is not None and not isinstance(text, str):
                raise Refusal("trouble", "a text, or None")
            label = None if text is None else as_label(text)
            if label == "":
                raise Refusal("trouble", "a text that is not blank, or None")
        except Exception as error:
            return self._refuse("set_trouble", error)

        def change() -> None:
            self._trouble = label
            if self._quiet_until is None:
                self._tell_trouble()

        return self._do(change)

    def unregister(self) -> bool:
        """Says goodbye, once for each registration, and stops the heartbeat."""
        try:
            ts = now_ms()
        except Exception as error:
            return self._refuse("unregister", error)

        def change() -> None:
            self._stop_beating()
            before = self._standing
            # Another process may have been registered by another client.
            if before == "gone" or (before == "new" and self._other_pid is None):
                return
            self._standing = "gone"
            self._outbox.put_state(UNREGISTER, {"ts": ts})

        return self._do(change)

    def log_llm_usage(
        self,
        *,
        model: str,
        feature: str,
        tokens_in: int,
        tokens_out: int,
        latency_ms: Optional[float] = None,
        provider: Optional[str] = None,
        tokens_cached: Optional[int] = None,
        tokens_cache_write: Optional[int] = None,
        cost_usd: Optional[float] = None,
        error: Optional[str] = None,
    ) -> bool:
        """Reports one call of a language model. None is unknown.

        `tokens_cached` (read from the provider's cache) and `tokens_cache_write` (written to it)
        are parts of `tokens_in`. `error` is how the call failed, and never a message: rate_limit,
        timeout, auth, context_length, content_filter, invalid_request, server, network, cancelled
        or other. The tokens may then be 0.
        """
        return self._row(
            "log_llm_usage",
            {
                "type": "llm_usage",
                "channel": self._channel,
                "model": model,
                "feature": feature,
                "tokens_in": tokens_in,
                "tokens_out": tokens_out,
                "latency_ms": latency_ms,
                "provider": provider,
                "tokens_cached": tokens_cached,
                "tokens_cache_write": tokens_cache_write,
                "cost_usd": cost_usd,
                "error": error,
            },
        )

    def log_metric(self, name: str, value: float) -> bool:
        """Reports a number under a name of the bot's own."""
        return self._row(
            "log_metric",
            {"type": "custom_metric", "channel": self._channel, "metric_name": name, "value": value},
        )

    # What lets it act -----------------------------------------------------------------------------

    def poll(self) -> float:
        """Does what is due: connects, writes, beats. Returns in how many seconds to call it again.

        For a program with a loop of its own; at most half a second.
        """
        self._act()
        try:
            now = time.monotonic()
            wanted_s = self._link.wanted_in(now, self._standing == "registered")
            for due_at in (self._quiet_until, self._next_beat if self._interval_s is not None else None):
                if due_at is not None:
                    wanted_s = min(wanted_s, max(due_at - now, 0.001))
            return wanted_s
        except Exception:
            return IDLE_TURN_S

    def attach(self, loop: Optional[asyncio.AbstractEventLoop] = None) -> bool:
        """Lets the client act in an event loop between the calls: the one given, or the running one.

        False where there is none, or the client acts by itself already. It holds no loop up, and
        keeps none alive.
        """
        try:
            # A bot that has no event loop need not load what makes one.
            asyncio = sys.modules.get("asyncio")
            if self._cannot_be_driven() or asyncio is None:
                return False
            drive = LoopDrive(self, loop if loop is not None else asyncio.get_running_loop())
        except Exception:
            return False
        self._drive = drive
        return True

    def start_thread(self) -> bool:
        """Lets the client act in a daemon thread between the calls; False where it does already."""
        try:
            if self._cannot_be_driven():
                return False
            self._drive = ThreadDrive(self)
            return True
        except Exception:
            # No thread can be started: it acts when it is called.
            return False

    # Its end --------------------------------------------------------------------------------------

    def flush(self, timeout_s: float = 0.5) -> bool:
        """Waits until nothing waits any more, for at most so long. True where that is so."""
        for pause_s in self._flushing(timeout_s):
            time.sleep(pause_s)
        return self._is_clear()

    async def aflush(self, timeout_s: float = 0.5) -> bool:
        """As `flush`, without holding up the event loop."""
        import asyncio

        for pause_s in self._flushing(timeout_s):
            await asyncio.sleep(pause_s)
        return self._is_clear()

    def close(self, timeout_s: float = 0.5) -> None:
        """Flushes for at most so long, drops what still waits, and gives the connection up.

        It does not wait for a monitor that is away, unless that has just gone. The bot's status at
        the monitor stays what it is: for a goodbye, call `unregister` before. Afterwards calls do
        nothing.
        """
        for pause_s in self._closing(timeout_s):
            time.sleep(pause_s)

    async def aclose(self, timeout_s: float = 0.5) -> None:
        """As `close`, without holding up the event loop."""
        import asyncio

        for pause_s in self._closing(timeout_s):
            await asyncio.sleep(pause_s)

    def __enter__(self) -> "MonitorClient":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        """Says goodbye where the block ends on purpose, and closes; an error gets no goodbye."""
        if _is_on_purpose(error):
            self.unregister()
        self.close()

    async def __aenter__(self) -> "MonitorClient":
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        if _is_on_purpose(error):
            self.unregister()
        await self.aclose()

    def stats(self) -> Stats:
        """The counters at this moment."""
        outbox = self._outbox
        return Stats(
            is_connected=self._link.is_connected,
            waiting=outbox.waiting,
            sent=outbox.sent,
            dropped=outbox.lost,
            refused=self._refused,
            connections=self._link.connections,
        )

    # One action after the other -------------------------------------------------------------------

    def _row(self, call: str, message: Dict[str, Any]) -> bool:
        try:
            message["ts"] = now_ms()
            line = encode(message)
        except Exception as error:
            return self._refuse(call, error)
        return self._do(line)

    def _do(self, action: _Action) -> bool:
        """One call. It is done at once, or by the thread that is at work on the client."""
        if self._is_disabled:
            return False
        try:
            if os.getpid() != self._maker:
                self._start_over()
            inbox = self._inbox
            if len(inbox) >= _MOST_ACTIONS and not self._make_room():
                return False
            inbox.append(action)
        except Exception:
            return False
        return self._act()

    def _act(self, at_once: bool = False) -> bool:
        """Gives the client a turn, unless another one has it: that one will see what is new.

        So no call waits for another thread; and one that comes within a call, from a signal handler
        or a log handler, finds the client in order.
        """
        is_clear = False
        try:
            if os.getpid() != self._maker:
                self._start_over()
            while self._lock.acquire(blocking=False):
                try:
                    self._owner = threading.get_ident()
                    is_clear = self._turn(at_once)
                finally:
                    self._owner = 0
                    self._lock.release()
                # What came between the last look and the release had no turn.
                if not self._inbox:
                    break
            self._tell_remarks()
        except Exception:
            return False
        return is_clear

    def _turn(self, at_once: bool) -> bool:
        if self._is_ended:
            self._inbox.clear()
            return False
        inbox, outbox = self._inbox, self._outbox
        while inbox:
            action = inbox.popleft()
            if isinstance(action, bytes):
                outbox.put_row(action)
            else:
                action()
        if self._is_ended:
            return False
        now = time.monotonic()
        self._beat_if_due(now)
        self._link.turn(
            now,
            self._text_of,
            is_registered=self._standing == "registered",
            is_gone=self._standing == "gone",
            at_once=at_once,
        )
        return outbox.is_empty

    def _make_room(self) -> bool:
        """Waits for the thread that is at work, which waits for nothing; False where it is this one."""
        if self._owner != threading.get_ident() and self._lock.acquire(timeout=_PATIENCE_S):
            self._lock.release()
            self._act()
            return True
        self._outbox.lost += 1
        return False

    def _text_of(self, item: Item) -> Optional[bytes]:
        """A state line, as things are now. What cannot be said is left out: that the bot lives must
        get through."""
        message: Dict[str, Any] = {"channel": self._channel, "pid": self._pid, **(item.fields or {})}
        message["type"] = REGISTER if item.kind is GREETING else item.kind
        if item.kind != UNREGISTER:
            message["started_at"] = self._started_at
            message["interval_s"] = self._interval_s
            message["trouble"] = self._trouble
            self._said_trouble = self._trouble
        if item.kind == HEARTBEAT:
            message["dropped"] = self._outbox.lost
            if self._other_pid is None:
                load = self._load.measure()
                for name, measured in (("rss_mb", load.rss_mb), ("cpu_pct", load.cpu_pct)):
                    if message.get(name) is None:
                        message[name] = measured
        elif item.kind != UNREGISTER:
            message["version"] = self._version
            message.setdefault("features", self._features)
        try:
            return encode(message)
        except Refusal:
            for name in ("version", "trouble", "interval_s"):
                message.pop(name, None)
        try:
            return encode(message)
        except Refusal:
            return None

    def _beat(self, fields: Dict[str, Any]) -> None:
        if self._standing == "gone":
            return
        if self._standing == "new":
            self._standing = "beating"
        self._outbox.put_state(HEARTBEAT, fields)

    def _beat_if_due(self, now: float) -> None:
        if self._is_closing:
            return
        if self._interval_s is not None and now >= self._next_beat:
            self._next_beat = now + self._interval_s
            self._beat({"ts": now_ms()})
        if self._quiet_until is not None and now >= self._quiet_until:
            self._tell_trouble()

    def _tell_trouble(self) -> None:
        self._quiet_until = None
        if self._standing in ("beating", "registered") and self._trouble != self._said_trouble:
            self._beat({"ts": now_ms()})
            self._quiet_until = time.monotonic() + _QUIET_S

    def _stop_beating(self) -> None:
        self._interval_s = None

    def _flushing(self, timeout_s: float) -> Iterator[float]:
        deadline = _deadline(timeout_s)
        pause_s = 0.001
        self._act()
        while not self._is_clear() and time.monotonic() < deadline:
            yield max(0.0, min(pause_s, deadline - time.monotonic()))
            pause_s = min(2 * pause_s, 0.02)
            self._act()

    def _closing(self, timeout_s: float) -> Iterator[float]:
        if self._is_closing or self._is_disabled:
            return
        self._do(self._tell_trouble)
        self._is_closing = True
        deadline = _deadline(timeout_s)
        self._act(at_once=True)
        for pause_s in self._flushing(deadline - time.monotonic()):
            # Nothing can change before the deadline any more.
            if not self._link.is_connected and self._link.attempt_at > deadline:
                break
            yield pause_s
        self._end()

    def _end(self) -> None:
        def end() -> None:
            self._is_ended = True
            self._outbox.abandon()
            self._link.close()

        drive, self._drive = self._drive, None
        if drive is not None:
            drive.stop()
        self._inbox.append(end)
        self._act()
        _clients.discard(self)

    def _is_clear(self) -> bool:
        return self._is_ended or self._is_disabled or (not self._inbox and self._outbox.waiting == 0)

    def _cannot_be_driven(self) -> bool:
        return self._drive is not None or self._is_disabled or self._is_closing

    # Forks, and the end of the process ------------------------------------------------------------

    def _start_over(self) -> None:
        """In a process that was forked: nothing of the parent's is used, not even its lock."""
        link, drive = self._link, self._drive
        is_closing, is_ended = self._is_closing, self._is_ended
        self._begin()
        self._is_closing, self._is_ended = is_closing, is_ended
        link.close()
        if isinstance(drive, LoopDrive):
            drive.forget()

    def _at_exit(self) -> None:
        """Writes what the system takes at once."""
        if os.getpid() == self._maker and not self._is_ended:
            self._is_closing = True
            self._act(at_once=True)
            self._end()

    def __del__(self) -> None:
        try:
            if os.getpid() == self._maker and self._lock.acquire(blocking=False):
                self._link.close()
        except Exception:
            pass

    # What it tells its developer ------------------------------------------------------------------

    def _version_if_sound(self, version: Any) -> Optional[str]:
        try:
            encode({"type": "register", "channel": "x", "pid": 1, "version": version})
            return str(version)
        except Exception as error:
            self._remark("version", f"{_words_of(error)}; left out")
            self._tell_remarks()
            return None

    def _refuse(self, call: str, error: Exception) -> bool:
        if not self._is_disabled:
            self._refused += 1
            self._remark(f"{call} {getattr(error, 'field', '')}", f"{call}: {_words_of(error)}")
            self._tell_remarks()
        return False

    def _remark(self, kind: str, text: str) -> None:
        """Each kind once."""
        if kind not in self._known_remarks and len(self._known_remarks) < 100:
            self._known_remarks.add(kind)
            self._remarks.append(text)

    def _tell_later(self, text: str) -> None:
        if self._is_debug or _logger.isEnabledFor(logging.DEBUG):
            self._events.append(text)

    def _tell_remarks(self) -> None:
        """Outside of any turn, as a log handler may do anything."""
        for level, texts in ((logging.WARNING, self._remarks), (logging.DEBUG, self._events)):
            while texts:
                try:
                    text = f"{self._channel!r}: {texts.pop(0)}"
                    _logger.log(level, "%s", text)
                    if self._is_debug:
                        print(f"kissbot_monitor {text}", file=sys.stderr)
                except Exception:
                    pass


_clients: "weakref.WeakSet[MonitorClient]" = weakref.WeakSet()


def _each_client(act: Callable[[MonitorClient], None]) -> None:
    try:
        for client in list(_clients):
            act(client)
    except Exception:
        pass


def _start_over_in_child() -> None:
    _each_client(MonitorClient._start_over)


def _at_exit() -> None:
    _each_client(MonitorClient._at_exit)


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over_in_child)


def _is_on_purpose(error: Optional[BaseException]) -> bool:
    if isinstance(error, SystemExit):
        return error.code in (None, 0)
    # A task that is cancelled ends on purpose, too; it is none of the `Exception`s.
    return not isinstance(error, Exception)


def _deadline(timeout_s: float) -> float:
    try:
        return time.monotonic() + min(max(float(timeout_s), 0.0), _LONGEST_INTERVAL_S)
    except Exception:
        return time.monotonic()


def _words_of(error: Exception) -> str:
    try:
        return str(error) if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
    except Exception:
        return "an error without words"
