import { integer, property, assert as propertyAssert, string } from "fast-check";
import { expect, test } from "vitest";
import { socketModeFrom, socketModeText } from "../../src/config/socket-mode.js";

test("every mode is read back from its text, in all three forms", async () => {
  await propertyAssert(
    property(integer({ min: 0, max: 0o777 }), (mode) => {
      const text = socketModeText(mode);
      expect([text, text.slice(1), `0o${text}`].map(socketModeFrom)).toEqual([mode, mode, mode]);
    }),
  );
});

test("nothing else is a mode: no decimal digits, no sticky bit, no symbols", async () => {
  await propertyAssert(
    property(string(), (text) => {
      const mode = socketModeFrom(text);
      expect(mode === undefined || (mode >= 0 && mode <= 0o777)).toBe(true);
    }),
  );
  for (const text of ["", "7", "66", "668", "01777", "4755", "07777", "u+rw", "-660", "0x1b0", "432."]) {
    expect(socketModeFrom(text), text).toBeUndefined();
  }
});
