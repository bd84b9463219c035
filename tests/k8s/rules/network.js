// Who reaches whom, at which port.

import {
  containerPort,
  containers,
  environment,
  find,
  matchLabels,
  ofKind,
  picks,
  podOf,
  title,
  workloads,
  workloadsPickedBy,
} from "../manifests.js";

export const networkRules = {
  *"a Service picks pods that have its ports"(documents) {
    for (const service of ofKind(documents, "Service")) {
      const picked = workloadsPickedBy(service.spec.selector, documents);
      if (picked.length === 0) yield `${title(service)}: picks no pods`;
      for (const workload of picked) {
        for (const { port, targetPort = port } of service.spec.ports) {
          if (!containerPort(workload, targetPort)) {
            yield `${title(service)}: ${title(workload)} has no port ${targetPort}`;
          }
        }
      }
    }
  },

  *"gRPC is reached by an address that stays while its only pod is away"(documents) {
    for (const service of ofKind(documents, "Service")) {
      if (service.spec.ports.some(({ name }) => name === "grpc") && service.spec.clusterIP === "None") {
        yield `${title(service)}: headless, so gRPC asks for its name ever more rarely while its pod is away`;
      }
    }
  },

  *"a StatefulSet's Service picks its pods"(documents) {
    for (const set of ofKind(documents, "StatefulSet")) {
      const service = find(documents, "Service", set.spec.serviceName);
      if (!service || !workloadsPickedBy(service.spec.selector, documents).includes(set)) {
        yield `${title(set)}: ${set.spec.serviceName} is no Service of its pods`;
      }
    }
  },

  *"replicas that hold sessions are behind a Service with affinity"(documents) {
    for (const service of ofKind(documents, "Service")) {
      if (!service.spec.ports.some(({ name }) => name === "http")) continue;
      for (const workload of workloadsPickedBy(service.spec.selector, documents)) {
        const { replicas } = workload.spec;
        if (replicas > 1 && service.spec.sessionAffinity !== "ClientIP") {
          yield `${title(service)}: long-polling among ${replicas} replicas needs sessionAffinity ClientIP`;
        }
      }
    }
  },

  *"an address in the environment is a Service's, at a port it has"(documents) {
    for (const { title, name, host, port } of addresses(documents)) {
      const service = find(documents, "Service", host);
      if (service === undefined) {
        yield `${title}: ${name} names ${host}, which is no Service`;
      } else if (!service.spec.ports.some((candidate) => candidate.port === port)) {
        yield `${title}: ${name} names port ${port}, which Service ${host} does not have`;
      }
    }
  },

  *"a process listens where its container says, on every interface"(documents, { flags }) {
    for (const { container, title } of containers(documents)) {
      const given = environment(container);
      const setting = (name) => given.get(name) ?? flags[container.name]?.get(name);
      if (given.get("PARLEY_HOST") !== "0.0.0.0") yield `${title}: PARLEY_HOST is not 0.0.0.0`;
      for (const { name, containerPort } of container.ports ?? []) {
        const variable = name === "metrics" ? "PARLEY_METRICS_PORT" : "PARLEY_PORT";
        if (Number(setting(variable)) !== containerPort) {
          yield `${title}: port ${name} is ${containerPort}, but the process listens on ${setting(variable)}`;
        }
      }
    }
  },

  *"Prometheus is told a port of the pod"(documents) {
    for (const workload of workloads(documents)) {
      const annotations = workload.spec.template.metadata?.annotations ?? {};
      if (annotations["prometheus.io/scrape"] !== "true")
        yield `${title(workload)}: not scraped by Prometheus`;
      const port = annotations["prometheus.io/port"];
      if (!containerPort(workload, Number(port))) {
        yield `${title(workload)}: prometheus.io/port ${port} is no port of the pod`;
      }
    }
  },

  *"a network policy picks pods that have its ports"(documents) {
    for (const policy of ofKind(documents, "NetworkPolicy")) {
      const picked = workloadsPickedBy(matchLabels(policy.spec.podSelector), documents);
      if (picked.length === 0) yield `${title(policy)}: picks no pods`;
      const ports = policy.spec.ingress.flatMap((rule) => rule.ports ?? []);
      for (const { port } of ports) {
        for (const workload of picked) {
          if (!containerPort(workload, port))
            yield `${title(policy)}: ${title(workload)} has no port ${port}`;
        }
      }
    }
  },

  *"every pod is behind a network policy that lets in whom it must, and to gRPC nobody else"(documents) {
    for (const target of workloads(documents)) {
      const policies = ofKind(documents, "NetworkPolicy").filter(({ spec }) =>
        picks(matchLabels(spec.podSelector), target.spec.template.metadata?.labels),
      );
      if (policies.length === 0) yield `${title(target)}: no NetworkPolicy`;
      const rules = policies.flatMap(({ spec }) => spec.ingress);
      for (const port of podOf(target).containers.flatMap((container) => container.ports ?? [])) {
        const open = rules.filter((rule) => !rule.ports || rule.ports.some((one) => isPort(one.port, port)));
        for (const caller of workloads(documents)) {
          const calls = [...addresses(documents)].some(
            (address) => address.workload === caller && address.targets(target, port),
          );
          const isLetIn = open.some((rule) => letsIn(rule, caller));
          if (calls && !isLetIn)
            yield `${title(target)}: no NetworkPolicy lets ${title(caller)} in at ${port.name}`;
          if (!calls && isLetIn && port.name === "grpc") {
            yield `${title(target)}: a NetworkPolicy lets ${title(caller)} in at grpc, which never calls it`;
          }
        }
      }
    }
  },
};

function isPort(numberOrName, port) {
  return numberOrName === port.name || numberOrName === port.containerPort;
}

function letsIn(rule, caller) {
  const labels = caller.spec.template.metadata?.labels;
  return (
    !rule.from || rule.from.some((peer) => peer.podSelector && picks(matchLabels(peer.podSelector), labels))
  );
}

/** Every HOST:PORT in an environment, with a test of whether it leads to a workload's port. */
function* addresses(documents) {
  for (const { workload, container, title } of containers(documents)) {
    for (const [name, value] of environment(container)) {
      const [, host, digits] = /^([a-z][a-z0-9.-]*):(\d+)$/.exec(value ?? "") ?? [];
      if (host === undefined) continue;
      const port = Number(digits);
      const service = find(documents, "Service", host);
      const targets = (target, { name, containerPort }) =>
        service !== undefined &&
        workloadsPickedBy(service.spec.selector, documents).includes(target) &&
        service.spec.ports.some(
          (one) => one.port === port && isPort(one.targetPort ?? one.port, { name, containerPort }),
        );
      yield { workload, title, name, host, port, targets };
    }
  }
}
