import { randomUUID } from "node:crypto";
import { lasting } from "@kissbot/testkit";
import { Lease } from "../../src/fleet/lease.js";
import type { Link } from "../../src/postgres/link.js";
import { Statement } from "../../src/postgres/statement.js";

/** Something that wants the lease, and writes a line into `acts` as often as it has it. */
export class LeasePeer {
  readonly holder = randomUUID();
  readonly lease: Lease;
  readonly link: Link;
  readonly #lastsMs: number;
  readonly #running: Promise<void>;
  #isStopped = false;
  #frozenUntilMs = 0;
  /** Lines that it wrote after it had been frozen, by the token that it had before. */
  lateActs = 0;
  lateTries = 0;

  constructor(link: Link, lastsMs: number) {
    this.link = link;
    this.#lastsMs = lastsMs;
    const monotonicMs = () => performance.now();
    this.lease = new Lease(link, { holder: this.holder, hostId: () => null, monotonicMs, lastsMs });
    this.#running = this.#run();
  }

  /** It does nothing for so long, and then goes on where it was. */
  freeze(ms: number): void {
    this.#frozenUntilMs = performance.now() + ms;
  }

  /** As if it was killed. */
  async kill(): Promise<void> {
    this.#isStopped = true;
    this.link.destroy();
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await this.lease.release();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#thaw();
        if ((await this.lease.renew()) !== null && this.lease.isHeld) await this.#act();
      } catch {
        // Cut off: tried again.
      }
      const pauseMs = this.#lastsMs / 3;
      await lasting(
        "a pause",
        this.lease.isHeld ? pauseMs : Math.max(10, Math.min(pauseMs, this.lease.freeInMs)),
      );
    }
  }

  async #thaw(): Promise<void> {
    const leftMs = this.#frozenUntilMs - performance.now();
    if (leftMs <= 0) return;
    await lasting("a freeze", leftMs);
    if (this.#isStopped) return;
    // What it was about to write when it froze.
    this.lateTries += 1;
    this.lateActs += await this.#act();
  }

  async #act(): Promise<number> {
    const statement = new Statement(this.link.url.schema);
    this.lease.fence(statement);
    statement.add(
      "act",
      `INSERT INTO ${statement.name("acts")} (holder, token) SELECT ${statement.value(this.holder, "uuid")}, token FROM office RETURNING 1`,
    );
    const text = statement.text("SELECT (SELECT count(*) FROM act)::int AS acts");
    const [row] = await this.link.rows<{ acts: number }>(text, statement.values);
    return row?.acts ?? 0;
  }
}
