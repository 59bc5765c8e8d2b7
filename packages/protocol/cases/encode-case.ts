import type { EncodeCase } from "./case.js";
import { type Tagged, tagged } from "./value.js";

/** A message that is written, and what its line decodes to: the same unless told. */
export function written(
  id: string,
  title: string,
  spec: string,
  message: Tagged,
  decodesTo: Tagged = message,
): EncodeCase {
  return {
    id,
    title,
    level: "must",
    spec: spec.split(" "),
    message: tagged(message),
    decodes_to: tagged(decodesTo),
  };
}

/** A message that the encoder has to refuse on account of one field. */
export function refused(id: string, title: string, spec: string, field: string, message: Tagged): EncodeCase {
  return { id, title, level: "must", spec: spec.split(" "), message: tagged(message), refused: field };
}
