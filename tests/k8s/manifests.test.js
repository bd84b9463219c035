// The manifests, checked without a cluster: their types against Kubernetes' own, and the rules of ours. Each rule, and
// the type check, is shown to fire by a copy of the manifests with one mistake made on purpose.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, test } from "node:test";
import {
  baseDirectory,
  containers,
  environment,
  find,
  kubectlIsInstalled,
  ofKind,
  podOf,
  readFiles,
  render,
  repository,
  title,
} from "./manifests.js";
import { ruleMistakes, typeMistakes } from "./mistakes.js";
import { identityRules } from "./rules/identity.js";
import { lifecycleRules } from "./rules/lifecycle.js";
import { networkRules } from "./rules/network.js";
import { securityRules } from "./rules/security.js";
import { readSources } from "./sources.js";
import { typeComplaints } from "./typecheck.js";

const rules = { ...identityRules, ...lifecycleRules, ...networkRules, ...securityRules };
const sources = readSources();
const base = kubectlIsInstalled ? render(baseDirectory) : readFiles(baseDirectory);

const withoutKubectl = !kubectlIsInstalled && "kubectl is not installed; the files are checked as they stand";
if (withoutKubectl) console.error(`SKIPPED: ${withoutKubectl}`);

/** What all the rules say, or a single one. */
function complaints(documents, only = Object.keys(rules)) {
  return only.flatMap((rule) => [...rules[rule](documents, sources)]);
}

function byTitle(documents) {
  return Object.fromEntries(documents.map((document) => [title(document), document]));
}

describe("k8s/base", () => {
  test(
    "is rendered by kubectl kustomize, with nothing forgotten or changed",
    { skip: withoutKubectl },
    () => {
      assert.deepEqual(byTitle(base), byTitle(readFiles(baseDirectory)));
    },
  );

  test("has the three processes", () => {
    const names = ofKind(base, "Deployment", "StatefulSet").map(({ metadata }) => metadata.name);
    assert.deepEqual(names.sort(), ["edge", "messaging-service", "room-service"]);
  });

  test("has the types of the Kubernetes API", () => assert.deepEqual(typeComplaints(base), []));

  for (const rule of Object.keys(rules)) {
    test(rule, () => assert.deepEqual(complaints(base, [rule]), []));
  }
});

/** What the base and a component are rendered to; undefined, and the test skipped, if kubectl is too old for it. */
function renderWith(component, t) {
  const overlay = mkdtempSync(join(tmpdir(), "parley-overlay-"));
  t.after(() => rmSync(overlay, { recursive: true }));
  const path = (directory) => relative(overlay, join(repository, "k8s", directory));
  const kustomization = { resources: [path("base")], components: [path(`components/${component}`)] };
  writeFileSync(join(overlay, "kustomization.yaml"), JSON.stringify(kustomization));
  try {
    return render(overlay);
  } catch (error) {
    if (!error.message.includes('unknown field "components"')) throw error;
    console.error("SKIPPED: this kubectl is too old for kustomize's components");
    t.skip("this kubectl is too old for kustomize's components");
    return undefined;
  }
}

describe("k8s/components/load-balancer", () => {
  test("opens the edge to the outside and breaks no rule", { skip: withoutKubectl }, (t) => {
    const documents = renderWith("load-balancer", t);
    if (documents === undefined) return;
    const { type, externalTrafficPolicy, sessionAffinity } = find(documents, "Service", "edge").spec;
    assert.deepEqual(
      { type, externalTrafficPolicy, sessionAffinity },
      { type: "LoadBalancer", externalTrafficPolicy: "Local", sessionAffinity: "ClientIP" },
    );
    assert.deepEqual(typeComplaints(documents), []);
    assert.deepEqual(complaints(documents), []);
  });
});

describe("k8s/components/grpc-tls", () => {
  test("gives each process its own Secret and breaks no rule", { skip: withoutKubectl }, (t) => {
    const documents = renderWith("grpc-tls", t);
    if (documents === undefined) return;
    for (const { workload, container } of containers(documents)) {
      const files = Object.fromEntries(
        [...environment(container)].filter(([name]) => name.startsWith("PARLEY_GRPC_TLS_")),
      );
      assert.deepEqual(files, {
        PARLEY_GRPC_TLS_CERTIFICATE: "/etc/parley/grpc-tls/tls.crt",
        PARLEY_GRPC_TLS_KEY: "/etc/parley/grpc-tls/tls.key",
        PARLEY_GRPC_TLS_AUTHORITY: "/etc/parley/grpc-tls/ca.crt",
      });
      const [volume] = podOf(workload).volumes;
      assert.deepEqual(volume, { name: "grpc-tls", secret: { secretName: `${container.name}-grpc-tls` } });
    }
    assert.deepEqual(typeComplaints(documents), []);
    assert.deepEqual(complaints(documents), []);
  });
});

describe("the type check complains of", () => {
  for (const [mistake, make, expected] of typeMistakes) {
    test(mistake, () => {
      const documents = structuredClone(base);
      make(documents);
      const found = typeComplaints(documents);
      assert.equal(found.length, 1, found.join("\n"));
      assert.ok(found[0].includes(expected), found[0]);
    });
  }
});

describe("on purpose wrong:", () => {
  for (const rule of Object.keys(rules)) {
    test(rule, () => {
      assert.ok(ruleMistakes[rule], "no mistake shows that this rule fires");
      for (const [make, ...expected] of ruleMistakes[rule]) {
        const documents = structuredClone(base);
        make(documents);
        assert.deepEqual(complaints(documents).sort(), [...expected].sort());
        assert.ok(
          complaints(documents, [rule]).includes(expected[0]),
          `not a complaint of this rule: ${expected[0]}`,
        );
      }
    });
  }
});
