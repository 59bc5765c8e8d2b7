"""Where the monitor listens, and whether the client reports at all."""

from __future__ import annotations

import os
import sys
from typing import Mapping, NamedTuple, Optional, Union

DEFAULT_SOCKET = "/tmp/kissbot_monitor.sock"

MOST_PATH_BYTES = 103 if sys.platform == "darwin" else 107

PathText = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


class Environment(NamedTuple):
    socket_path: bytes
    is_debug: bool
    # Why the client does nothing; empty where it works.
    why_disabled: str


def read_environment(given: Optional[bytes], env: Mapping[str, str]) -> Environment:
    """What the environment says; a variable that is empty is absent [C-19].

    A path that the programmer gave comes before the environment's. A mistake in the environment
    disables the client: a typing error in a service file must not end the bot.
    """

    def read(name: str) -> str:
        return env.get(f"KISSBOT_MONITOR_{name}", "")

    is_debug = read("DEBUG") not in ("", "0", "false")
    disabled = read("DISABLED")
    socket_path = given if given is not None else os.fsencode(read("SOCKET") or DEFAULT_SOCKET)
    why = ""
    if disabled in ("1", "true"):
        why = "KISSBOT_MONITOR_DISABLED is set"
    elif disabled not in ("", "0", "false"):
        why = "KISSBOT_MONITOR_DISABLED: expected 1 or 0"
    elif given is None and not os.path.isabs(socket_path):
        why = "KISSBOT_MONITOR_SOCKET: expected an absolute path"
    elif given is None and fault_of_path(socket_path):
        why = f"KISSBOT_MONITOR_SOCKET: {fault_of_path(socket_path)}"
    return Environment(socket_path, is_debug, why)


def fault_of_path(path: bytes) -> str:
    """Why no socket can have that path; empty where one can."""
    if 1 <= len(path) <= MOST_PATH_BYTES and b"\0" not in path:
        return ""
    return f"expected 1 to {MOST_PATH_BYTES} bytes and no NUL, got {len(path)}"


def absolute(path: bytes) -> bytes:
    """The path as it is meant now, whatever directory the process changes to."""
    try:
        whole = os.path.abspath(path)
    except OSError:  # the working directory is gone
        return path
    return path if fault_of_path(whole) else whole
