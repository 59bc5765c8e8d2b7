"""Reports a bot to KissBot Monitor over protocol 1.1.

    from kissbot_monitor import MonitorClient

    monitor = MonitorClient("lounge", version="2.1.0")
    monitor.register({"jokes": True, "quotes": False})
    monitor.start_heartbeat()
    monitor.log_llm_usage(model="gpt-4o-mini", feature="reply", tokens_in=812, tokens_out=64)
    monitor.log_metric("queue_length", 7)
    monitor.unregister()
    monitor.close()

A bot cannot notice the monitor: no call waits for it, none raises, and what waits for it is
bounded, whether it is slow, frozen, absent, restarting or flooded.
"""

from ._client import MonitorClient, Stats
from ._message import Refusal, encode

__all__ = ["MonitorClient", "Refusal", "Stats", "encode"]
__version__ = "0.1.0"
