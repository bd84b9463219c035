// What can be wrong with the manifests: each mistake is a change that makes it, and what is said of it. They are made
// in copies of k8s/base, so they stay mistakes in the manifests of today.

import { find, podOf } from "./manifests.js";
import { readSources } from "./sources.js";

const { version } = readSources();
const edge = (documents) => find(documents, "Deployment", "edge");
const rooms = (documents) => find(documents, "StatefulSet", "room-service");
const service = (documents, name) => find(documents, "Service", name).spec;
const policy = (documents, name) => find(documents, "NetworkPolicy", name).spec;
const container = (workload) => podOf(workload).containers[0];
const variable = (workload, name) => container(workload).env.find((one) => one.name === name);
const nameCertificate = ({ env }) => env.push({ name: "PARLEY_GRPC_TLS_CERTIFICATE", value: "/tls/tls.crt" });
const inEdge = "Deployment/edge, container edge";
const inRooms = "StatefulSet/room-service, container room-service";

/** What the mistake is, the change, and a part of what the type check says. */
export const typeMistakes = [
  [
    "a misspelled field",
    (documents) => (container(edge(documents)).livenesProbe = {}),
    "Deployment/edge: spec.template.spec.containers.0.livenesProbe: Object literal may only specify known " +
      "properties, but 'livenesProbe' does not exist in type 'Container'. Did you mean to write 'livenessProbe'?",
  ],
  [
    "a field in the wrong place",
    (documents) => (edge(documents).spec.containers = []),
    "Deployment/edge: spec.containers: Object literal may only specify known properties, and 'containers' does not " +
      "exist in type 'DeploymentSpec'.",
  ],
  [
    "text where a number belongs",
    (documents) => (edge(documents).spec.replicas = "2"),
    "Deployment/edge: spec.replicas: Type 'string' is not assignable to type 'number'.",
  ],
  [
    "a number where text belongs",
    (documents) => (container(edge(documents)).env = [{ name: "PARLEY_WORKERS", value: 2 }]),
    "Deployment/edge: spec.template.spec.containers.0.env.0.value: Type 'number' is not assignable to type 'string'.",
  ],
  [
    "a required field that is missing",
    (documents) => delete rooms(documents).spec.serviceName,
    "StatefulSet/room-service: spec: Property 'serviceName' is missing",
  ],
  [
    "a kind that does not exist",
    (documents) => (edge(documents).kind = "Deploiment"),
    "has no exported member named 'Deploiment'. Did you mean 'Deployment'?",
  ],
  [
    "an API version that does not exist",
    (documents) => (edge(documents).apiVersion = "apps/v1beta7"),
    "Deployment/edge: apiVersion: Kubernetes has no 'apps/v1beta7'",
  ],
];

/** By rule: the change, and all that the rules together then say, beginning with what this rule does. */
export const ruleMistakes = {
  "nothing is tied to a namespace, and no name is given twice": [
    [(documents) => (edge(documents).metadata.namespace = "prod"), "Deployment/edge: tied to a namespace"],
    [
      (documents) => documents.push(find(documents, "ServiceAccount", "edge")),
      "ServiceAccount/edge: given twice",
    ],
  ],
  "everything has the labels that tools look for": [
    [
      (documents) => delete edge(documents).metadata.labels["app.kubernetes.io/name"],
      "Deployment/edge: label app.kubernetes.io/name is not edge",
    ],
    [
      (documents) => delete edge(documents).metadata.labels["app.kubernetes.io/part-of"],
      "Deployment/edge: label app.kubernetes.io/part-of is not parley",
    ],
  ],
  "an image is one that the Dockerfile builds, of this version": [
    [
      (documents) => (container(edge(documents)).image = "parley/gateway:0.1.0"),
      `${inEdge}: the Dockerfile builds no parley/gateway:0.1.0`,
    ],
    [
      (documents) => (container(edge(documents)).image = "parley/edge:latest"),
      `${inEdge}: image of version latest, but this is ${version}`,
    ],
    [
      (documents) => (container(edge(documents)).image = container(rooms(documents)).image),
      `${inEdge}: runs the image of room-service`,
      `${inEdge}: the image does not expose port 3000`,
    ],
  ],
  "a variable belongs to a flag of the process": [
    [
      (documents) => (variable(edge(documents), "PARLEY_WORKERS").name = "PARLEY_WORKER"),
      `${inEdge}: no flag belongs to PARLEY_WORKER`,
    ],
    [
      (documents) => container(rooms(documents)).env.push({ name: "PARLEY_WORKERS", value: "2" }),
      `${inRooms}: no flag belongs to PARLEY_WORKERS`,
    ],
  ],
  "every container has its probes, at ports it has": [
    [
      (documents) => delete container(edge(documents)).livenessProbe,
      `${inEdge}: no livenessProbe by grpc or httpGet`,
    ],
    [
      (documents) => (container(edge(documents)).readinessProbe.httpGet.port = "web"),
      `${inEdge}: readinessProbe asks port web, which is no port of the container`,
    ],
    [
      (documents) => (container(rooms(documents)).startupProbe.grpc.port = 50052),
      `${inRooms}: startupProbe asks port 50052, which is no port of the container`,
    ],
  ],
  "a probe asks what answers, and liveness never asks for others": [
    [
      (documents) => (container(rooms(documents)).readinessProbe.grpc.service = "parley.v1.RoomService"),
      `${inRooms}: readinessProbe asks for parley.v1.RoomService, which is no service in proto/`,
    ],
    [
      (documents) => (container(edge(documents)).readinessProbe.httpGet.path = "/"),
      `${inEdge}: readinessProbe asks for /, which says nothing of health`,
    ],
    [
      (documents) => (container(edge(documents)).livenessProbe.httpGet.path = "/readyz"),
      `${inEdge}: livenessProbe would restart a healthy process for what it waits for`,
    ],
    [
      (documents) => nameCertificate(container(rooms(documents))),
      ...["startupProbe", "livenessProbe", "readinessProbe"].map(
        (probe) => `${inRooms}: ${probe} by grpc, which speaks no TLS`,
      ),
      `${inRooms}: PARLEY_GRPC_TLS_CERTIFICATE names /tls/tls.crt, which is in no Secret`,
    ],
    [
      (documents) => {
        const { readinessProbe } = container(rooms(documents));
        delete readinessProbe.grpc;
        readinessProbe.httpGet = { path: "/metrics", port: "metrics" };
      },
      `${inRooms}: readinessProbe asks for /metrics, which says nothing of health`,
    ],
  ],
  "the grace period is above the drain": [
    [
      (documents) => (podOf(rooms(documents)).terminationGracePeriodSeconds = 20),
      `${inRooms}: killed after 20 s, but stops after up to 20 s`,
    ],
    [
      (documents) => (variable(edge(documents), "PARLEY_SHUTDOWN_TIMEOUT").value = "1m30s"),
      `${inEdge}: killed after 40 s, but stops after up to 95 s`,
    ],
    [
      (documents) => (variable(edge(documents), "PARLEY_SHUTDOWN_TIMEOUT").value = "20"),
      `${inEdge}: PARLEY_SHUTDOWN_TIMEOUT is not a duration`,
    ],
  ],
  "a process that owns its state runs once": [
    [
      (documents) => (rooms(documents).spec.replicas = 2),
      "StatefulSet/room-service: 2 replicas of a state that is kept once",
    ],
  ],
  "a disruption budget picks pods and lets a node be emptied": [
    [
      (documents) =>
        (find(documents, "PodDisruptionBudget", "edge").spec.selector.matchLabels.tier = "front"),
      "PodDisruptionBudget/edge: picks no pods",
    ],
    [
      (documents) => (find(documents, "PodDisruptionBudget", "edge").spec.maxUnavailable = 0),
      "PodDisruptionBudget/edge: lets no pod go",
    ],
  ],
  "a workload's selector picks its own pods and no others": [
    [
      (documents) => (edge(documents).spec.selector.matchLabels.tier = "front"),
      "Deployment/edge: its selector does not pick its own pods",
    ],
    [
      (documents) => delete edge(documents).spec.selector.matchLabels["app.kubernetes.io/name"],
      "Deployment/edge: its selector picks the pods of StatefulSet/messaging-service",
      "Deployment/edge: its selector picks the pods of StatefulSet/room-service",
    ],
  ],
  "a Service picks pods that have its ports": [
    [(documents) => (service(documents, "edge").selector.tier = "front"), "Service/edge: picks no pods"],
    [
      (documents) => (service(documents, "edge").ports[0].targetPort = 3001),
      "Service/edge: Deployment/edge has no port 3001",
    ],
  ],
  "gRPC is reached by an address that stays while its only pod is away": [
    [
      (documents) => (service(documents, "room-service").clusterIP = "None"),
      "Service/room-service: headless, so gRPC asks for its name ever more rarely while its pod is away",
    ],
  ],
  "a StatefulSet's Service picks its pods": [
    [
      (documents) => (rooms(documents).spec.serviceName = "rooms"),
      "StatefulSet/room-service: rooms is no Service of its pods",
    ],
  ],
  "replicas that hold sessions are behind a Service with affinity": [
    [
      (documents) => delete service(documents, "edge").sessionAffinity,
      "Service/edge: long-polling among 2 replicas needs sessionAffinity ClientIP",
    ],
  ],
  "an address in the environment is a Service's, at a port it has": [
    [
      (documents) => (variable(edge(documents), "PARLEY_ROOM_SERVICE_ADDRESS").value = "rooms:50051"),
      `${inEdge}: PARLEY_ROOM_SERVICE_ADDRESS names rooms, which is no Service`,
      "StatefulSet/room-service: a NetworkPolicy lets Deployment/edge in at grpc, which never calls it",
    ],
    [
      (documents) => (variable(edge(documents), "PARLEY_ROOM_SERVICE_ADDRESS").value = "room-service:50052"),
      `${inEdge}: PARLEY_ROOM_SERVICE_ADDRESS names port 50052, which Service room-service does not have`,
      "StatefulSet/room-service: a NetworkPolicy lets Deployment/edge in at grpc, which never calls it",
    ],
  ],
  "a process listens where its container says, on every interface": [
    [
      (documents) => (variable(edge(documents), "PARLEY_HOST").value = "127.0.0.1"),
      `${inEdge}: PARLEY_HOST is not 0.0.0.0`,
    ],
    [
      (documents) => container(edge(documents)).env.push({ name: "PARLEY_PORT", value: "8080" }),
      `${inEdge}: port http is 3000, but the process listens on 8080`,
    ],
  ],
  "Prometheus is told a port of the pod": [
    [
      (documents) => (edge(documents).spec.template.metadata.annotations["prometheus.io/port"] = "9100"),
      "Deployment/edge: prometheus.io/port 9100 is no port of the pod",
    ],
    [
      (documents) => delete edge(documents).spec.template.metadata.annotations["prometheus.io/scrape"],
      "Deployment/edge: not scraped by Prometheus",
    ],
  ],
  "a network policy picks pods that have its ports": [
    [
      (documents) => policy(documents, "edge").ingress.push({ ports: [{ port: 8080 }] }),
      "NetworkPolicy/edge: Deployment/edge has no port 8080",
    ],
    [
      (documents) => (policy(documents, "edge").podSelector.matchLabels.tier = "front"),
      "NetworkPolicy/edge: picks no pods",
      "Deployment/edge: no NetworkPolicy",
    ],
  ],
  "every pod is behind a network policy that lets in whom it must, and to gRPC nobody else": [
    [
      (documents) => policy(documents, "room-service").ingress[0].from.pop(),
      "StatefulSet/room-service: no NetworkPolicy lets StatefulSet/messaging-service in at grpc",
    ],
    [
      (documents) => delete policy(documents, "messaging-service").ingress[0].from,
      "StatefulSet/messaging-service: a NetworkPolicy lets StatefulSet/messaging-service in at grpc, which never calls it",
      "StatefulSet/messaging-service: a NetworkPolicy lets StatefulSet/room-service in at grpc, which never calls it",
    ],
  ],
  "a container has no more rights than it needs": [
    ...[
      [(context) => delete context.allowPrivilegeEscalation, "allowPrivilegeEscalation is not false"],
      [(context) => delete context.readOnlyRootFilesystem, "readOnlyRootFilesystem is not true"],
      [(context) => delete context.capabilities, "capabilities are not dropped"],
      [(context) => (context.capabilities.add = ["NET_ADMIN"]), "capabilities NET_ADMIN are added"],
      [(context) => (context.privileged = true), "privileged"],
      [(context) => (context.runAsNonRoot = false), "runAsNonRoot is not true"],
      [(context) => (context.runAsUser = 0), "runs as root"],
    ].map(([make, expected]) => [
      (documents) => make(container(edge(documents)).securityContext),
      `${inEdge}: ${expected}`,
    ]),
    [
      (documents) => delete podOf(edge(documents)).securityContext.seccompProfile,
      `${inEdge}: seccomp profile is not RuntimeDefault`,
    ],
  ],
  "a pod shares nothing with its node": [
    [(documents) => (podOf(edge(documents)).hostNetwork = true), "Deployment/edge: hostNetwork"],
    [
      (documents) => (podOf(edge(documents)).volumes = [{ name: "logs", hostPath: { path: "/var/log" } }]),
      "Deployment/edge: volume logs is a path of the node",
    ],
  ],
  "no pod holds a service account token": [
    [
      (documents) => delete podOf(edge(documents)).automountServiceAccountToken,
      "Deployment/edge: a service account token is mounted",
    ],
    [
      (documents) => delete find(documents, "ServiceAccount", "edge").automountServiceAccountToken,
      "ServiceAccount/edge: its token is mounted",
    ],
    [
      (documents) => (podOf(edge(documents)).serviceAccountName = "default"),
      "Deployment/edge: default is no ServiceAccount",
    ],
  ],
  "a certificate is in a Secret that is mounted": [
    [
      (documents) => nameCertificate(container(edge(documents))),
      `${inEdge}: PARLEY_GRPC_TLS_CERTIFICATE names /tls/tls.crt, which is in no Secret`,
    ],
    [
      (documents) => {
        nameCertificate(container(edge(documents)));
        container(edge(documents)).volumeMounts = [{ name: "tls", mountPath: "/tls" }];
        podOf(edge(documents)).volumes = [{ name: "tls", configMap: { name: "tls" } }];
      },
      `${inEdge}: PARLEY_GRPC_TLS_CERTIFICATE names /tls/tls.crt, which is in no Secret`,
    ],
  ],
  "Kubernetes adds no variables of its own": [
    [
      (documents) => delete podOf(edge(documents)).enableServiceLinks,
      "Deployment/edge: enableServiceLinks is not false",
    ],
  ],
  "a container asks for CPU and memory, and memory has a limit": [
    [
      (documents) => delete container(edge(documents)).resources.requests.cpu,
      `${inEdge}: does not ask for CPU and memory`,
    ],
    [(documents) => delete container(edge(documents)).resources.limits, `${inEdge}: no limit of memory`],
  ],
};
