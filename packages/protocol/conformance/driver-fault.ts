/**
 * The driver does not speak the driver protocol: it printed rubbish, hung, died, or answered late.
 * Its message names the command and the line.
 */
export class DriverFault extends Error {
  override readonly name = "DriverFault";
  readonly kind: "rubbish" | "hang" | "death" | "start";

  constructor(kind: DriverFault["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}
