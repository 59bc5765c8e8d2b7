/**
 * The name of a typed array's class, undefined for anything else: by its nature, in any realm,
 * whatever it claims to be.
 */
const nameOfTypedArray = /* @__PURE__ */ (() =>
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
    ?.get as () => string | undefined)();

/**
 * Whether the value is an array of bytes: a Uint8Array, a Buffer or another subclass, or a
 * Uint8ClampedArray.
 */
export function isBytes(value: unknown): value is Uint8Array {
  const name = nameOfTypedArray.call(value);
  return name === "Uint8Array" || name === "Uint8ClampedArray";
}

/**
 * The bytes, copied where another thread could change them. Throws TypeError if their memory is
 * detached.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const { buffer } = bytes;
  // A view of shared memory, or of another realm.
  if (!(buffer instanceof ArrayBuffer)) return new Uint8Array(bytes);
  if (bytes.length > 0) return bytes;
  // Throws TypeError if the buffer is detached, as `buffer.detached` would say in Node 22.
  return new Uint8Array(buffer, 0, 0);
}
