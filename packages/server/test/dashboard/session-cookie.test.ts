import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clearCookie, SessionCookies, sessionsIn, setCookie } from "../../src/dashboard/session-cookie.js";

const nowMs = Date.UTC(2026, 4, 20, 12);
const dayMs = 86_400_000;
const cookies = new SessionCookies("s3cret");

describe("a session", () => {
  test("holds for 30 days, also after a restart, and whatever becomes of the clock in between [page/R22]", () => {
    const value = cookies.issue(nowMs);
    expect(value).toMatch(/^v1\.\d+\.[\w-]{22}\.[\w-]{43}$/);
    const restarted = new SessionCookies("s3cret");
    for (const ageMs of [0, 1, 29 * dayMs, 30 * dayMs - 1, -3_600_000]) {
      expect(restarted.holds(value, nowMs + ageMs), `${ageMs}`).toBe(true);
    }
    for (const ageMs of [30 * dayMs, 365 * dayMs, -30 * dayMs]) {
      expect(restarted.holds(value, nowMs + ageMs), `${ageMs}`).toBe(false);
    }
  });

  test("ends with another token [page/R22]", () => {
    const value = cookies.issue(nowMs);
    for (const token of ["s3cret2", "S3cret", "s3cre", ""]) {
      expect(new SessionCookies(token).holds(value, nowMs), token).toBe(false);
    }
  });

  test("is another each time, and does not hold the token [page/R22]", () => {
    const values = Array.from({ length: 100 }, () => cookies.issue(nowMs));
    expect(new Set(values).size).toBe(100);
    for (const value of values) expect(value).not.toContain("s3cret");
  });

  test("does not hold when any character of it is another, or missing, or too many [page/R22]", () => {
    const value = cookies.issue(nowMs);
    for (let i = 0; i < value.length; i++) {
      for (const other of ["A", "b", "0", "-", "_", ".", "=", "é", ""]) {
        const forged = value.slice(0, i) + other + value.slice(i + 1);
        if (forged !== value) expect(cookies.holds(forged, nowMs), forged).toBe(false);
      }
    }
    for (const forged of ["", "v1", "v1...", `${value}A`, ` ${value}`, `${value}\n`, value.repeat(2)]) {
      expect(cookies.holds(forged, nowMs), forged).toBe(false);
    }
  });

  test("is never held by a value that was not issued, whatever that is [page/R22]", () => {
    const part = (length: number) => fc.string({ minLength: length, maxLength: length });
    const values = fc.oneof(
      fc.string(),
      fc.tuple(fc.nat(), part(22), part(43)).map(([ms, nonce, mac]) => `v1.${ms}.${nonce}.${mac}`),
      fc.string().map((text) => `v1.${nowMs}.${text}`),
    );
    fc.assert(fc.property(values, (value) => !cookies.holds(value, nowMs)));
  });
});

test("the cookie is for no script, for no other site, and for https alone where the page came so [page/R22]", () => {
  expect(setCookie("value", false)).toBe("kissbot_session=value; Max-Age=2592000; HttpOnly; SameSite=Strict");
  expect(setCookie("value", true)).toBe(
    "kissbot_session=value; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure",
  );
  expect(clearCookie(false)).toBe("kissbot_session=; Max-Age=0; HttpOnly; SameSite=Strict");
  expect(clearCookie(true)).toContain("; Secure");
});

test.each([
  [undefined, []],
  ["", []],
  ["kissbot_session=a", ["a"]],
  ["a=b; kissbot_session=c=d;kissbot_session=e ; kissbot_session2=f; xkissbot_session=g", ["c=d", "e"]],
  ["kissbot_session", [""]],
  ["KISSBOT_SESSION=a", []],
])("the sessions of a Cookie header %j are %j [page/R22]", (header, values) => {
  expect(sessionsIn(header)).toEqual(values);
});

test("of a header that is full of sessions only a few are looked at [page/R22]", () => {
  expect(sessionsIn("kissbot_session=a;".repeat(1_000))).toHaveLength(8);
});
