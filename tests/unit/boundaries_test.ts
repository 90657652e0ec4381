/**
 * Holds the boundaries between the modules of the program: who may import whom, and who may have effects.
 *
 * @module
 */

import assert from "node:assert/strict";

/** Source text by path from the root of the project. */
type Sources = ReadonlyMap<string, string>;

interface ImportLine {
  specifier: string;
  typeOnly: boolean;
  isDynamic: boolean;
}

/**
 * The part of the program that a module belongs to. All other modules in a folder of `src` are one part, and all others
 * beside the folders are "base": anybody may import them, and they import nothing but each other.
 */
const PARTS: Readonly<Record<string, string>> = {
  "main.ts": "main",
  "src/cli.ts": "cli",
  "src/argv.ts": "argv",
  "src/argparse.ts": "argv",
  "src/argv_display.ts": "argv",
  "src/options.ts": "argv",
  "src/settings.ts": "settings",
  "src/config_yaml.ts": "settings",
  "src/endpoint.ts": "settings",
  "src/env_file.ts": "settings",
  "src/env_file_check.ts": "settings",
  "src/missing_settings.ts": "settings",
  "src/setting_sources.ts": "settings",
  "src/prompt.ts": "prompt",
  "src/prompt_keys.ts": "prompt",
  "src/migrations/types.ts": "words",
};

/** The parts that a part may import, besides itself; `type:` means their types only. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ["cli", "base"],
  cli: ["argv", "commands", "report", "base"],
  commands: [
    "argv",
    "settings",
    "migrations",
    "after_tasks",
    "metadata",
    "words",
    "hasura",
    "report",
    "prompt",
    "base",
  ],
  argv: ["base"],
  settings: ["base"],
  migrations: ["words", "hasura", "base"],
  after_tasks: ["migrations", "words", "hasura", "base"],
  metadata: ["hasura", "base"],
  hasura: ["base"],
  report: ["type:migrations", "words", "type:hasura", "type:after_tasks", "type:metadata", "base"],
  prompt: ["base"],
  words: ["base"],
  base: [],
};

const PURE = [
  "src/after_tasks/hint.ts",
  "src/after_tasks/workspace_endpoint.ts",
  "src/hidden_address.ts",
  "src/json.ts",
  "src/metadata/advice.ts",
  "src/metadata/connections.ts",
  "src/metadata/diff.ts",
  "src/metadata/diff_equal.ts",
  "src/metadata/diff_secrets.ts",
  "src/metadata/diff_shape.ts",
  "src/metadata/diff_spelling.ts",
  "src/migrations/guard.ts",
  "src/metadata/site_objects.ts",
  "src/migrations/leftovers.ts",
  "src/migrations/mark.ts",
  "src/migrations/plan.ts",
  "src/migrations/reconcile.ts",
  "src/migrations/step.ts",
  "src/migrations/types.ts",
];
const WITH_CLIFFY = ["cli", "commands", "prompt", "report"];
const WITH_PARSER = "src/migrations/sql_parser.ts";
const WITH_EFFECTS = ["main.ts", "src/runtime.ts", "src/runtime_files.ts"];
/** A file of more lines has more than one concern. */
const MOST_LINES = 300;

/** Each rule, as a function from the sources to what breaks it. */
const RULES: Readonly<Record<string, (sources: Sources) => string[]>> = {
  "a part imports only the parts below it": (sources) =>
    edges(sources).flatMap(({ from, to, typeOnly }) => {
      const [part, target] = [partOf(from), partOf(to)];
      if (target === "elsewhere") return [`${from} imports ${to}, which is no part of the program`];
      if (part === target) return [];
      const allowed = MAY_IMPORT[part] ?? [];
      return allowed.includes(target) || (typeOnly && allowed.includes(`type:${target}`))
        ? []
        : [`${from} imports ${to}`];
    }),

  "every module has its part": (sources) => [...sources.keys()].filter((path) => partOf(path) === "elsewhere"),

  "no module imports itself by way of others": (sources) => {
    const graph = Map.groupBy(edges(sources), ({ from }) => from);
    const done = new Set<string>();
    const walk = (path: string, trail: string[]): string[] => {
      if (trail.includes(path)) return [[...trail.slice(trail.indexOf(path)), path].join(" -> ")];
      if (done.has(path)) return [];
      const found = (graph.get(path) ?? []).flatMap(({ to }) => walk(to, [...trail, path]));
      done.add(path);
      return found;
    };
    return [...sources.keys()].flatMap((path) => walk(path, []));
  },

  "what only computes is pure": (sources) =>
    PURE.flatMap((path) =>
      importsOf(sources.get(path) ?? "")
        // A type brings no effect along.
        .filter(({ typeOnly }) => !typeOnly)
        .map(({ specifier }) => resolve(path, specifier))
        .filter((target) => target !== "src/errors.ts" && !PURE.includes(target))
        .map((target) => `${path} imports ${target}`)
    ),

  "Cliffy is for those who face the operator": (sources) =>
    [...sources].flatMap(([path, text]) =>
      WITH_CLIFFY.includes(partOf(path)) ? [] : importsOf(text)
        .filter(({ specifier }) => specifier.startsWith("@cliffy/"))
        .map(({ specifier }) => `${path} imports ${specifier}`)
    ),

  "one module has PostgreSQL's parser, and loads it when it is needed": (sources) =>
    [...sources].flatMap(([path, text]) =>
      importsOf(text)
        .filter(({ specifier }) => /^(?:npm:)?libpg-query(?:[/@]|$)/.test(specifier))
        .filter(({ isDynamic }) => path !== WITH_PARSER || !isDynamic)
        .map(({ specifier }) => `${path} imports ${specifier}`)
    ),

  "the readers of YAML and GraphQL are loaded when there is something to read": (sources) =>
    [...sources].flatMap(([path, text]) =>
      importsOf(text)
        .filter(({ specifier }) => /^(?:@std\/yaml|(?:npm:)?(?:yaml|graphql)(?:[/@].*)?)$/.test(specifier))
        .filter(({ isDynamic, typeOnly }) => !isDynamic && !typeOnly)
        .map(({ specifier }) => `${path} imports ${specifier}`)
    ),

  "effects go through the runtime": (sources) =>
    [...sources].flatMap(([path, text]) =>
      WITH_EFFECTS.includes(path) ? [] : withoutComments(text)
        .matchAll(
          /\bDeno\b|\bconsole\.|\bglobalThis\b|(?<![.\w])(?:fetch|setTimeout|setInterval)\(|\bDate\.now\(|\bperformance\./g,
        )
        .map(([effect]) => `${path} says ${effect}`)
        .toArray()
    ),

  "imports are no computed names": (sources) =>
    [...sources].filter(([, text]) => /\bimport\((?!")/.test(withoutComments(text))).map(([path]) => path),

  "a file has one concern": (sources) =>
    [...sources].filter(([, text]) => text.split("\n").length > MOST_LINES).map(([path]) => path),
};

function partOf(path: string): string {
  const folder = path.match(/^src\/([^/]+)\//)?.[1] ?? "";
  if (folder in MAY_IMPORT) return PARTS[path] ?? folder;
  return PARTS[path] ?? (/^src\/[^/]+$/.test(path) ? "base" : "elsewhere");
}

function edges(sources: Sources): { from: string; to: string; typeOnly: boolean }[] {
  return [...sources].flatMap(([from, text]) =>
    importsOf(text)
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ specifier, typeOnly }) => ({ from, to: resolve(from, specifier), typeOnly }))
      .filter(({ from, to }) => !(from === "src/version.ts" && to === "deno.json"))
  );
}

function resolve(from: string, specifier: string): string {
  return specifier.startsWith(".") ? new URL(specifier, `file:///${from}`).pathname.slice(1) : specifier;
}

/** The import and re-export lines of a module, dynamic imports too. */
function importsOf(text: string): ImportLine[] {
  const code = withoutComments(text);
  const lines = code.matchAll(/^(?:import|export)\b(?<names>[^;:"()=]*?)(?:\bfrom\s*)?"(?<specifier>[^"]+)"/gm);
  const dynamic = code.matchAll(/\bimport\("(?<specifier>[^"]+)"\)/g);
  return [...lines, ...dynamic].map(({ 0: line, groups }) => ({
    specifier: groups?.specifier ?? "",
    typeOnly: namesAreTypes(groups?.names ?? ""),
    isDynamic: line.startsWith("import("),
  }));
}

function namesAreTypes(names: string): boolean {
  if (/^\s*type\b/.test(names)) return true;
  const listed = names.match(/^\s*\{([^}]*)\}\s*$/)?.[1];
  return listed !== undefined && listed.split(",").every((name) => name.trim() === "" || /^\s*type\s/.test(name));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
}

async function readSources(): Promise<Sources> {
  const root = new URL("../../", import.meta.url);
  const sources = new Map<string, string>();
  const read = async (path: string) => {
    sources.set(path, await Deno.readTextFile(new URL(path, root)));
  };
  const readFolder = async (folder: string) => {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      if (entry.isDirectory) await readFolder(`${folder}${entry.name}/`);
      else if (entry.name.endsWith(".ts")) await read(`${folder}${entry.name}`);
    }
  };
  await read("main.ts");
  await readFolder("src/");
  return sources;
}

const sources = await readSources();

Deno.test("the program was read", () => {
  assert.ok(sources.size > 10);
  assert.ok(edges(sources).length > sources.size);
});

for (const [name, breaches] of Object.entries(RULES)) {
  Deno.test(`boundaries: ${name}`, () => assert.deepEqual(breaches(sources), []));
}

/** For each rule, modules that break it. */
const BREACHES: Readonly<Record<string, Record<string, string>>> = {
  "a part imports only the parts below it": {
    "src/hasura/client.ts": 'import { plan } from "../migrations/plan.ts";\nimport "../../tests/venue/main.ts";',
    "src/helpers.ts": 'export * from "./settings.ts";',
    "src/report/table.ts": 'import { type Plan, isPlan } from "../migrations/plan.ts";',
  },
  "every module has its part": { "src/helpers.ts": "", "src/util/text.ts": "", "tools/a.ts": "" },
  "no module imports itself by way of others": {
    "src/hasura/sql.ts": 'export * from "./client.ts";',
    "src/hasura/client.ts": 'import {\n  sql,\n} from "./sql.ts";',
  },
  "what only computes is pure": { "src/migrations/plan.ts": 'import { read } from "./ledger.ts";' },
  "Cliffy is for those who face the operator": { "src/settings.ts": 'import { Table } from "@cliffy/table";' },
  "one module has PostgreSQL's parser, and loads it when it is needed": {
    "src/migrations/sql_parser.ts":
      'import create from "libpg-query/wasm/libpg-query.js";\nawait import("libpg-query");',
    "src/migrations/step.ts":
      'const { parse } = await import("libpg-query");\nimport { scan } from "npm:libpg-query@18";',
  },
  "the readers of YAML and GraphQL are loaded when there is something to read": {
    "src/metadata/sdl.ts":
      'import { parse } from "graphql/language/parser.js";\nimport type { Document } from "yaml";\nawait import("yaml");',
    "src/config_yaml.ts": 'export { parse } from "@std/yaml";\nimport "npm:yaml@2";',
  },
  "effects go through the runtime": {
    "src/cli.ts": "/** Not Deno.exit */\nDeno.exit(1);\nconsole.log(await fetch(url)); // fetch(",
    "src/redact.ts": "runtime.fetch(url);\nsetTimeout(done, 5);",
  },
  "imports are no computed names": { "src/cli.ts": "await import(name);" },
  "a file has one concern": { "src/cli.ts": "\n".repeat(MOST_LINES) },
};

const EXPECTED: Readonly<Record<string, string[]>> = {
  "a part imports only the parts below it": [
    "src/hasura/client.ts imports src/migrations/plan.ts",
    "src/hasura/client.ts imports tests/venue/main.ts, which is no part of the program",
    "src/helpers.ts imports src/settings.ts",
    "src/report/table.ts imports src/migrations/plan.ts",
  ],
  "every module has its part": ["src/util/text.ts", "tools/a.ts"],
  "no module imports itself by way of others": ["src/hasura/sql.ts -> src/hasura/client.ts -> src/hasura/sql.ts"],
  "what only computes is pure": ["src/migrations/plan.ts imports src/migrations/ledger.ts"],
  "Cliffy is for those who face the operator": ["src/settings.ts imports @cliffy/table"],
  "one module has PostgreSQL's parser, and loads it when it is needed": [
    "src/migrations/sql_parser.ts imports libpg-query/wasm/libpg-query.js",
    "src/migrations/step.ts imports npm:libpg-query@18",
    "src/migrations/step.ts imports libpg-query",
  ],
  "the readers of YAML and GraphQL are loaded when there is something to read": [
    "src/metadata/sdl.ts imports graphql/language/parser.js",
    "src/config_yaml.ts imports @std/yaml",
    "src/config_yaml.ts imports npm:yaml@2",
  ],
  "effects go through the runtime": [
    "src/cli.ts says Deno",
    "src/cli.ts says console.",
    "src/cli.ts says fetch(",
    "src/redact.ts says setTimeout(",
  ],
  "imports are no computed names": ["src/cli.ts"],
  "a file has one concern": ["src/cli.ts"],
};

for (const [name, breaches] of Object.entries(RULES)) {
  Deno.test(`a breach is seen: ${name}`, () => {
    assert.deepEqual(breaches(new Map(Object.entries(BREACHES[name] ?? {}))), EXPECTED[name]);
  });
}
