// Reads what the checks need of a Dockerfile, and of a binary that is to run in an image of it.

import { execFileSync } from "node:child_process";

/**
 * The images of a Dockerfile: `packages` that each stage installs, and as `targets` the stages with an entry point,
 * each with its user, entry point, ports, and the packages of the stages it is made from. Throws at a line that is no
 * instruction.
 */
export function readDockerfile(text) {
  const stages = new Map();
  let stage;
  for (const line of joinLines(text)) {
    const [, instruction, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (instruction === undefined) throw new Error(`no instruction: ${line}`);
    if (instruction === "FROM") {
      const [, from, name] = /^(\S+) AS (\S+)$/.exec(rest);
      const parent = stages.get(from);
      stage = {
        base: parent?.base ?? from,
        user: parent?.user,
        ports: [],
        packages: [...(parent?.packages ?? [])],
      };
      stages.set(name, stage);
    } else if (instruction === "USER") {
      stage.user = rest;
    } else if (instruction === "EXPOSE") {
      stage.ports.push(...rest.split(/\s+/).map(Number));
    } else if (instruction === "ENTRYPOINT") {
      stage.entrypoint = JSON.parse(rest);
    } else if (instruction === "RUN") {
      stage.packages.push(...packagesIn(rest));
    }
  }
  return { stages, targets: new Map([...stages].filter(([, { entrypoint }]) => entrypoint)) };
}

function joinLines(text) {
  const joined = text.replace(/^#.*\n/gm, "").replace(/\\\n\s*/g, " ");
  return joined.split("\n").filter((line) => line !== "");
}

function packagesIn(command) {
  const [, words = ""] = /apt-get install ([^&|;]*)/.exec(command) ?? [];
  return words.split(/\s+/).filter((word) => word && !word.startsWith("-"));
}

/** What is wrong with the images that a Dockerfile builds for these processes. */
export function* imageComplaints({ targets }, processes) {
  for (const process of processes) {
    const target = targets.get(process);
    if (target === undefined) {
      yield `no target ${process}`;
      continue;
    }
    const user = /^(\d+)(?::\d+)?$/.exec(target.user ?? "")?.[1];
    if (user === undefined || Number(user) === 0) {
      yield `target ${process}: USER is ${target.user}, not the number of somebody other than root`;
    }
    if (target.entrypoint.join(" ") !== process) {
      yield `target ${process}: ENTRYPOINT is ${JSON.stringify(target.entrypoint)}`;
    }
    if (!target.base.endsWith("-slim"))
      yield `target ${process}: made from ${target.base}, which is no slim image`;
  }
}

/** What differs between the packages that a stage installs and those that the binaries in it are linked with. */
export function* packageComplaints(installed, linked) {
  for (const name of linked) if (!installed.includes(name)) yield `${name} is not installed`;
  for (const name of installed) if (!linked.includes(name)) yield `${name} is installed for nothing`;
}

/** In every Debian image, since apt itself needs them. */
const alwaysThere = new Set(["libc6", "libgcc-s1", "libstdc++6"]);

/** The Debian packages of the libraries that binaries themselves are linked with, but for those of every image. */
export function packagesLinkedBy(binaries) {
  const files = new Set(binaries.flatMap(librariesOf));
  // A library may have been packed below /lib and be found below /usr/lib, or the other way round.
  const patterns = [...files].map((file) => file.replace(/^(\/usr)?/, "*"));
  const owners = execFileSync("dpkg-query", ["--search", ...patterns], { encoding: "utf8" });
  const packages = owners
    .trim()
    .split("\n")
    .map((line) => line.slice(0, line.indexOf(":")));
  return [...new Set(packages)].filter((name) => !alwaysThere.has(name)).sort();
}

/** The files of the libraries that a binary itself asks for. */
function librariesOf(binary) {
  const dynamic = execFileSync("readelf", ["--dynamic", "--wide", binary], { encoding: "utf8" });
  const needed = new Set([...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, library]) => library));
  const resolved = execFileSync("ldd", [binary], { encoding: "utf8" });
  return [...resolved.matchAll(/^\s*(\S+) => (\S+)/gm)]
    .filter(([, library]) => needed.has(library))
    .map(([, , file]) => file);
}
