# Bots of the Python era: a connection for every message, one line of json.dumps, closed without reading.
# python3 old-bots.py SOCKET BOTS ROUNDS; prints how many messages of each type it sent, and its pid.
import collections
import json
import os
import socket
import sys
import time

path, bots, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sent = collections.Counter()


def send(message):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(path)
        connection.sendall((json.dumps(message) + "\n").encode())
    sent[message["type"]] += 1


channels = [f"älter-{i} \U0001f40d" for i in range(bots)]
for channel in channels:
    send({"type": "register", "channel": channel, "pid": os.getpid(), "features": {"chät": True, "games": False}})
serial = 0
for _ in range(rounds):
    serial += 1
    for channel in channels:
        send({"type": "heartbeat", "channel": channel, "pid": os.getpid()})
        send({
            "type": "llm_usage", "channel": channel, "model": "gpt-4\u00fc", "feature": "e2e",
            "tokens_in": serial, "tokens_out": 5, "latency_ms": 812.5 if serial % 2 else None,
        })
    time.sleep(0.02)
print(json.dumps({"pid": os.getpid(), "sent": sent}), flush=True)
# The first one stays, the others say goodbye; then it waits to be told to end.
for channel in channels[1:]:
    send({"type": "unregister", "channel": channel, "pid": os.getpid()})
print("gone", flush=True)
sys.stdin.read()
