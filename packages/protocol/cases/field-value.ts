import type { Piece } from "./stream.js";
import type { Tagged } from "./value.js";

/** A text that a field may hold, and what it is decoded to. */
export interface GoodValue {
  id: string;
  title: string;
  spec: string;
  text: string | Piece[];
  value: Tagged;
}

/** A text that a field must not hold. `or` is set where a parser may call the line invalid JSON. */
export interface BadValue {
  id: string;
  title: string;
  spec: string;
  text: string | Piece[];
  mayBeInvalidJson?: true;
}
