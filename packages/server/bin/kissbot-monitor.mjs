#!/usr/bin/env node
// Stands in the repository, so that an installation finds the command before it is built.
import "../dist/main.js";
