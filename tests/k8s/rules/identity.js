// Names, labels, images and variables.

import { containers, environment, title } from "../manifests.js";

export const identityRules = {
  *"nothing is tied to a namespace, and no name is given twice"(documents) {
    const seen = new Set();
    for (const document of documents) {
      if (document.metadata.namespace !== undefined) yield `${title(document)}: tied to a namespace`;
      if (seen.has(title(document))) yield `${title(document)}: given twice`;
      seen.add(title(document));
    }
  },

  *"everything has the labels that tools look for"(documents) {
    for (const document of documents) {
      const labels = document.metadata.labels ?? {};
      if (labels["app.kubernetes.io/name"] !== document.metadata.name) {
        yield `${title(document)}: label app.kubernetes.io/name is not ${document.metadata.name}`;
      }
      if (labels["app.kubernetes.io/part-of"] !== "parley") {
        yield `${title(document)}: label app.kubernetes.io/part-of is not parley`;
      }
    }
  },

  *"an image is one that the Dockerfile builds, of this version"(documents, { images, version }) {
    for (const { container, title } of containers(documents)) {
      const [, target, tag] = /^parley\/([^:]+):(.+)$/.exec(container.image ?? "") ?? [];
      if (!images.has(target)) {
        yield `${title}: the Dockerfile builds no ${container.image}`;
        continue;
      }
      if (target !== container.name) yield `${title}: runs the image of ${target}`;
      if (tag !== version) yield `${title}: image of version ${tag}, but this is ${version}`;
      for (const { containerPort } of container.ports ?? []) {
        if (!images.get(target).ports.includes(containerPort)) {
          yield `${title}: the image does not expose port ${containerPort}`;
        }
      }
    }
  },

  // A process leaves variables alone that no flag of its own belongs to, so only this notices a misspelled one.
  *"a variable belongs to a flag of the process"(documents, { flags }) {
    for (const { container, title } of containers(documents)) {
      for (const name of environment(container).keys()) {
        if (!flags[container.name]?.has(name)) yield `${title}: no flag belongs to ${name}`;
      }
    }
  },
};
