import type { IncomingMessage } from "node:http";
import type { Admission } from "../http/admission.js";
import { ApiError } from "../http/api-error.js";
import { proxyHeaderOf } from "../http/proxy-header.js";
import { assertTarget } from "../http/request-target.js";

/**
 * Whoever may open the control socket may do everything there: the system has asked for the rights
 * to its file. A proxy in front of it would give them to every caller of the proxy, so what came
 * through one is refused, and so is a page of the web.
 */
export const ownerAdmission: Admission = {
  assertPlace: (request: IncomingMessage) => {
    assertTarget(request.url);
    const header = proxyHeaderOf(request);
    if (header === undefined) return;
    throw new ApiError(
      "forbidden_proxy",
      `the request came through a proxy (it has a header ${header}): the control socket is for commands of this machine, and everybody beyond the proxy could change the fleet. Let the proxy ask the address of --http`,
    );
  },
  assertOrigin: ({ headers: { origin } }: IncomingMessage) => {
    if (origin === undefined) return;
    throw new ApiError("forbidden_origin", "the control socket is for commands, not for pages");
  },
  assertFromPage: () => {
    throw new ApiError("forbidden_origin", "the control socket needs no session: it asks for no token");
  },
  rightsOf: () => ({ mayRead: true, mayWrite: true, isSession: false }),
  assertMayWrite: () => undefined,
};
