// How pods start, are watched, and go.

import {
  containerPort,
  containers,
  environment,
  matchLabels,
  ofKind,
  picks,
  podOf,
  title,
  workloads,
  workloadsPickedBy,
} from "../manifests.js";

const probes = ["startupProbe", "livenessProbe", "readinessProbe"];

export const lifecycleRules = {
  *"every container has its probes, at ports it has"(documents) {
    for (const { workload, container, title } of containers(documents)) {
      for (const probe of probes) {
        const check = container[probe]?.grpc ?? container[probe]?.httpGet;
        if (check === undefined) {
          yield `${title}: no ${probe} by grpc or httpGet`;
        } else if (!containerPort(workload, check.port)) {
          yield `${title}: ${probe} asks port ${check.port}, which is no port of the container`;
        }
      }
    }
  },

  *"a probe asks what answers, and liveness never asks for others"(documents, { grpcServices }) {
    for (const { container, title } of containers(documents)) {
      for (const probe of probes) {
        const { grpc, httpGet } = container[probe] ?? {};
        const overTls = environment(container).has("PARLEY_GRPC_TLS_CERTIFICATE");
        if (grpc !== undefined && overTls) yield `${title}: ${probe} by grpc, which speaks no TLS`;
        if (grpc?.service !== undefined && !grpcServices.has(grpc.service)) {
          yield `${title}: ${probe} asks for ${grpc.service}, which is no service in proto/`;
        }
        const insteadOfGrpc = overTls && httpGet?.port === "metrics" && httpGet.path === "/metrics";
        if (httpGet !== undefined && !["/healthz", "/readyz"].includes(httpGet.path) && !insteadOfGrpc) {
          yield `${title}: ${probe} asks for ${httpGet.path}, which says nothing of health`;
        }
        const forOthers = grpc?.service !== undefined || httpGet?.path === "/readyz";
        if (probe !== "readinessProbe" && forOthers) {
          yield `${title}: ${probe} would restart a healthy process for what it waits for`;
        }
      }
    }
  },

  *"the grace period is above the drain"(documents) {
    for (const { workload, container, title } of containers(documents)) {
      const drain = seconds(environment(container).get("PARLEY_SHUTDOWN_TIMEOUT"));
      if (drain === undefined) {
        yield `${title}: PARLEY_SHUTDOWN_TIMEOUT is not a duration`;
        continue;
      }
      const pause = Number(container.lifecycle?.preStop?.exec?.command?.[1] ?? 0);
      const grace = podOf(workload).terminationGracePeriodSeconds;
      if (!(grace > pause + drain)) {
        yield `${title}: killed after ${grace} s, but stops after up to ${pause + drain} s`;
      }
    }
  },

  *"a process that owns its state runs once"(documents) {
    for (const { kind, metadata, spec } of ofKind(documents, "StatefulSet")) {
      if (spec.replicas !== 1)
        yield `${kind}/${metadata.name}: ${spec.replicas} replicas of a state that is kept once`;
    }
  },

  *"a disruption budget picks pods and lets a node be emptied"(documents) {
    for (const budget of ofKind(documents, "PodDisruptionBudget")) {
      const picked = workloadsPickedBy(matchLabels(budget.spec.selector), documents);
      if (picked.length === 0) yield `${title(budget)}: picks no pods`;
      if (!(budget.spec.maxUnavailable >= 1)) yield `${title(budget)}: lets no pod go`;
    }
  },

  *"a workload's selector picks its own pods and no others"(documents) {
    for (const workload of workloads(documents)) {
      const selector = matchLabels(workload.spec.selector);
      if (!picks(selector, workload.spec.template.metadata?.labels)) {
        yield `${title(workload)}: its selector does not pick its own pods`;
      }
      for (const other of workloadsPickedBy(selector, documents)) {
        if (other !== workload) yield `${title(workload)}: its selector picks the pods of ${title(other)}`;
      }
    }
  },
};

/** "1m30s" → 90; undefined when it is no duration as flags take it. */
function seconds(duration) {
  const inSeconds = { h: 3600, m: 60, s: 1, ms: 0.001 };
  if (!/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(duration ?? "")) return undefined;
  return [...duration.matchAll(/([\d.]+)([a-z]+)/g)].reduce(
    (sum, [, n, unit]) => sum + n * inSeconds[unit],
    0,
  );
}
