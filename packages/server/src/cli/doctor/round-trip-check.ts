import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { encode } from "@kissbot/protocol";
import { type ApiClient, ApiUnusable } from "../api-client.js";
import { CommandError } from "../command-error.js";
import { type Interruption, interruption } from "../interruption.js";
import { writeToMonitor } from "../monitor-socket.js";
import { type Finding, fail, ok } from "./finding.js";

/** Always the same bot: the monitor knows it, and forgets it some seconds after its goodbye. */
const channel = "kissbot-doctor";
const patienceMs = 5_000;
const check = "round trip";

/**
 * A throw-away bot registers through the socket, is seen in the API, says goodbye, and is seen to
 * be gone. It says goodbye whatever happens, and where a signal ends the check, too: otherwise the
 * monitor would call it dead, and tell people.
 */
export async function checkRoundTrip(socketPath: string, client: ApiClient): Promise<Finding> {
  const send = (type: "register" | "unregister") =>
    writeToMonitor(socketPath, encode({ type, channel, pid: process.pid }));
  const interrupted = interruption();
  const startedMs = performance.now();
  let isThere = true;
  try {
    await send("register");
    const seen = await isSeen("online", client, interrupted);
    const ms = Math.round(performance.now() - startedMs);
    await send("unregister");
    isThere = false;
    const gone = await isSeen("offline", client, interrupted);
    if (seen && gone) return ok(check, `the bot ${channel} came, was seen after ${ms} ms, and said goodbye`);
    if (interrupted.signal.aborted) return fail(check, "it was interrupted", "start it again");
    const what = seen ? "its goodbye was not seen" : "it was not seen";
    const advice = "if socket and HTTP belong to one monitor, look at its log";
    return fail(check, `the bot ${channel} was sent, but ${what} in the API within 5 s`, advice);
  } catch (error) {
    if (error instanceof CommandError || error instanceof ApiUnusable) {
      return fail(check, error.message, "see the lines above");
    }
    throw error;
  } finally {
    if (isThere) await send("unregister").catch(() => undefined);
    interrupted.dispose();
  }
}

/** False where it is not seen in time, or somebody asks the command to end. */
async function isSeen(status: string, client: ApiClient, { signal, made }: Interruption): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (!signal.aborted && performance.now() < deadline) {
    const asked = client.json(`/api/v1/bots/${channel}`).catch((error: unknown) => {
      // It is not known yet.
      if (error instanceof ApiUnusable && error.status === 404) return null;
      throw error;
    });
    const bot = await Promise.race([asked, made.then(() => null)]);
    if (bot !== null && bot["pid"] === process.pid && bot["status"] === status) return true;
    await delay(20, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
