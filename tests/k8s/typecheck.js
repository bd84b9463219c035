// Checks documents against the Kubernetes API's types with the TypeScript compiler: each becomes an object literal of
// its kind's type, so that a field which does not exist and a value of the wrong type are compile errors.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { title } from "./manifests.js";
import { testDirectory, ts, typesDirectory } from "./packages.js";

const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es5.d.ts"],
  types: [],
};

// The declarations are the same for every check and take most of its time.
const parsedDeclarations = new Map();

/** What is wrong with the documents' types: "Deployment/edge: spec.replicas: Type 'string' is not …". */
export function typeComplaints(documents) {
  const complaints = [];
  const sources = new Map();
  documents.forEach((document, index) => {
    const module = moduleOf(document.apiVersion);
    if (module === undefined) {
      complaints.push(`${title(document)}: apiVersion: Kubernetes has no '${document.apiVersion}'`);
      return;
    }
    const source =
      `import type { ${document.kind} } from "kubernetes-types/${module}";\n` +
      `export const manifest: ${document.kind} = ${literal(document)};\n`;
    sources.set(join(testDirectory, `document-${index}.ts`), { document, source });
  });
  const program = ts.createProgram([...sources.keys()], options, hostWith(sources));
  const found = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()].map(textOf);
  for (const [file, { document }] of sources) {
    for (const diagnostic of ts.getPreEmitDiagnostics(program, program.getSourceFile(file))) {
      found.push([title(document), ...pathTo(diagnostic), textOf(diagnostic)].join(": "));
    }
  }
  return [...complaints, ...new Set(found)];
}

/** "apps/v1" → "apps/v1", "networking.k8s.io/v1" → "networking/v1", "v1" → "core/v1". */
function moduleOf(apiVersion) {
  const [, group = "core", version] = /^(?:([^/]+)\/)?([^/]+)$/.exec(apiVersion ?? "") ?? [];
  const module = `${group.split(".")[0]}/${version}`;
  return existsSync(join(typesDirectory, `${module}.d.ts`)) ? module : undefined;
}

/** JSON with its keys as an author would write them: of those, the compiler says what may have been meant. */
function literal(document) {
  return JSON.stringify(document, null, 1).replace(/^( *)"([A-Za-z_]\w*)":/gm, "$1$2:");
}

function hostWith(sources) {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  host.readFile = (file) => sources.get(file)?.source ?? readFile(file);
  host.getSourceFile = (file, ...rest) => {
    if (sources.has(file)) return ts.createSourceFile(file, sources.get(file).source, options.target, true);
    if (!parsedDeclarations.has(file)) parsedDeclarations.set(file, getSourceFile(file, ...rest));
    return parsedDeclarations.get(file);
  };
  return host;
}

function textOf({ messageText }) {
  return typeof messageText === "string" ? messageText : messageText.messageText;
}

/** The place in the document that a diagnostic is about: ["spec.ports.0.targetPort"], or [] for the whole of it. */
function pathTo({ file, start }) {
  const steps = [];
  const visit = (node) => {
    if (start < node.getStart(file) || start >= node.getEnd()) return;
    if (ts.isPropertyAssignment(node)) steps.push(node.name.text);
    if (ts.isArrayLiteralExpression(node.parent)) steps.push(node.parent.elements.indexOf(node));
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return steps.length > 0 ? [steps.join(".")] : [];
}
