import { join } from "node:path";
import { cargo, rustTarget } from "./cargo.js";
import { ports } from "./port-folder.js";
import type { PortName } from "./toolchain.js";

/** Builds the driver of a port where that is needed, and gives the command that starts it. */
export async function driverCommand(port: PortName): Promise<readonly string[]> {
  if (port === "python") {
    // Without its cache, which would lie in the tree.
    return ["python3", "-B", join(ports, "python", "driver", "driver.py")];
  }
  const { code, stderr } = await cargo(["build", "--offline", "--locked", "--quiet", "--example", "driver"]);
  if (code !== 0) throw new Error(`the driver in Rust cannot be built: ${stderr}`);
  return [join(rustTarget, "debug", "examples", "driver")];
}
