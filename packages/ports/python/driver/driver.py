"""Drives the client for the conformance runner.

Commands come on standard input and answers go to standard output, one JSON object a line. The
clients live in an event loop, as in a bot on asyncio; with `--thread` in a daemon thread of theirs;
with `--poll` only in calls, and in a poll every 20 ms.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from kissbot_monitor import MonitorClient, Refusal, __version__, encode  # noqa: E402

Answer = Dict[str, Any]

POLL_S = 0.02

# Calls of a burst between two turns of the event loop.
CALLS_A_TURN = 1_000


class Driven:
    """A client, and how often it is to beat once it is registered."""

    def __init__(self, monitor: MonitorClient, interval_s: Optional[float]) -> None:
        self.monitor = monitor
        self.interval_s = interval_s


class Driver:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.clients: Dict[str, Driven] = {}

    async def answer(self, command: Answer) -> Answer:
        name = command.get("cmd", "")
        if name == "hello":
            return self.hello()
        if name == "noop":
            return {}
        if name == "encode":
            return encoded(untag(command["message"]))
        if name == "control":
            return control(int(command["count"]))
        if name == "open":
            return self.open(command)
        driven = self.clients.get(command.get("client", ""))
        if driven is None:
            return {"unsupported": True}
        monitor = driven.monitor
        if name == "call":
            return call(driven, command.get("do", ""), untag(command.get("fields", {})))
        if name == "burst":
            return await burst(monitor, command)
        if name == "threads":
            return threads(monitor, command)
        if name == "fork":
            return fork(monitor, command)
        if name == "stats":
            stats = monitor.stats()
            return {"lost": stats.dropped, "held": stats.waiting}
        if name == "close":
            started = time.perf_counter_ns()
            await monitor.aclose(command.get("timeout_ms", 500) / 1_000)
            return took(started)
        return {"unsupported": True}

    def hello(self) -> Answer:
        return {
            "driver": 1,
            "protocol": "1.1",
            "pid": os.getpid(),
            "implementation": {"name": f"kissbot-python-{self.mode}", "language": "python", "version": __version__},
            "can": ["encode", "conduct"],
            "bounds": {"lines": 1_024, "bytes": 262_144},
            "timer": True,
            "batches": True,
            "interval": True,
            "fork": True,
            "threads": True,
        }

    def open(self, command: Answer) -> Answer:
        try:
            monitor = MonitorClient(command["channel"], socket_path=command.get("socket"))
        except Exception as error:
            return {"raised": f"{type(error).__name__}: {error}"}
        if self.mode == "loop":
            monitor.attach()
        elif self.mode == "thread":
            monitor.start_thread()
        self.clients[command["client"]] = Driven(monitor, command.get("interval_s"))
        return {}

    def poll(self) -> None:
        for driven in self.clients.values():
            driven.monitor.poll()


def call(driven: Driven, what: str, fields: Dict[str, Any]) -> Answer:
    monitor = driven.monitor

    def register() -> None:
        monitor.register(fields.get("features"))
        if driven.interval_s is not None:
            monitor.start_heartbeat(driven.interval_s)

    calls: Dict[str, Callable[[], Any]] = {
        "register": register,
        "heartbeat": lambda: monitor.heartbeat(rss_mb=fields.get("rss_mb"), cpu_pct=fields.get("cpu_pct")),
        "unregister": monitor.unregister,
        "custom_metric": lambda: monitor.log_metric(fields.get("metric_name"), fields.get("value")),  # type: ignore[arg-type]
        "llm_usage": lambda: monitor.log_llm_usage(
            model=fields.get("model"),  # type: ignore[arg-type]
            feature=fields.get("feature"),  # type: ignore[arg-type]
            tokens_in=fields.get("tokens_in"),  # type: ignore[arg-type]
            tokens_out=fields.get("tokens_out"),  # type: ignore[arg-type]
            latency_ms=fields.get("latency_ms"),
            provider=fields.get("provider"),
            tokens_cached=fields.get("tokens_cached"),
            tokens_cache_write=fields.get("tokens_cache_write"),
            cost_usd=fields.get("cost_usd"),
            error=fields.get("error"),
        ),
    }
    if what not in calls:
        return {"unsupported": True}
    started = time.perf_counter_ns()
    try:
        calls[what]()
    except Exception as error:
        return {**took(started), "raised": f"{type(error).__name__}: {error}"}
    return took(started)


async def burst(monitor: MonitorClient, command: Answer) -> Answer:
    count, first = int(command["count"]), command.get("from", 0)
    name = untag(command.get("fields", {})).get("metric_name", "n")
    times: List[int] = []
    raised: Answer = {}
    for start in range(0, count, CALLS_A_TURN):
        for index in range(start, min(start + CALLS_A_TURN, count)):
            started = time.perf_counter_ns()
            try:
                monitor.log_metric(name, first + index)
            except Exception as error:
                raised = {"raised": f"{type(error).__name__}: {error}"}
            times.append(time.perf_counter_ns() - started)
        await asyncio.sleep(0)
    return {**quantiles(times), **raised}


def control(count: int) -> Answer:
    times = []
    for index in range(count):
        started = time.perf_counter_ns()
        encode({"type": "custom_metric", "channel": "lounge", "metric_name": "n", "value": index, "ts": 1})
        times.append(time.perf_counter_ns() - started)
    return quantiles(times)


def threads(monitor: MonitorClient, command: Answer) -> Answer:
    count, first = int(command["count"]), command.get("from", 0)
    times: List[int] = []

    def run(thread: int) -> None:
        own = []
        for index in range(count):
            started = time.perf_counter_ns()
            monitor.log_metric("n", first + thread * count + index)
            own.append(time.perf_counter_ns() - started)
        times.extend(own)

    running = [threading.Thread(target=run, args=(thread,)) for thread in range(int(command["threads"]))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return quantiles(times)


def fork(monitor: MonitorClient, command: Answer) -> Answer:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            monitor.register()
            for index in range(int(command["count"])):
                monitor.log_metric("n", command.get("from", 0) + index)
            monitor.close(0.5)
            code = 0
        finally:
            # The event loop and what runs in it are the parent's.
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    return {"pid": child, "status": -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)}


def encoded(message: Any) -> Answer:
    try:
        return {"line": base64.b64encode(encode(message)).decode()}
    except Refusal as refusal:
        return {"refused": refusal.field}


def quantiles(times: List[int]) -> Answer:
    times.sort()
    last = len(times) - 1
    shares = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1.0}
    return {"took_us": {name: times[min(int(len(times) * share), last)] / 1_000 for name, share in shares.items()}}


def took(started_ns: int) -> Answer:
    return {"took_us": (time.perf_counter_ns() - started_ns) / 1_000}


def untag(value: Any) -> Any:
    """The value that the runner means: numbers and texts that JSON cannot carry have tags."""
    if isinstance(value, list):
        return [untag(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$number"}:
        return float(value["$number"])
    if set(value) == {"$string"}:
        return b"".join(map(text_part, value["$string"])).decode("utf-16-le", "surrogatepass")
    if set(value) == {"$entries"}:
        return {untag(name): untag(item) for name, item in value["$entries"]}
    return {name: untag(item) for name, item in value.items()}


def text_part(part: Any) -> bytes:
    """As UTF-16, so that a pair of surrogates is joined even where it is spread over two parts."""
    if isinstance(part, str):
        return part.encode("utf-16-le", "surrogatepass")
    if "utf16" in part:
        return b"".join(unit.to_bytes(2, "little") for unit in part["utf16"])
    return bytes(text_part(part["repeat"]) * part["times"])


async def run(mode: str) -> Optional[Answer]:
    """Until the runner wants the end: that command, or None where its commands ended."""
    driver = Driver(mode)
    loop = asyncio.get_running_loop()
    commands: "asyncio.Queue[bytes]" = asyncio.Queue()

    def read() -> None:
        commands.put_nowait(os.read(0, 1 << 20))

    loop.add_reader(0, read)
    held = b""
    while True:
        try:
            data = await asyncio.wait_for(commands.get(), POLL_S if mode == "poll" else None)
        except asyncio.TimeoutError:
            driver.poll()
            continue
        if not data:
            return None
        *lines, held = (held + data).split(b"\n")
        for line in lines:
            command = json.loads(line)
            if command.get("cmd") == "exit":
                return command if isinstance(command, dict) else None
            answer = {"seq": command["seq"], **await driver.answer(command)}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def main() -> None:
    modes = [option[2:] for option in sys.argv[1:] if option in ("--loop", "--thread", "--poll")]
    end = asyncio.run(run(modes[0] if modes else "loop"))
    if end is not None and end.get("how") == "code":
        sys.exit(end.get("code", 0))
    if end is not None and end.get("how") == "crash":
        raise RuntimeError("the runner asked for it")


if __name__ == "__main__":
    main()
