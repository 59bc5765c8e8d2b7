/** The codes of error bodies: a closed list, each with the status it comes with. */
export const apiErrorCodes = {
  bad_request: 400,
  invalid_parameter: 400,
  unknown_parameter: 400,
  unauthorized: 401,
  forbidden_host: 403,
  forbidden_origin: 403,
  forbidden_proxy: 403,
  forbidden_write: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  too_many_tries: 429,
  header_too_large: 431,
  internal: 500,
  busy: 503,
  store_not_open: 503,
  store_unavailable: 503,
  store_timeout: 504,
} as const;

export type ApiErrorCode = keyof typeof apiErrorCodes;

/**
 * Errors that a person meets in a browser before there is a page: plain text where the reader
 * prefers HTML. How to end them is set where the monitor is started.
 */
export const errorsForPeople: readonly ApiErrorCode[] = ["forbidden_host", "forbidden_proxy"];

/** An answer that is an error, for the caller to read. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;

  constructor(code: ApiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get status(): number {
    return apiErrorCodes[this.code];
  }
}

export interface ErrorBody {
  readonly error: { readonly code: ApiErrorCode; readonly message: string };
}

export function bodyOf({ code, message }: { code: ApiErrorCode; message: string }): ErrorBody {
  return { error: { code, message } };
}

export const errorSchema = {
  type: "object",
  required: ["error"],
  additionalProperties: false,
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      additionalProperties: false,
      properties: {
        code: { type: "string", enum: Object.keys(apiErrorCodes) },
        message: { type: "string", description: "For people: what was wrong, and what was expected." },
      },
    },
  },
};
