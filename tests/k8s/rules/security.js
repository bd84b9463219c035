// What a pod may do, and what it may use.

import { containers, environment, find, ofKind, podOf, title, workloads } from "../manifests.js";

export const securityRules = {
  *"a container has no more rights than it needs"(documents) {
    for (const { workload, container, title } of containers(documents)) {
      const pod = podOf(workload).securityContext ?? {};
      const own = container.securityContext ?? {};
      const effective = { ...pod, ...own };
      if (effective.runAsNonRoot !== true) yield `${title}: runAsNonRoot is not true`;
      if (effective.runAsUser === 0) yield `${title}: runs as root`;
      if (effective.seccompProfile?.type !== "RuntimeDefault")
        yield `${title}: seccomp profile is not RuntimeDefault`;
      if (own.allowPrivilegeEscalation !== false) yield `${title}: allowPrivilegeEscalation is not false`;
      if (own.readOnlyRootFilesystem !== true) yield `${title}: readOnlyRootFilesystem is not true`;
      if (own.privileged) yield `${title}: privileged`;
      const { drop = [], add = [] } = own.capabilities ?? {};
      if (!drop.includes("ALL")) yield `${title}: capabilities are not dropped`;
      if (add.length > 0) yield `${title}: capabilities ${add} are added`;
    }
  },

  *"a pod shares nothing with its node"(documents) {
    for (const workload of workloads(documents)) {
      for (const field of ["hostNetwork", "hostPID", "hostIPC"]) {
        if (podOf(workload)[field]) yield `${title(workload)}: ${field}`;
      }
      for (const { name, hostPath } of podOf(workload).volumes ?? []) {
        if (hostPath) yield `${title(workload)}: volume ${name} is a path of the node`;
      }
    }
  },

  *"no pod holds a service account token"(documents) {
    for (const account of ofKind(documents, "ServiceAccount")) {
      if (account.automountServiceAccountToken !== false) yield `${title(account)}: its token is mounted`;
    }
    for (const workload of workloads(documents)) {
      const pod = podOf(workload);
      if (pod.automountServiceAccountToken !== false)
        yield `${title(workload)}: a service account token is mounted`;
      if (!find(documents, "ServiceAccount", pod.serviceAccountName)) {
        yield `${title(workload)}: ${pod.serviceAccountName} is no ServiceAccount`;
      }
    }
  },

  *"a certificate is in a Secret that is mounted"(documents) {
    for (const { workload, container, title } of containers(documents)) {
      for (const [name, file] of environment(container)) {
        if (!/^PARLEY_(GRPC_)?TLS_/.test(name)) continue;
        const mount = (container.volumeMounts ?? []).find(({ mountPath }) => file.startsWith(`${mountPath}/`));
        const volume = (podOf(workload).volumes ?? []).find((one) => one.name === mount?.name);
        if (!volume?.secret) yield `${title}: ${name} names ${file}, which is in no Secret`;
      }
    }
  },

  *"Kubernetes adds no variables of its own"(documents) {
    for (const workload of workloads(documents)) {
      if (podOf(workload).enableServiceLinks !== false)
        yield `${title(workload)}: enableServiceLinks is not false`;
    }
  },

  *"a container asks for CPU and memory, and memory has a limit"(documents) {
    for (const { container, title } of containers(documents)) {
      const { requests = {}, limits = {} } = container.resources ?? {};
      if (!requests.cpu || !requests.memory) yield `${title}: does not ask for CPU and memory`;
      if (!limits.memory) yield `${title}: no limit of memory`;
    }
  },
};
