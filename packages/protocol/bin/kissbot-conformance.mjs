#!/usr/bin/env node
// Stands in the repository, so that an installation finds the command before it is built.
import { conformance } from "../dist/conformance.js";

await conformance(process.argv.slice(2));
