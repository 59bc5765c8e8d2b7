import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { encode, type Message } from "@kissbot/protocol";
import { type ApiClient, ApiUnusable } from "../api-client.js";
import { CommandError } from "../command-error.js";
import { writeToMonitor } from "../monitor-socket.js";
import { type Finding, fail, ok } from "./finding.js";

/** Always the same bot: the monitor knows it, and forgets it some seconds after its goodbye. */
const channel = "kissbot-doctor";
const patienceMs = 5_000;
const check = "round trip";

/**
 * A throw-away bot registers through the socket, is seen in the API, says goodbye, and is seen to
 * be gone.
 */
export async function checkRoundTrip(socketPath: string, client: ApiClient): Promise<Finding> {
  const identity = { channel, pid: process.pid };
  const startedMs = performance.now();
  try {
    const seen = await sentAndSeen({ type: "register", ...identity }, "online", socketPath, client);
    const ms = Math.round(performance.now() - startedMs);
    const gone = await sentAndSeen({ type: "unregister", ...identity }, "offline", socketPath, client);
    if (seen && gone) return ok(check, `the bot ${channel} came, was seen after ${ms} ms, and said goodbye`);
    const what = seen ? "its goodbye was not seen" : "it was not seen";
    const advice = "if socket and HTTP belong to one monitor, look at its log";
    return fail(check, `the bot ${channel} was sent, but ${what} in the API within 5 s`, advice);
  } catch (error) {
    if (error instanceof CommandError || error instanceof ApiUnusable) {
      return fail(check, error.message, "see the lines above");
    }
    throw error;
  }
}

async function sentAndSeen(
  message: Message,
  status: string,
  socketPath: string,
  client: ApiClient,
): Promise<boolean> {
  await writeToMonitor(socketPath, encode(message));
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const bot = await client.json(`/api/v1/bots/${channel}`).catch((error: unknown) => {
      // It is not known yet.
      if (error instanceof ApiUnusable && error.status === 404) return null;
      throw error;
    });
    if (bot !== null && bot["pid"] === process.pid && bot["status"] === status) return true;
    await delay(20);
  }
  return false;
}
