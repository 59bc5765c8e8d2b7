"""A small client of the protocol and its driver, in Python's standard library: the base of the broken ports.

    python3 port.py            keeps every rule
    python3 port.py FAULT      breaks one; broken-port.ts names the faults and their rules

It acts when it is called and when it is polled, and hands several lines to the system at once.
"""

import atexit, base64, errno, fcntl, json, os, random, select, signal, socket, sys, threading, time
from collections import deque

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
MAX_LINES, MAX_BYTES = 1024, 262144
BATCH_BYTES = 131072


def has(*names):
    return FAULT in names


def process_start():
    """When this process started, as now minus its uptime; None where the system does not tell."""
    try:
        with open("/proc/self/stat") as stat, open("/proc/uptime") as uptime:
            ticks = float(stat.read().rsplit(")", 1)[1].split()[19])
            age = float(uptime.read().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")
        return round((time.time() - age) * 1000)
    except OSError:
        return None


STARTED_AT = process_start()
if has("started-at-guessed"):
    STARTED_AT += 5000


class Refused(ValueError):
    """The message is none that a receiver would take; says the field."""


def is_name(text, most):
    if type(text) is not str or not 0 < len(text) <= most:
        return False
    return not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 or c in "\u2028\u2029" for c in text)


def is_number(value, least=None):
    if type(value) not in (int, float) or value != value or abs(value) > 1.7976931348623157e308:
        return False
    return least is None or value >= least


def is_count(value):
    return is_number(value, 0) and value == int(value) and value <= 2**53 - 1


def checked(kind, fields):
    """The fields without those that are absent; raises Refused."""
    fields = {name: value for name, value in fields.items() if value is not None}
    rules = {
        "rss_mb": lambda v: is_number(v, 0), "cpu_pct": lambda v: is_number(v, 0),
        "metric_name": lambda v: is_name(v, 256), "value": is_number,
        "model": lambda v: is_name(v, 256), "feature": lambda v: is_name(v, 256),
        "tokens_in": is_count, "tokens_out": is_count,
        "features": lambda v: type(v) is dict and len(v) <= 256 and all(type(x) is bool for x in v.values()) and all(0 < len(n) <= 128 and is_name(n, 128) for n in v),
    }
    needed = {"llm_usage": ["model", "feature", "tokens_in", "tokens_out"], "custom_metric": ["metric_name", "value"]}.get(kind, [])
    for name in needed:
        if name not in fields:
            raise Refused(name)
    for name, value in fields.items():
        if name not in rules:
            raise Unrepresentable(name)
        try:
            good = rules[name](value)
        except (OverflowError, ValueError, TypeError):
            good = False
        if not good:
            raise Refused(name)
    return fields


class Unrepresentable(Exception):
    pass


class Client:
    def __init__(self, channel, path=None, interval_s=None):
        self.channel, self.pid, self.interval_s = channel, os.getpid(), interval_s
        disabled = os.environ.get("KISSBOT_MONITOR_DISABLED") in ("1", "true") and not has("ignores-disabled")
        named = os.environ.get("KISSBOT_MONITOR_SOCKET")
        if has("ignores-variable"):
            named = None
        if path is not None and len(os.fsencode(path)) > 107:
            raise ValueError("the path of the socket is too long")
        if has("environment-first"):
            path = named or path
        self.path = path or named or "/tmp/kissbot_monitor.sock"
        self.lock = threading.Lock() if not has("interleaves") else NoLock()
        self.order, self.lost, self.failures, self.next_try, self.opened_at = 0, 0, 0, 0.0, 0.0
        self.rows, self.row_bytes, self.state = deque(), 0, {}
        self.sock, self.out, self.registered, self.gone = None, b"", None, False
        self.closed, self.next_beat, self.stalled_at, self.heard, self.said = disabled, None, None, [], False
        self.may_leave = True
        self.resend = b""
        if has("keeps-alive"):
            threading.Thread(target=lambda: time.sleep(3600)).start()
        if has("changes-code"):
            atexit.register(lambda: os._exit(1))
        if has("flushes-at-end"):
            atexit.register(self.flush_for_ever)
        if has("spins-while-alone"):
            threading.Thread(target=self.spin, daemon=True).start()
        if has("goodbye-again-at-exit"):
            atexit.register(self.goodbye_again)
        if has("goodbye-at-crash"):
            hook = sys.excepthook
            def last_words(*given):
                self.unregister()
                time.sleep(0.1)
                self.poll()
                hook(*given)
            sys.excepthook = last_words

    def spin(self):
        while True:
            if self.sock is None and not self.closed:
                sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                try:
                    sock.connect("/no/such/monitor.sock")
                except OSError:
                    sock.close()
            else:
                time.sleep(0.01)

    def goodbye_again(self):
        self.may_leave = True
        self.unregister()
        self.poll()

    # -- calls ---------------------------------------------------------------------------------

    def register(self, features=None):
        with self.lock:
            line = self.line("register", {"features": features or {}})
            if line is None:
                return
            self.registered, self.gone, self.may_leave = features or {}, False, True
            self.state.pop("unregister", None)
            self.put_state("register", line)
            if self.interval_s is not None:
                self.next_beat = time.monotonic()

    def heartbeat(self, fields=None):
        with self.lock:
            if self.gone and not has("beats-after-goodbye"):
                return
            told = {} if has("no-dropped") else {"dropped": 0 if has("dropped-zero") else self.lost}
            if has("dropped-too-many"):
                told["dropped"] += 7
            line = self.line("heartbeat", fields or {}, told)
            if line is not None:
                self.put_state("heartbeat", line)

    def unregister(self):
        with self.lock:
            if not self.may_leave and not has("two-goodbyes"):
                return
            self.registered = self.registered if has("greets-after-goodbye") else None
            self.gone, self.may_leave = True, False
            if not has("beats-on"):
                self.next_beat = None
            if not has("beats-after-goodbye"):
                self.state.pop("heartbeat", None)
            line = self.line("unregister", {})
            if has("never-leaves"):
                return
            self.put_state("unregister", line)

    def llm_usage(self, fields):
        self.row("llm_usage", fields)

    def custom_metric(self, fields):
        self.row("custom_metric", fields)

    def row(self, kind, fields):
        with self.lock:
            if self.closed and has("raises-after-close"):
                raise RuntimeError("the client is closed")
            if has("rounds-values") and type(fields.get("value")) is int:
                fields = {**fields, "value": fields["value"] + 0.5}
            line = self.line(kind, fields)
            if line is None or self.closed:
                return
            if has("leaks-rows"):
                self.heard.append(line * 4)
            self.order += 1
            most_lines = MAX_LINES * 2 if has("bound-too-large") else MAX_LINES
            most_bytes = 1 << 30 if has("no-byte-bound") else MAX_BYTES
            if has("unbounded"):
                most_lines, most_bytes = 1 << 30, 1 << 40
            if len(self.rows) >= most_lines or self.row_bytes + len(line) > most_bytes:
                self.work()
            while self.rows and (len(self.rows) >= most_lines or self.row_bytes + len(line) > most_bytes):
                self.lost += 1
                if has("drops-newest"):
                    return
                _, old = self.rows.popleft()
                self.row_bytes -= len(old)
            self.rows.append((self.order, line))
            self.row_bytes += len(line)
            self.work()

    def line(self, kind, fields, added=None):
        try:
            message = {"type": kind, "channel": self.channel}
            if kind in ("register", "heartbeat", "unregister"):
                message["pid"] = os.getpid()
            message.update(fields if has("sends-anything") else checked(kind, fields))
            message.update(added or {})
            if kind in ("register", "heartbeat"):
                if STARTED_AT is not None:
                    message["started_at"] = time.time() * 1000 if has("started-at-anew") else STARTED_AT
                if self.interval_s is not None and not has("interval-untold"):
                    message["interval_s"] = self.interval_s
            if not has("no-ts"):
                message["ts"] = round(time.time() * 1000) // (1000 if has("ts-in-seconds") else 1)
            return json.dumps(message, allow_nan=has("sends-anything")).encode() + b"\n"
        except (Refused, TypeError, ValueError):
            if has("raises-on-arguments"):
                raise
            return None

    def put_state(self, kind, line):
        if self.closed:
            return
        self.order += 1
        key = f"{kind} {self.order}" if has("keeps-old-states") and kind == "heartbeat" else kind
        if not has("keeps-old-states"):
            self.state.pop(key, None)
        self.state[key] = (self.order, line)
        self.work()

    # -- connection ----------------------------------------------------------------------------

    def poll(self):
        with self.lock:
            if self.pid != os.getpid():
                return
            now = time.monotonic()
            if self.next_beat is not None and now >= self.next_beat and not self.closed:
                self.next_beat = now + self.interval_s * (3 if has("beats-slowly") else 0.03 if has("beats-wildly") else 1)
                told = {"dropped": self.lost}
                self.put_state("heartbeat", self.line("heartbeat", {}, told))
            # One that raises has no timer, in which nobody would see it.
            if not has("raises-when-absent"):
                self.work()

    def work(self):
        if self.closed:
            return
        try:
            if os.getpid() != self.pid and not has("shares-after-fork"):
                self.leave_parent()
            self.connect()
            if self.sock is not None:
                self.write()
        except OSError:
            if has("raises-when-absent"):
                raise

    def leave_parent(self):
        if self.sock is not None:
            self.sock.close()
        self.pid, self.sock, self.out = os.getpid(), None, b""
        self.rows.clear()
        kept = self.state.get("register")
        self.state = {} if kept is None else {"register": kept}
        self.row_bytes, self.lost = 0, 0

    def connect(self):
        now = time.monotonic()
        if self.sock is not None or now < self.next_try:
            return
        if has("gives-up") and self.failures >= 4:
            return
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.set_inheritable(has("inheritable"))
        sock.setblocking(has("blocking-connect"))
        try:
            sock.connect(self.path)
        except OSError:
            sock.close()
            self.failed(now)
            raise
        sock.setblocking(has("blocking-write"))
        self.sock, self.opened_at, self.stalled_at = sock, now, None
        self.out, self.resend = (self.resend if has("continues-cut") else b""), b"" if has("continues-cut") else self.resend
        if self.registered is not None and not has("no-greeting"):
            waiting = self.state.pop("register", None)
            if not has("greets-late"):
                self.out += self.greeting() if waiting is None else waiting[1]
            else:
                self.late = self.greeting()
        if has("resends-cut"):
            self.out += self.resend
            self.resend = b""

    def greeting(self):
        features = {} if has("greets-without-features") else self.registered
        message = {"type": "register", "channel": self.channel, "pid": os.getpid(), "features": features}
        if STARTED_AT is not None:
            message["started_at"] = time.time() * 1000 if has("started-at-anew") else STARTED_AT
        if self.interval_s is not None and not has("interval-untold"):
            message["interval_s"] = self.interval_s
        return json.dumps(message).encode() + b"\n"

    late = b""

    def failed(self, now):
        self.failures += 1
        bound = 0.25 if has("no-growth") else min(0.25 * 2 ** min(self.failures - 1, 16), 30)
        if has("no-pause"):
            pause = 0
        elif has("no-jitter"):
            pause = bound
        elif has("equal-jitter"):
            pause = bound / 2 + random.random() * bound / 2
        else:
            pause = random.random() * bound
        self.next_try = now + pause

    def lost_connection(self):
        now = time.monotonic()
        self.sock.close()
        self.sock, rest = None, self.out
        self.out = b""
        if has("dropped-falls"):
            self.lost = 0
        # The first line of what is left may be cut; each other one was not begun, but handed over.
        head, newline, others = rest.partition(b"\n")
        if has("continues-cut"):
            self.resend = head + newline
        if has("resends-cut"):
            self.resend = self.begun + head + newline
        if (b'"custom_metric"' in self.begun + head or b'"llm_usage"' in self.begun + head) and not self.resend:
            self.lost += 1
        for line in reversed(others.split(b"\n")[:-1]):
            if b'"custom_metric"' in line or b'"llm_usage"' in line:
                self.rows.appendleft((0, line + b"\n"))
                self.row_bytes += len(line) + 1
        while len(self.rows) > MAX_LINES and not has("unbounded", "bound-too-large"):
            _, old = self.rows.popleft()
            self.row_bytes -= len(old)
            self.lost += 1
        if now - self.opened_at >= 1:
            self.failures = 0
        if now - self.opened_at < 10:
            self.failed(now)

    begun = b""

    def write(self):
        if not has("never-notices", "dies-of-sigpipe"):
            self.listen()
        if self.sock is None:
            return
        if has("reopens-when-stalled") and self.stalled_at is not None and time.monotonic() - self.stalled_at > 1:
            self.lost_connection()
            return
        while True:
            if not self.out:
                self.out = self.next_batch()
                if not self.out:
                    return
            try:
                if has("interleaves"):
                    half = len(self.out) // 2 or 1
                    self.sock.send(self.out[:half])
                    rest, self.out = self.out[half:], b""
                    time.sleep(0)
                    self.sock.send(rest)
                    return
                sent = self.sock.send(self.out, 0 if has("dies-of-sigpipe") else socket.MSG_NOSIGNAL)
            except (BlockingIOError, InterruptedError):
                self.stalled_at = self.stalled_at or time.monotonic()
                if has("raises-when-frozen"):
                    raise RuntimeError("the monitor takes nothing")
                if has("waits-for-drain"):
                    select.select([], [self.sock], [], 2)
                return
            except OSError:
                self.lost_connection()
                return
            self.stalled_at = None
            written = self.begun + self.out[:sent]
            self.begun = written[written.rfind(b"\n") + 1:]
            self.out = self.out[sent:]
            if has("waits-for-answer"):
                select.select([self.sock], [], [], 3)

    def listen(self):
        """Notices the end of the connection, and discards what comes, at most so much at once."""
        for _ in range(16):
            try:
                came = self.sock.recv(65536, socket.MSG_DONTWAIT)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self.begun_lost()
                return
            if not came:
                self.begun_lost()
                return
            if has("keeps-what-comes"):
                self.heard.append(came)

    def begun_lost(self):
        self.lost_connection()
        self.begun = b""

    def next_batch(self):
        batch, size = [], 0
        while size < BATCH_BYTES:
            states = sorted((order, kind) for kind, (order, _) in self.state.items())
            if states and (not self.rows or states[0][0] < self.rows[0][0] or has("states-first")):
                line = self.state.pop(states[0][1])[1]
            elif self.rows:
                _, line = self.rows.pop() if has("last-first") else self.rows.popleft()
                self.row_bytes -= len(line)
            else:
                break
            if has("ts-of-sending") and b'"custom_metric"' in line:
                line = json.dumps({**json.loads(line), "ts": round(time.time() * 1000)}).encode() + b"\n"
            batch.append(line)
            size += len(line)
            if self.late:
                batch.append(self.late)
                self.late = b""
            if has("joins-lines"):
                batch[-1] = batch[-1].replace(b"\n", b"\r\n\xff\n")
        return b"".join(batch)

    def flush_for_ever(self):
        while self.out or self.rows:
            self.poll()
            time.sleep(0.01)

    def close(self, timeout_s):
        with self.lock:
            end = time.monotonic() + (60 if has("closes-late") else timeout_s)
            while (self.out or self.rows or self.state) and time.monotonic() < end and not self.closed:
                self.next_try = min(self.next_try, time.monotonic() + 0.05)
                self.work()
                time.sleep(0.005)
            if has("works-on-after-close"):
                return
            self.closed = True
            if self.sock is not None:
                self.sock.close()
                self.sock = None


class NoLock:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False


# -- the driver ----------------------------------------------------------------------------------

clients = {}


def untagged(value):
    if isinstance(value, list):
        return [untagged(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$number" in value:
        number = float(value["$number"].replace("Infinity", "inf").replace("NaN", "nan"))
        return int(number) if number == number and abs(number) < 2**63 and number == int(number) else number
    if "$string" in value:
        return "".join(text_of(part) for part in value["$string"])
    pairs = value["$entries"] if "$entries" in value else value.items()
    return {untagged(name): untagged(field) for name, field in pairs}


def text_of(part):
    if isinstance(part, str):
        return part
    if "utf16" in part:
        return "".join(chr(unit) for unit in part["utf16"])
    return part["repeat"] * part["times"]


def act(client, kind, fields):
    if kind == "register":
        client.register(fields.get("features"))
    elif kind == "unregister":
        client.unregister()
    else:
        getattr(client, kind)(fields)


def timed(work):
    began, raised = time.perf_counter_ns(), None
    try:
        work()
    except Unrepresentable:
        return {"unrepresentable": True}
    except Exception as error:
        raised = repr(error)
    answer = {"took_us": (time.perf_counter_ns() - began) / 1000}
    return answer if raised is None else {**answer, "raised": raised}


def timed_burst(count, work):
    took, raised = [], None
    for i in range(count):
        one = timed(lambda: work(i))
        took.append(one["took_us"])
        raised = raised or one.get("raised")
    took.sort()
    at = lambda share: took[min(count - 1, int(count * share))]
    answer = {"took_us": {"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "max": took[-1]}}
    return answer if raised is None else {**answer, "raised": raised}


def in_threads(client, command):
    def run(k):
        for i in range(command["count"]):
            client.custom_metric({"metric_name": "n", "value": command["from"] + k * command["count"] + i})

    def all_of_them():
        threads = [threading.Thread(target=run, args=(k,)) for k in range(command["threads"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    took = timed(all_of_them)["took_us"]
    return {"took_us": {"p50": took, "p99": took, "p999": took, "max": took}}


def forked(client, command):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        client.register({})
        for i in range(command["count"]):
            client.custom_metric({"metric_name": "n", "value": command["from"] + i})
        client.close(0.5)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return {"pid": pid, "status": os.waitstatus_to_exitcode(status)}


def answer(command):
    name = command["cmd"]
    if name == "hello":
        return {
            "driver": 1, "protocol": "1.1", "implementation": {"name": f"port {FAULT}".strip(), "language": "python"},
            "pid": os.getpid(), "can": ["conduct"], "bounds": {"lines": MAX_LINES, "bytes": MAX_BYTES},
            "timer": True, "batches": True, "interval": True, "fork": True, "threads": True,
        }
    if name == "noop":
        return {}
    if name == "open":
        try:
            clients[command["client"]] = Client(command["channel"], command.get("socket"), command.get("interval_s"))
        except Exception as error:
            return {"raised": repr(error)}
        return {}
    if name == "control":
        return timed_burst(command["count"], lambda i: json.dumps({"type": "custom_metric", "channel": "a", "value": i}))
    client = clients.get(command.get("client"))
    if name in ("call", "burst", "threads", "fork", "close", "stats") and client is None:
        return {"unsupported": True} if name == "stats" else {"took_us": 0} if name in ("call", "close") else {"unsupported": True}
    if name == "call":
        fields = untagged(command.get("fields", {}))
        return timed(lambda: act(client, command["do"], fields))
    if name == "burst":
        metric, first = untagged(command.get("fields", {})).get("metric_name", "n"), command["from"]
        return timed_burst(command["count"], lambda i: client.custom_metric({"metric_name": metric, "value": first + i}))
    if name == "threads":
        return in_threads(client, command)
    if name == "fork":
        return forked(client, command)
    if name == "stats":
        return {"lost": client.lost, "held": len(client.rows) + len(client.state)}
    if name == "close":
        return timed(lambda: client.close(command["timeout_ms"] / 1000))
    return {"unsupported": True}


def main():
    if has("dies-of-sigpipe"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    waiting = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.02)
        for client in list(clients.values()):
            try:
                client.poll()
            except OSError:
                pass
        if not ready:
            continue
        came = os.read(0, 65536)
        if not came:
            return
        waiting += came
        while b"\n" in waiting:
            line, waiting = waiting.split(b"\n", 1)
            command = json.loads(line)
            if command["cmd"] == "exit":
                if command["how"] == "code":
                    sys.exit(command["code"])
                if command["how"] == "crash":
                    raise RuntimeError("the bot crashes")
                return
            sys.stdout.write(json.dumps({"seq": command["seq"], **answer(command)}) + "\n")
            sys.stdout.flush()


main()
