/**
 * The other end of a `Peer`: answers each question with what its handler returns. Questions do not
 * keep the process alive, and it ends with whoever asks.
 */
export function answer(handlers) {
  process.on("message", async ({ id, question, details }) => {
    try {
      process.send?.({ id, value: await { ready: () => null, ...handlers }[question](details) });
    } catch (error) {
      process.send?.({ id, error: `${question}: ${error instanceof Error ? error.stack : error}` });
    }
  });
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
}
