// What the manifests must agree with, read from the sources: flags, gRPC services, images, the version.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readDockerfile } from "./dockerfile.js";
import { repository } from "./manifests.js";

/** Where the flags of a process are defined; those in common/ are linked into all. */
const directories = {
  "room-service": ["common", "services/room"],
  "messaging-service": ["common", "services/messaging"],
  edge: ["common", "edge"],
};

export const processes = Object.keys(directories);

/** Everything the rules need to know, so that a test can replace a part of it. */
export function readSources() {
  return {
    version: /project\(parley VERSION (\S+)/.exec(read("CMakeLists.txt"))[1],
    images: readDockerfile(read("k8s/Dockerfile")).targets,
    grpcServices: new Set(filesBelow("proto", /\.proto$/).flatMap((file) => servicesOf(read(file)))),
    flags: Object.fromEntries(processes.map((process) => [process, flagsOf(process)])),
  };
}

export function read(path) {
  return readFileSync(join(repository, path), "utf8");
}

/** The flags of a process by their environment variables, each with its default as it is written in the source. */
function flagsOf(process) {
  const flags = new Map();
  for (const file of directories[process].flatMap((directory) => filesBelow(directory, /\.(cc|h)$/))) {
    for (const [, name, value] of read(file).matchAll(/^ABSL_FLAG\([^,]+,\s*(\w+),\s*([^,]+)/gm)) {
      flags.set(`PARLEY_${name.toUpperCase()}`, value);
    }
  }
  return flags;
}

function servicesOf(proto) {
  const name = /^package ([\w.]+);/m.exec(proto)?.[1];
  return [...proto.matchAll(/^service (\w+)/gm)].map(([, service]) => `${name}.${service}`);
}

function filesBelow(directory, pattern) {
  return readdirSync(join(repository, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(path, pattern);
    return pattern.test(entry.name) ? [path] : [];
  });
}
