// Reads manifests, by kubectl or as they stand in their files, and finds one's way about in them.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testDirectory, yaml } from "./packages.js";

export const repository = join(testDirectory, "..", "..");
export const baseDirectory = join(repository, "k8s", "base");

export const kubectlIsInstalled = spawnSync("kubectl", ["version", "--client"]).error === undefined;

/** The documents that `kubectl kustomize` makes of a directory. Throws what kubectl says when it refuses. */
export function render(directory) {
  const run = spawnSync("kubectl", ["kustomize", directory], { encoding: "utf8" });
  if (run.status !== 0)
    throw new Error(`kubectl kustomize ${directory}: ${run.error?.message ?? run.stderr}`);
  return parse(run.stdout);
}

/** The documents in all the files of a directory, whether or not its kustomization names them. */
export function readFiles(directory) {
  return readdirSync(directory)
    .filter((file) => file.endsWith(".yaml") && file !== "kustomization.yaml")
    .flatMap((file) => parse(readFileSync(join(directory, file), "utf8")));
}

export function parse(text) {
  return yaml.loadAll(text).filter((document) => document !== null);
}

/** How complaints name a document: "Deployment/edge". */
export function title(document) {
  return `${document.kind}/${document.metadata?.name}`;
}

export function ofKind(documents, ...kinds) {
  return documents.filter((document) => kinds.includes(document.kind));
}

export function find(documents, kind, name) {
  return ofKind(documents, kind).find((document) => document.metadata.name === name);
}

/** Everything that makes pods; each has `spec.template`. */
export function workloads(documents) {
  return ofKind(documents, "Deployment", "StatefulSet");
}

export function podOf(workload) {
  return workload.spec.template.spec;
}

/** Every container of every workload, those that only prepare the pod included. */
export function containers(documents) {
  return workloads(documents).flatMap((workload) =>
    [...(podOf(workload).initContainers ?? []), ...podOf(workload).containers].map((container) => ({
      workload,
      container,
      title: `${title(workload)}, container ${container.name}`,
    })),
  );
}

/** Whether a selector, given as a map of labels, picks something with these labels. An empty one picks everything. */
export function picks(selector, labels) {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
}

/** The labels of a LabelSelector, which in these manifests is always written as matchLabels. */
export function matchLabels(selector) {
  if (selector.matchExpressions) throw new Error("these checks do not understand matchExpressions");
  return selector.matchLabels ?? {};
}

export function workloadsPickedBy(selector, documents) {
  return workloads(documents).filter((workload) => picks(selector, workload.spec.template.metadata?.labels));
}

/** The container port that a number or a name stands for in a workload's pods, or undefined. */
export function containerPort(workload, numberOrName) {
  return podOf(workload)
    .containers.flatMap((container) => container.ports ?? [])
    .find((port) => port.containerPort === numberOrName || port.name === numberOrName);
}

export function environment(container) {
  return new Map((container.env ?? []).map(({ name, value }) => [name, value]));
}
