import type { ServerResponse } from "node:http";
import { RecordingLogger, until } from "@kissbot/testkit";
import { expect, test, vi } from "vitest";
import type { Admission, Rights } from "../../src/http/admission.js";
import { HttpApp } from "../../src/http/http-app.js";
import type { Route } from "../../src/http/route.js";
import { streamRoute } from "../../src/http/routes/stream-route.js";
import type { Viewer } from "../../src/live/viewer.js";

const rights: Rights = { mayRead: true, mayWrite: false, isSession: false };
const route: Route = {
  path: "/asked",
  id: "getAsked",
  summary: "What the caller may do",
  schema: null,
  answer: ({ isAuthorized, mayWrite }) => ({ kind: "json", value: { isAuthorized, mayWrite } }),
};

const page = { shell: null, asset: () => undefined };
const clock = { wallMs: () => 0, monotonicMs: () => 0 };
const logger = new RecordingLogger();

function admissionOf(rightsOf: () => Rights): Admission {
  const nothing = () => undefined;
  return {
    assertPlace: nothing,
    assertOrigin: nothing,
    assertFromPage: nothing,
    assertMayWrite: nothing,
    rightsOf,
  };
}

test("looks at the token of a request once, and not at all for the files of the page", async () => {
  const rightsOf = vi.fn(() => rights);
  const admission = admissionOf(rightsOf);
  const app = new HttpApp({ routes: [route], admission, page, clock, logger }).fastify;
  try {
    const answer = await app.inject("/asked");
    expect(answer.json()).toEqual({ isAuthorized: true, mayWrite: false });
    expect(rightsOf).toHaveBeenCalledTimes(1);
    expect((await app.inject("/")).statusCode).toBe(404);
    expect(rightsOf).toHaveBeenCalledTimes(1);
  } finally {
    await app.close();
  }
});

test("no stream is past the bound where several are asked for in one instant", async () => {
  const streams = new Set<Viewer>();
  const feed = { subscribe: () => () => undefined };
  const routes = [streamRoute({ feed, streams, maxStreams: 2 })];
  const admission = admissionOf(() => rights);
  const app = new HttpApp({ routes, admission, page, clock, logger }).fastify;
  const responses: ServerResponse[] = [];
  app.addHook("onRequest", async (_request, reply) => void responses.push(reply.raw));
  const statuses: number[] = [];
  const asked = Array.from({ length: 5 }, async () => {
    statuses.push((await app.inject("/api/v1/stream")).statusCode);
  });
  await until("the others were refused", () => statuses.length >= 3);
  expect([statuses, streams.size]).toEqual([[503, 503, 503], 2]);
  for (const response of responses) response.end();
  await Promise.all(asked);
  await app.close();
});

test("a crowd that comes and goes is refused past a bound, but for what needs no token", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: Route = {
    ...route,
    answer: async () => {
      await held;
      return { kind: "json", value: {} };
    },
  };
  const health: Route = { ...route, path: "/open", id: "getOpen", open: true };
  const admission = admissionOf(() => rights);
  const app = new HttpApp({ routes: [slow, health], admission, page, clock, logger }).fastify;
  const crowd = Array.from({ length: 1_024 }, async () => (await app.inject("/asked")).statusCode);
  const refused = await app.inject("/asked");
  expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "1"]);
  expect(refused.json()).toMatchObject({ error: { code: "busy" } });
  expect((await app.inject("/open")).statusCode).toBe(200);
  release();
  expect(new Set(await Promise.all(crowd))).toEqual(new Set([200]));
  expect((await app.inject("/asked")).statusCode).toBe(200);
  await app.close();
});
