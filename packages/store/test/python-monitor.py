# Run by python.test.ts: what the Python monitor does to its file, with Python's own sqlite3. argv: database, action, variant.
import json
import sqlite3
import sys

path, action = sys.argv[1:3]
connection = sqlite3.connect(path)


def create(variant):
    cost = ", cost_usd REAL" if variant in ("cost", "all") else ""
    connection.executescript(f"""
        CREATE TABLE IF NOT EXISTS bot_metrics (
            id INTEGER PRIMARY KEY AUTOINCREMENT, ts TEXT NOT NULL, channel TEXT NOT NULL, pid INTEGER NOT NULL,
            rss_mb REAL NOT NULL, cpu_pct REAL NOT NULL, features_json TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS bot_status (
            channel TEXT PRIMARY KEY, pid INTEGER NOT NULL, status TEXT NOT NULL, features_json TEXT NOT NULL,
            registered_at TEXT NOT NULL, last_seen TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS llm_usage (
            id INTEGER PRIMARY KEY AUTOINCREMENT, ts TEXT NOT NULL, channel TEXT NOT NULL, model TEXT NOT NULL,
            feature TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, latency_ms REAL{cost});
        CREATE INDEX IF NOT EXISTS idx_bot_metrics_channel_ts ON bot_metrics (channel, ts);
        CREATE INDEX IF NOT EXISTS idx_llm_usage_channel_ts ON llm_usage (channel, ts);
    """)
    if variant in ("totals", "all"):
        connection.executescript("""
            CREATE TABLE llm_totals (channel TEXT PRIMARY KEY, calls INTEGER NOT NULL);
            INSERT INTO llm_totals VALUES ('old_bot', 3);
            CREATE INDEX idx_llm_usage_model ON llm_usage (model);
        """)
    connection.execute(
        "INSERT INTO bot_status VALUES ('old_bot', 11, 'online', '{\"chat\": true}', ?, ?)",
        ("2026-05-20T10:00:00+00:00", "2026-05-20T11:59:00.123456+00:00"),
    )
    for ts, latency in (("2026-05-20T11:00:00+00:00", 10), ("2026-05-20T11:59:59.999999+00:00", 20), ("2026-05-19T00:00:00+00:00", None)):
        connection.execute(
            "INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, latency_ms) VALUES (?, 'old_bot', 'm', 'f', 20, 5, ?)",
            (ts, latency),
        )
    for ts, rss in (("2026-05-20T11:00:00+00:00", 10), ("2026-05-20T11:59:59.999999+00:00", 20)):
        connection.execute(
            "INSERT INTO bot_metrics (ts, channel, pid, rss_mb, cpu_pct, features_json) VALUES (?, 'old_bot', 11, ?, 1.0, '{}')",
            (ts, rss),
        )
    connection.commit()
    return {}


def use():
    seen = {
        "statuses": connection.execute("SELECT * FROM bot_status ORDER BY channel").fetchall(),
        "metric": connection.execute(
            "SELECT ts, channel, pid, rss_mb, cpu_pct, features_json FROM bot_metrics ORDER BY id DESC LIMIT 1"
        ).fetchone(),
        "usage": connection.execute(
            "SELECT ts, channel, model, feature, tokens_in, tokens_out, latency_ms FROM llm_usage ORDER BY id DESC LIMIT 1"
        ).fetchone(),
    }
    connection.execute(
        "INSERT OR REPLACE INTO bot_status VALUES ('new_bot', 77, 'online', '{}', ?, ?)",
        ("2026-05-20T12:30:00.000001+00:00", "2026-05-20T12:31:00+00:00"),
    )
    connection.executemany(
        "INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, latency_ms) VALUES (?, 'python_era', 'm', 'f', 1, 1, NULL)",
        [(f"2026-05-20T12:{i % 60:02d}:00.5{i:05d}+00:00",) for i in range(500)],
    )
    connection.commit()
    seen["check"] = connection.execute("PRAGMA integrity_check").fetchone()[0]
    return seen


def log():
    # A logger in a bot: it writes the table of usage itself, and keeps totals beside it.
    connection.executescript("""
        CREATE TABLE IF NOT EXISTS llm_usage (
            id INTEGER PRIMARY KEY AUTOINCREMENT, ts TEXT NOT NULL, channel TEXT NOT NULL, model TEXT NOT NULL,
            feature TEXT NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, latency_ms REAL, cost_usd REAL);
        CREATE TABLE IF NOT EXISTS llm_totals (
            model TEXT PRIMARY KEY, calls INTEGER NOT NULL, cost_usd REAL NOT NULL);
        CREATE INDEX IF NOT EXISTS idx_llm_usage_model ON llm_usage (model);
    """)
    for minute, cost in ((1, 0.25), (50, 0.5), (59, None)):
        connection.execute(
            "INSERT INTO llm_usage (ts, channel, model, feature, tokens_in, tokens_out, latency_ms, cost_usd) VALUES (?, 'logger', 'm', 'f', 10, 2, 5.0, ?)",
            (f"2026-05-20T10:{minute:02d}:00.000000+00:00", cost),
        )
        connection.execute(
            "INSERT INTO llm_totals VALUES ('m', 1, ?) ON CONFLICT (model) DO UPDATE SET calls = calls + 1, cost_usd = cost_usd + excluded.cost_usd",
            (cost or 0.0,),
        )
    connection.commit()
    totals = connection.execute("SELECT * FROM llm_totals").fetchall()
    check = connection.execute("PRAGMA integrity_check").fetchone()[0]
    return {"totals": totals, "check": check}


actions = {"use": use, "log": log}
print(json.dumps(create(sys.argv[3]) if action == "create" else actions[action]()))
connection.close()
