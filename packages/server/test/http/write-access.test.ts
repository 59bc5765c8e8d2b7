import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { Access } from "../../src/http/access.js";
import { noonMs } from "./plain-fleet.js";

const origin = "http://localhost:7788";

function access(tokens: { token?: string; writeToken?: string }): Access {
  const { token = null, writeToken = null } = tokens;
  return new Access({ host: "127.0.0.1", token, writeToken, allowedHosts: [], nowMs: () => noonMs });
}

const request = (headers: Record<string, string>) =>
  ({ headers: { host: "localhost", ...headers }, socket: {} }) as unknown as IncomingMessage;

const assertMayWrite = (own: Access, asked: IncomingMessage) =>
  own.assertMayWrite(asked, own.rightsOf(asked));

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const both = { token: "s3cret", writeToken: "wr1te" };

test("the token for writing may write, and so may a session made with it from a page of this host [page/R22][alerts/A29]", () => {
  const own = access(both);
  const session = { cookie: `kissbot_session=${own.newSession("wr1te")}` };
  for (const proof of [bearer("wr1te"), session]) {
    expect(own.rightsOf(request(proof)).mayWrite).toBe(true);
    expect(own.rightsOf(request(proof)).mayRead).toBe(true);
    expect(() => assertMayWrite(own, request({ ...proof, origin }))).not.toThrow();
  }
  // No browser brings a token of its own accord, so no page of the web can make one bring it.
  expect(() => assertMayWrite(own, request(bearer("wr1te")))).not.toThrow();
  for (const headers of [{}, { origin: "https://evil.example" }, { origin: "null" }]) {
    expect(() => assertMayWrite(own, request({ ...session, ...headers }))).toThrowError(
      expect.objectContaining({ code: "forbidden_origin" }),
    );
  }
});

test("what only lets read, or nothing, may not write [page/R22][alerts/A29]", () => {
  const own = access(both);
  const session = { cookie: `kissbot_session=${own.newSession("s3cret")}` };
  const known = [bearer("s3cret"), session];
  const unknown = [{}, bearer("wrong"), { cookie: "kissbot_session=x" }];
  for (const proof of [...known, ...unknown]) {
    expect(own.rightsOf(request(proof as Record<string, string>)).mayWrite).toBe(false);
    expect(() => assertMayWrite(own, request({ ...proof, origin }))).toThrowError(
      expect.objectContaining({
        code: known.includes(proof as { cookie: string }) ? "forbidden_write" : "unauthorized",
        message: expect.stringContaining("--http-write-token"),
      }),
    );
  }
  expect(() => assertMayWrite(access({ writeToken: "wr1te" }), request({ origin }))).toThrowError(
    expect.objectContaining({ code: "unauthorized" }),
  );
});

test("without a token for writing nothing may write, and where reading needs no token writing does [page/R22][alerts/A29]", () => {
  for (const tokens of [{}, { token: "s3cret" }, { token: "s3cret", writeToken: "" }]) {
    const own = access(tokens);
    for (const proof of [{}, bearer("s3cret"), bearer("")]) {
      expect(own.rightsOf(request(proof as Record<string, string>)).mayWrite, JSON.stringify(tokens)).toBe(
        false,
      );
      expect(() => assertMayWrite(own, request({ ...proof, origin }))).toThrowError(
        expect.objectContaining({
          code: "forbidden_write",
          message: expect.stringContaining("--http-write-token"),
        }),
      );
    }
    expect(own.newSession("")).toBeNull();
  }
  const open = access({ writeToken: "wr1te" });
  expect(open.needsToken).toBe(false);
  expect(open.rightsOf(request({})).mayRead).toBe(true);
  expect(open.rightsOf(request({})).mayWrite).toBe(false);
  expect(open.newSession("anything")).toBeNull();
});

test("a session of one token is none of the other, nor after the other was changed [page/R22]", () => {
  const before = access(both);
  const [reading, writing] = ["s3cret", "wr1te"].map((token) => ({
    cookie: `kissbot_session=${before.newSession(token)}`,
  })) as [{ cookie: string }, { cookie: string }];
  const after = access({ ...both, writeToken: "another" });
  expect(after.rightsOf(request(reading)).mayRead).toBe(true);
  expect(after.rightsOf(request(writing)).mayRead).toBe(false);
  expect(after.rightsOf(request(writing)).mayWrite).toBe(false);
  const swapped = access({ token: "wr1te", writeToken: "s3cret" });
  expect(swapped.rightsOf(request(writing)).mayWrite).toBe(false);
  expect(swapped.rightsOf(request(reading)).mayWrite).toBe(true);
});
