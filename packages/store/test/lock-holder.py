# Run by lock.test.ts: holds a lock, or a snapshot, of a database until its input ends. argv: database, mode.
import sqlite3
import sys

path, mode = sys.argv[1:3]
connection = sqlite3.connect(path, isolation_level=None)
if mode == "write":
    connection.execute("BEGIN IMMEDIATE")
else:
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM llm_usage").fetchone()
print("held", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
print("released", flush=True)
