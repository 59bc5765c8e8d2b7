import { Command } from "../frame/command.js";
import { usePage } from "../frame/page-context.js";
import { amountOf } from "../frame/quantity-text.js";

/**
 * What a monitor without a bot shows: how a first heartbeat gets here, and what has come so far.
 */
export function EmptyFleet() {
  const page = usePage();
  const summary = page.summary.value;
  const socket = summary?.socket ?? null;
  if (summary?.isHub === true) {
    return (
      <div class="empty">
        <h1>All hosts</h1>
        <p class="dim">This is a hub. Bots report to the monitors of their hosts.</p>
      </div>
    );
  }
  return (
    <div class="empty">
      <h1>No bot has reported yet</h1>
      {summary !== null && (
        <p class="dim">
          {amountOf(summary.connections, "connection")}, {amountOf(summary.rejected, "line")} rejected.
          {summary.rejected > 0 && " A rejected line is no valid message: kissbot-monitor doctor says why."}
        </p>
      )}
      {socket !== null && (
        <>
          <h2>The socket</h2>
          <p>
            Bots write to <code>{socket}</code>. They find it by themselves where it is the default, else
            through <code>KISSBOT_MONITOR_SOCKET</code>.
          </p>
        </>
      )}
      <h2>A first heartbeat</h2>
      <Command
        title="From a shell"
        text={`kissbot-monitor send heartbeat --channel demo --pid $$${socketFlag(socket)}`}
      />
      <Command title="From Node" text={nodeText(socket)} />
      <Command
        title="From Python, without a library"
        text={`import json, os, socket\ns = socket.socket(socket.AF_UNIX)\ns.connect(${JSON.stringify(socket ?? "/tmp/kissbot_monitor.sock")})\ns.sendall(json.dumps({"type": "heartbeat", "channel": "demo", "pid": os.getpid()}).encode() + b"\\n")`}
      />
      <h2>Nothing comes?</h2>
      <Command
        title="This looks at the whole way from a bot to this page"
        text={`kissbot-monitor doctor${socketFlag(socket)}`}
      />
      <p class="dim">This page turns into the fleet by itself with the first heartbeat.</p>
    </div>
  );
}

function nodeText(socket: string | null): string {
  const options = socket === null ? "" : `, process.pid, {\n  socketPath: ${JSON.stringify(socket)},\n}`;
  return `import { MonitorClient } from "@kissbot/client";\nconst monitor = new MonitorClient("demo"${options});\nmonitor.startHeartbeat();`;
}

function socketFlag(socket: string | null): string {
  return socket === null ? "" : ` --socket ${shellText(socket)}`;
}

/** One word of a shell, whatever is in it. */
export function shellText(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
