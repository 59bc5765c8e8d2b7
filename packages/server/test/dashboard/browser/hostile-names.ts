/** Names that would do harm where a page took them for more than text. */
export const hostileNames = [
  '<img src=x onerror="alert(1)">',
  "</script><script>alert(2)</script>",
  "javascript:alert(3)",
  "quotes\"'`$" + "{alert(4)}",
  "rtl\u202Egpj.exe",
  "zero\u200Bwidth",
  "🤖".repeat(128),
  "__proto__",
  "a/../b",
  "%2F%00",
];
