/**
 * What happened to a client, or what it did, at a moment of its process's life. The README of the
 * fixtures explains each.
 */
export type Happening =
  | { at_ms: number; event: "start"; max_lines?: number; max_bytes?: number }
  | { at_ms: number; event: "call"; line: string; took_ms: number }
  | { at_ms: number; event: "connect"; connection: number; outcome: "open" | "refused" }
  | { at_ms: number; event: "sent"; connection: number; line: string }
  | { at_ms: number; event: "sent_part"; connection: number; line: string; bytes: number }
  | { at_ms: number; event: "sent_rest"; connection: number; line: string }
  | { at_ms: number; event: "waited"; connection: number; for: "answer" | "drain"; took_ms: number }
  | { at_ms: number; event: "held"; lines: string[] }
  | { at_ms: number; event: "dropped"; line: string; why: "buffer_full" | "connection_lost" }
  | { at_ms: number; event: "frozen" | "thawed" }
  | { at_ms: number; event: "closed"; connection: number; by: "monitor" | "client" }
  | { at_ms: number; event: "exit"; on_purpose: boolean };
