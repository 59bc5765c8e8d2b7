import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { TemporaryFolder } from "@kissbot/testkit";

const nobody = 65_534;
const day = 86_400_000;

interface Shown {
  readonly name: string;
  readonly isExpired?: boolean;
  readonly by?: "ca" | "other";
}

/** An authority of a test, and the certificate that a server shows, which may be exchanged. */
export class Certificates implements Disposable {
  readonly #folder = new TemporaryFolder("certificates");

  constructor() {
    writeFileSync(this.#folder.file("index"), "");
    writeFileSync(
      this.#folder.file("ca.cnf"),
      `[ca]
default_ca = own
[own]
database = ${this.#folder.file("index")}
new_certs_dir = ${this.#folder.path}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
`,
    );
    this.#makeAuthority("ca");
    this.#makeAuthority("other");
    this.show({ name: "IP:127.0.0.1" });
    const owned = [this.#folder.path, this.certificate, this.key];
    if (process.getuid?.() === 0) for (const path of owned) chownSync(path, nobody, nobody);
  }

  get certificate(): string {
    return this.#folder.file("server.crt");
  }

  get key(): string {
    return this.#folder.file("server.key");
  }

  /** The certificate of the authority that signs. */
  get authority(): string {
    return this.#folder.file("ca.crt");
  }

  /** `name`: `DNS:…` or `IP:…`. `by`: who signs it, of whom only `ca` is known. */
  show({ name, isExpired = false, by = "ca" }: Shown): void {
    const draft = (ending: string) => this.#folder.file(`draft.${ending}`);
    this.#openssl(
      ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ["-keyout", draft("key"), "-out", draft("csr"), "-subj", "/CN=server"],
      ["-addext", `subjectAltName=${name}`],
    );
    const now = Date.now();
    this.#openssl(
      ["ca", "-batch", "-config", this.#folder.file("ca.cnf"), "-notext", "-in", draft("csr")],
      ["-cert", this.#folder.file(`${by}.crt`), "-keyfile", this.#folder.file(`${by}.key`)],
      ["-out", draft("crt")],
      ["-startdate", asn1(now - 9 * day), "-enddate", asn1(now + (isExpired ? -day : 9 * day))],
    );
    chmodSync(draft("key"), 0o600);
    // In place, so that the owner stays.
    copyFileSync(draft("key"), this.key);
    copyFileSync(draft("crt"), this.certificate);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  #makeAuthority(name: string): void {
    this.#openssl(
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"],
      ["-keyout", this.#folder.file(`${name}.key`), "-out", this.#folder.file(`${name}.crt`)],
      ["-subj", `/CN=${name}`],
    );
  }

  #openssl(...parts: readonly (readonly string[])[]): void {
    const words = parts.flat();
    const done = spawnSync("openssl", words, { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`openssl ${words[0]}: ${done.error ?? ""}${done.stderr}`);
  }
}

export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

function asn1(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/\D/g, "")}Z`;
}
