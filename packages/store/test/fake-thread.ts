import { EventEmitter } from "node:events";

/** A thread that does what the test says: nothing by itself. */
export class FakeThread extends EventEmitter {
  static readonly all: FakeThread[] = [];
  /** What `new` throws while the system refuses threads. */
  static refusal: Error | null = null;
  readonly asked: string[] = [];

  constructor() {
    super();
    if (FakeThread.refusal !== null) throw FakeThread.refusal;
    FakeThread.all.push(this);
  }

  postMessage(message: { readonly kind: string; readonly name?: string }): void {
    this.asked.push(message.name ?? message.kind);
  }

  unref(): void {}

  getsReady(): void {
    this.emit("message", { kind: "ready" });
  }

  answers(answer: unknown): void {
    this.emit("message", { kind: "answer", answer });
  }

  /** As Node tells it of a thread whose file is missing, or that throws. */
  dies(why: string): void {
    this.emit("error", new Error(why));
    this.emit("exit", 1);
  }
}
