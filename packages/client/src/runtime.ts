import { AsyncLocalStorage } from "node:async_hooks";
import fs from "node:fs";
import net from "node:net";
import timers from "node:timers";

/*
 * Functions of the runtime, taken once, when the package is loaded. A bot's tests may replace them
 * later, and a CommonJS build that looked them up at each call would then use the replacements.
 */

export const { connect } = net;
export const { existsSync, writeSync } = fs;
export const { clearInterval, clearTimeout, setInterval, setTimeout } = timers;
export const { random } = Math;
export const { parse, stringify } = JSON;
export const { byteLength } = Buffer;
export const NativePromise = Promise;

/**
 * Runs it outside of every request of the bot, in the async context in which the package was
 * loaded. What lives on after a call (a socket, a timer, a kept promise) is made in here, or it
 * would keep the `AsyncLocalStorage` store of the request that happened to be first.
 */
export const outside: <R>(run: () => R) => R = AsyncLocalStorage?.snapshot?.() ?? ((run) => run());

/** Resolved with true, for ever: a million calls cost one promise. */
export const sent = NativePromise.resolve(true);

/** Runs it when the code that runs now has returned. */
export function soon(run: () => void): void {
  void sent.then(run);
}

/**
 * Runs it after that time, outside of every request, without keeping the process alive. The result
 * cancels it. A replaced timer may return a number, or nothing.
 */
export function later(run: () => void, delayMs: number): () => void {
  const timer: NodeJS.Timeout | undefined = outside(() => setTimeout(run, delayMs));
  timer?.unref?.();
  return () => clearTimeout(timer);
}

/** Holds the longest line that there can be, and its newline. */
const scratch = Buffer.alloc(65_537);

/**
 * The same text in bytes of its own: a string that was cut out of another keeps that one alive. A
 * text that UTF-8 cannot carry, or that is longer than a line, stays as it is. By way of bytes that
 * are there already, which takes half the time of new ones and leaves no garbage.
 */
export function copyOf(text: string): string {
  const copy = scratch.toString("utf8", 0, scratch.write(text));
  return copy === text ? copy : text;
}
