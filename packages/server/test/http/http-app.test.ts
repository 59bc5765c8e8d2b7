import { RecordingLogger } from "@kissbot/testkit";
import { expect, test, vi } from "vitest";
import type { Admission, Rights } from "../../src/http/admission.js";
import { HttpApp } from "../../src/http/http-app.js";
import type { Route } from "../../src/http/route.js";

const rights: Rights = { mayRead: true, mayWrite: false, isSession: false };
const route: Route = {
  path: "/asked",
  id: "getAsked",
  summary: "What the caller may do",
  schema: null,
  answer: ({ isAuthorized, mayWrite }) => ({ kind: "json", value: { isAuthorized, mayWrite } }),
};

test("looks at the token of a request once, and not at all for the files of the page", async () => {
  const rightsOf = vi.fn(() => rights);
  const nothing = () => undefined;
  const admission: Admission = {
    assertPlace: nothing,
    assertOrigin: nothing,
    assertFromPage: nothing,
    assertMayWrite: nothing,
    rightsOf,
  };
  const page = { shell: null, asset: () => undefined };
  const clock = { wallMs: () => 0, monotonicMs: () => 0 };
  const logger = new RecordingLogger();
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
