// The Dockerfile, checked without a Docker engine: who runs what in the images, and that they hold exactly the shared
// libraries that the processes are linked with.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { imageComplaints, packageComplaints, packagesLinkedBy, readDockerfile } from "./dockerfile.js";
import { repository } from "./manifests.js";
import { processes, read } from "./sources.js";

const text = read("k8s/Dockerfile");
const dockerfile = readDockerfile(text);

// Where the built processes are; only those that are built as they are deployed can be compared.
const binaries = process.env.PARLEY_BIN_DIR
  ? processes.map((name) => join(process.env.PARLEY_BIN_DIR, name))
  : [];
const withoutBinaries = whyNoBinaries();
if (withoutBinaries) console.error(`SKIPPED: ${withoutBinaries}`);

function whyNoBinaries() {
  if (binaries.length === 0) return "PARLEY_BIN_DIR does not say where a release of the processes is";
  const missing = binaries.filter((binary) => !existsSync(binary));
  if (missing.length > 0) return `not built: ${missing.join(", ")}`;
  const system = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  if (!system.includes("VERSION_CODENAME=bookworm"))
    return "built on another system than the images are made from";
  return false;
}

describe("k8s/Dockerfile", () => {
  test("has an image for each process, which runs as nobody in particular", () => {
    assert.deepEqual([...imageComplaints(dockerfile, processes)], []);
    assert.deepEqual([...dockerfile.targets.keys()].sort(), [...processes].sort());
  });

  test("installs what the processes are linked with, and nothing else", { skip: withoutBinaries }, () => {
    const { packages } = dockerfile.stages.get("runtime");
    assert.deepEqual([...packageComplaints(packages, packagesLinkedBy(binaries))], []);
  });

  test("finds the list of packages, and what installs them, in ./dev", () => {
    const [, command] = /^RUN bash -c '(source [^&]*)&&/m.exec(text);
    const script = `${command} >&2 && declare -F install_packages && printf '%s\\n' "\${build_packages[@]}"`;
    const printed = execFileSync("bash", ["-c", script], {
      cwd: repository,
      encoding: "utf8",
      stdio: "pipe",
    });
    for (const expected of ["install_packages", "cmake", "g++"]) {
      assert.ok(printed.split("\n").includes(expected), `${expected} is not in: ${printed}`);
    }
  });

  test("finds everything it copies, past .dockerignore", () => {
    const allowed = [...read(".dockerignore").matchAll(/^!(.+)$/gm)].map(([, entry]) => entry);
    for (const entry of allowed) assert.ok(existsSync(join(repository, entry)), `${entry} is not there`);
    const [built] = read("CMakeLists.txt").split("if(PARLEY_TESTS)\n  add_subdirectory");
    const needed = [...built.matchAll(/^add_subdirectory\((\S+)\)/gm)].map(([, directory]) => directory);
    assert.ok(needed.length > 0);
    for (const entry of ["CMakeLists.txt", "CMakePresets.json", "dev", ...needed]) {
      assert.ok(allowed.includes(entry), `.dockerignore keeps ${entry} out`);
    }
  });
});

describe("on purpose wrong, a Dockerfile", () => {
  const mistakes = [
    ["without a target", "AS edge", "AS gateway", "no target edge"],
    [
      "that runs as root",
      "USER 65532:65532",
      "USER 0",
      "target edge: USER is 0, not the number of somebody other than root",
    ],
    [
      "with a user's name",
      "USER 65532:65532",
      "USER nobody",
      "target edge: USER is nobody, not the number of",
    ],
    [
      "that starts another process",
      'ENTRYPOINT ["edge"]',
      'ENTRYPOINT ["bash"]',
      'target edge: ENTRYPOINT is ["bash"]',
    ],
    [
      "on a large image",
      "debian:bookworm-slim",
      "debian:bookworm",
      "target edge: made from debian:bookworm, which is",
    ],
  ];
  for (const [mistake, right, wrong, expected] of mistakes) {
    test(mistake, () => {
      assert.ok(text.includes(right));
      const found = [...imageComplaints(readDockerfile(text.replace(right, wrong)), ["edge"])];
      assert.equal(found.length, 1, found.join("\n"));
      assert.ok(found[0].startsWith(expected), found[0]);
    });
  }

  test("with a line that ends too early", () => {
    assert.throws(() => readDockerfile(text.replace("zlib1g \\", "zlib1g")), /no instruction: +&& rm -rf/);
  });

  test("that installs too little or too much", () => {
    const { packages } = readDockerfile(text.replace("zlib1g", "libbrotli1")).stages.get("runtime");
    assert.deepEqual(
      [...packageComplaints(packages, dockerfile.stages.get("runtime").packages)],
      ["zlib1g is not installed", "libbrotli1 is installed for nothing"],
    );
  });
});
