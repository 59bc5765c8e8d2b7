/** Why HTTP could not start. The message is for people and names the flag that helps. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: "port_taken" | "cannot_bind" | "unknown_host" | "token_needed";

  constructor(code: HttpError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
