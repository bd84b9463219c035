// The npm packages that the checks use, with a plain word when they are not there.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const testDirectory = dirname(fileURLToPath(import.meta.url));
export const typesDirectory = join(testDirectory, "node_modules", "kubernetes-types");

if (!existsSync(typesDirectory)) {
  throw new Error(`npm packages are missing: run "npm ci" in ${testDirectory}`);
}

const require = createRequire(import.meta.url);
export const yaml = require("js-yaml");
export const ts = require("typescript");
