"""The process around a client: forks, its end, its environment."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List
from unittest import mock

from kissbot_monitor import MonitorClient
from kissbot_monitor._own_process import LoadMeter, started_at

from .monitor import MonitorCase, until

SOURCE = str(Path(__file__).resolve().parent.parent / "src")


class Forks(MonitorCase):
    def fork(self, act: Any) -> int:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                act()
                code = 0
            finally:
                os._exit(code)
        return child

    def ends_well(self, child: int) -> None:
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_a_forked_child_opens_a_connection_of_its_own(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        parents = self.accept()
        self.lines(parents, 1)

        def act() -> None:
            client.register()
            client.log_metric("of the child", 1)
            client.close()

        child = self.fork(act)
        childs = self.accept()
        register, row = self.lines(childs, 2)
        self.ends_well(child)
        client.log_metric("of the parent", 2)
        self.assertEqual([line["metric_name"] for line in self.lines(parents, 1)], ["of the parent"])
        self.assertEqual((register["pid"], row["metric_name"]), (child, "of the child"))
        self.assertNotEqual(register.get("started_at", child), started_at())

    def test_a_child_that_reports_nothing_holds_no_connection_of_its_parent(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        parents = self.accept()
        ready, go = os.pipe()
        child = self.fork(lambda: os.read(ready, 1))
        client.close()
        until("the end of the connection", lambda: [parents.read(), parents.is_over][1])
        os.write(go, b"x")
        self.ends_well(child)
        self.assertIsNone(self.accept_now())

    def test_a_fork_in_the_midst_of_a_call_of_another_thread_leaves_a_child_that_works(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        self.accept()
        client.start_heartbeat(30)

        def act() -> None:
            client.log_metric("of the child", 1)
            client.close()

        with client._lock:
            child = self.fork(act)
        self.assertEqual(self.types(self.accept(), 1), ["custom_metric"])
        self.ends_well(child)

    def test_a_fork_that_python_does_not_see_is_noticed_at_the_next_call(self) -> None:
        self.listen()
        client = self.client()
        client.register()
        self.lines(self.accept(), 1)
        # As if a library in C had forked: no hook ran, and the pid is another one.
        with mock.patch("os.getpid", return_value=os.getpid() + 1):
            client.log_metric("n", 1)
            self.assertEqual(self.types(self.accept(), 1), ["custom_metric"])
            client.close()

    @staticmethod
    def report(path: str) -> None:
        with MonitorClient("worker", socket_path=path) as client:
            client.register()

    def test_processes_of_multiprocessing_report_for_themselves(self) -> None:
        self.listen()
        for method in ("fork", "spawn"):
            context: Any = multiprocessing.get_context(method)
            process = context.Process(target=Forks.report, args=(self.path,))
            process.start()
            register, goodbye = self.lines(self.accept(), 2)
            process.join()
            self.assertEqual((register["pid"], goodbye["type"]), (process.pid, "unregister"))


class Ends(MonitorCase):
    def run_bot(self, text: str, *options: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, *options, "-c", f"from kissbot_monitor import MonitorClient\n{text}"],
            env={**os.environ, "PYTHONPATH": SOURCE, "KISSBOT_MONITOR_SOCKET": self.path, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )

    def test_a_bot_that_forgets_to_close_ends_at_once_with_its_own_code(self) -> None:
        life = "c = MonitorClient('lounge')\nc.register()\nc.start_heartbeat(0.01)\n"
        life += "for i in range(3000): c.log_metric('n', i)\n"
        for mode in ("absent", "frozen"):
            if mode == "frozen":
                self.listen()
            for end, code in (("", 0), ("import sys; sys.exit(7)", 7), ("1 / 0", 1), ("import os; os._exit(3)", 3)):
                ended = self.run_bot(life + end, "-X", "dev", "-W", "error")
                self.assertEqual(ended.returncode, code, ended.stderr)
                trouble = [line for line in ended.stderr.splitlines() if "kissbot" in line or "Warning" in line]
                self.assertEqual(trouble, [], mode)

    def test_what_waits_at_the_end_is_written_without_waiting(self) -> None:
        self.listen()
        text = "c = MonitorClient('lounge')\nwith c._lock: c.register(); c.log_metric('n', 1)"
        self.assertEqual(self.run_bot(text).returncode, 0)
        self.assertEqual(self.types(self.accept(), 2), ["register", "custom_metric"])

    def test_a_block_says_goodbye_where_it_ends_on_purpose(self) -> None:
        self.listen()
        errors: List[Any] = [None, KeyboardInterrupt(), SystemExit(0), SystemExit(3), ValueError()]
        ends: Dict[str, List[str]] = {}
        for error in errors:
            try:
                with MonitorClient("lounge", socket_path=self.path) as client:
                    client.register()
                    if error is not None:
                        raise error
            except BaseException as raised:
                self.assertIs(raised, error)
            reader = self.accept()
            ends[repr(error)] = [line["type"] for line in self.rest(reader)][1:]
        goodbye = ["unregister"]
        self.assertEqual(list(ends.values()), [goodbye, goodbye, goodbye, [], []])


class Surroundings(MonitorCase):
    def test_the_environment_names_the_socket_and_disables_the_client(self) -> None:
        self.listen()
        with mock.patch.dict(os.environ, {"KISSBOT_MONITOR_SOCKET": self.path, "KISSBOT_MONITOR_DISABLED": ""}):
            client = MonitorClient("lounge")
            client.register()
            self.assertEqual(self.types(self.accept(), 1), ["register"])
            client.close()
            for name, value in (
                ("KISSBOT_MONITOR_DISABLED", "1"),
                ("KISSBOT_MONITOR_DISABLED", "maybe"),
                ("KISSBOT_MONITOR_SOCKET", "relative.sock"),
                ("KISSBOT_MONITOR_SOCKET", "/" + "x" * 200),
            ):
                with mock.patch.dict(os.environ, {name: value}), self.assertLogs("kissbot_monitor"):
                    # It judges nothing then.
                    disabled = MonitorClient("..")
                    self.assertFalse(disabled.register())
                    self.assertFalse(disabled.start_heartbeat())
                    disabled.close()
            self.assertIsNone(self.accept_now())

    def test_the_start_of_the_process_is_within_two_seconds_of_the_truth(self) -> None:
        text = "import kissbot_monitor._own_process as p; print(p.started_at(), p.started_at())"
        before_ms = time.time() * 1_000
        ran = subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, "PYTHONPATH": SOURCE},
            stdout=subprocess.PIPE,
            text=True,
        )
        first, second = ran.stdout.split()
        self.assertEqual(first, second)
        if first != "None":
            self.assertTrue(before_ms - 2_000 < float(first) < time.time() * 1_000 + 2_000)

    def test_a_first_share_of_the_processor_is_unknown(self) -> None:
        load = LoadMeter().measure()
        self.assertIsNone(load.cpu_pct)
        self.assertTrue(load.rss_mb is None or 1 < load.rss_mb < 4_096)
