import { lengthOf, type Piece, repeat, utf8 } from "./stream.js";

/**
 * The heartbeat of process 1 as a line of exactly so many bytes: a field that protocol 1 does not
 * know fills it.
 */
export function padded(length: number, fill = "x"): Piece[] {
  const head = '{"type":"heartbeat","channel":"lounge","pid":1,"pad":"';
  const tail = '"}';
  const room = length - head.length - tail.length;
  const size = utf8(fill).length;
  const odd = room % size;
  const pieces = [head, "x".repeat(odd), repeat(fill, (room - odd) / size), tail];
  // A case that miscounts its padding would show nothing.
  if (lengthOf(pieces) !== length) throw new RangeError(`${lengthOf(pieces)} bytes instead of ${length}`);
  return pieces;
}
