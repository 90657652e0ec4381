/** Settings that have got into the value of another one: nothing of them is shown, and nothing is sent. */

import assert from "node:assert/strict";
import type { Runtime } from "../../src/runtime.ts";
import { type CliResult, runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";

const ENDPOINT = "HASURA_GRAPHQL_ENDPOINT";
const SECRET = "HASURA_GRAPHQL_ADMIN_SECRET";
const WORKSPACE = "WORKSPACE_SERVER_ENDPOINT";
const GIVEN = ["--endpoint=http://other:1", "--admin-secret=another"];

/** No part of it may be anywhere. Some lines cut it into pieces. */
const VALUE = "q8Zr-kP2@Xy7/w9==";
const PIECES = /q8Zr|kP2|Xy7|w9=/;

interface Line {
  args?: string[];
  env?: Record<string, string>;
  /** Text of the env file, which is then given with -e. */
  envFile?: string;
  config?: string;
  /** What is shown of the address; else nothing need be. */
  shown?: string;
}

/** What stands between an address and the setting behind it. */
const BETWEEN = [
  "",
  " ",
  ",",
  ";",
  ", ",
  "; ",
  "\t",
  '" ',
  "' ",
  '"',
  "/",
  "/ ",
  "|",
  "&",
  "&&",
  "\\n",
  "?",
  "#",
  "/?",
  "-",
  ":",
  "@",
];

/** Ways to write the setting behind it. */
const BEHIND = [
  `--admin-secret=${VALUE}`,
  `--admin-secret ${VALUE}`,
  `--admin_secret=${VALUE}`,
  `\u2013admin-secret ${VALUE}`,
  `-s ${VALUE}`,
  `--adm ${VALUE}`,
  `admin_secret: ${VALUE}`,
  `admin_secret=${VALUE}`,
  `x-hasura-admin-secret: ${VALUE}`,
  `HASURA_GRAPHQL_ACCESS_KEY=${VALUE}`,
  `hasura_graphql_admin_secret=${VALUE}`,
];

const URL_SHOWN = '"http://h:8080"';

const LINES: Line[] = [
  ...BETWEEN.map((between) => ({
    envFile: `${ENDPOINT}=http://h:8080${between}${SECRET}=${VALUE}\n`,
    ...(/[-:@]/.test(between) ? {} : { shown: URL_SHOWN }),
  })),
  ...BEHIND.map((behind) => ({ args: [`--endpoint=http://h:8080 ${behind}`], shown: URL_SHOWN })),
  ...BEHIND.map((behind) => ({ args: ["--endpoint", `http://h:8080/x ${behind}`], shown: URL_SHOWN })),
  ...BEHIND.slice(0, 3).map((behind) => ({ env: { [ENDPOINT]: `http://h:8080${behind}` }, shown: URL_SHOWN })),
  // Quotes that are not closed, and those that docker's --env-file keeps.
  { envFile: `${ENDPOINT}="http://h:8080\n${SECRET}=${VALUE}\n` },
  { envFile: `${ENDPOINT}="http://h:8080\n${SECRET}="${VALUE}"\n` },
  { envFile: `${ENDPOINT}='http://h:8080\n${SECRET}='${VALUE}'\n` },
  { envFile: `${ENDPOINT}="http://h:8080 ${SECRET}=${VALUE}"\n`, shown: URL_SHOWN },
  { envFile: `${ENDPOINT}=\`http://h:8080\` ${SECRET}=${VALUE}\n` },
  { env: { [ENDPOINT]: `"http://h:8080" ${SECRET}="${VALUE}"` }, shown: URL_SHOWN },
  { env: { [ENDPOINT]: `'http://h:8080'${SECRET}='${VALUE}'` }, shown: URL_SHOWN },
  { env: { [ENDPOINT]: `"http://h:8080/${VALUE}"` }, shown: URL_SHOWN },
  { env: { [ENDPOINT]: `http://h:8080\n${SECRET}=${VALUE}` }, shown: URL_SHOWN },
  // The other way round: the secret has swallowed the rest.
  { envFile: `${SECRET}=${VALUE}${ENDPOINT}=http://h:8080\n` },
  { envFile: `${SECRET}=${VALUE} ${ENDPOINT}=http://h:8080\n` },
  { envFile: `${SECRET}=${VALUE},${WORKSPACE}=http://h:8080\n${ENDPOINT}=http://h:8080\n` },
  { args: ["--endpoint=http://h:8080", `--admin-secret=${VALUE} --endpoint=http://h`] },
  { args: ["--endpoint=http://h:8080", `--admin-secret=${VALUE} --database-name Aerie`] },
  { args: ["--endpoint=http://h:8080"], env: { [SECRET]: `${VALUE}\\n${ENDPOINT}=http://h` } },
  { args: ["--endpoint=http://h:8080"], env: { [SECRET]: `${SECRET}=${VALUE}` } },
  { args: ["--endpoint=http://h:8080"], config: `admin_secret: "${VALUE} endpoint: http://h"\n` },
  // The secret right behind the address, or as a part of it.
  { args: [`--endpoint=http://h:8080 ${VALUE}`] },
  { args: [`--endpoint=http://h:8080,${VALUE}`] },
  { args: [`--endpoint=http://h:8080/;${VALUE}`] },
  { args: [`--endpoint=http://h:8080/,${VALUE}`] },
  { args: [`--endpoint=http://h:8080${VALUE}`] },
  { args: [`--endpoint=http://u:${VALUE}@h:8080`] },
  { args: [`--endpoint=http://h:8080?${VALUE}`] },
  { args: [`--endpoint=http://h:8080/v1/graphql?x=${VALUE}`] },
  { args: [`--endpoint=http://h:8080/console/${VALUE}`] },
  { args: ["--endpoint=http://h:8080/q8Zr-kP2Xy7", "--admin-secret=q8Zr-kP2Xy7"] },
  { args: ["--endpoint", VALUE] },
  { args: [`--endpoint=${SECRET}=${VALUE}`] },
  { args: [`--endpoint=${ENDPOINT}=http://${VALUE}`] },
  { args: [`--endpoint=http://h${SECRET}=${VALUE}`], shown: '"http://h"' },
  { args: [`--endpoint=https://[::1]:8080${SECRET}=${VALUE}`], shown: '"https://[::1]:8080"' },
  // config.yaml.
  { config: `endpoint: http://h:8080admin_secret: ${VALUE}\n` },
  { config: `endpoint: http://h:8080 admin_secret=${VALUE}\n`, shown: URL_SHOWN },
  { config: `endpoint: "http://h:8080, admin_secret: ${VALUE}"\n`, shown: URL_SHOWN },
  { config: `endpoint: http://h:8080\n  ${VALUE}\nadmin_secret: x\n` },
  { config: `migrations_directory: "migrations admin_secret: ${VALUE}"\nendpoint: http://h\nadmin_secret: x\n` },
  { config: `metadata_directory: metadata;admin_secret=${VALUE}\nendpoint: http://h\nadmin_secret: x\n` },
  // Other values.
  { args: [...GIVEN, `-p=hasura --admin-secret=${VALUE}`] },
  { args: [...GIVEN, `--hasura-path=hasura ${SECRET}=${VALUE}`] },
  { args: [...GIVEN, "-e", `prod.env --admin-secret ${VALUE}`] },
  { args: [...GIVEN, `-eprod.env -s ${VALUE}`] },
  { args: [...GIVEN, `-e${SECRET}=${VALUE}`] },
  { args: [...GIVEN, `--database-name=Aerie ${SECRET}=${VALUE}`] },
  { args: [...GIVEN, "--database-name", `Aerie --admin-secret=${VALUE}`] },
  { args: [...GIVEN, `--timeout=30 --admin-secret=${VALUE}`] },
  { args: GIVEN, env: { [WORKSPACE]: `http://h:8080 ${SECRET}=${VALUE}` }, shown: URL_SHOWN },
  { envFile: `${ENDPOINT}=http://h\n${SECRET}=x\n${WORKSPACE}=http://h:8080${SECRET}=${VALUE}\n` },
  // The secret in the wrong place, or under the wrong name.
  { args: ["--endpoint=http://h:8080", "-s", VALUE] },
  { args: ["--endpoint=http://h:8080", `-s${VALUE}`] },
  { args: ["--endpoint=http://h:8080", `-s=${VALUE}`] },
  { args: ["--endpoint=http://h:8080", "--secret", VALUE] },
  { args: ["--endpoint=http://h:8080", "--hasura-secret", VALUE] },
  { args: ["--endpoint=http://h:8080", "-k", VALUE] },
  { args: ["--endpoint=http://h:8080", "-H", `x-hasura-admin-secret: ${VALUE}`] },
  { args: ["--endpoint=http://h:8080", VALUE] },
  { args: ["--endpoint=http://h:8080", `--${VALUE}`] },
  { args: ["--endpoint=http://h:8080", "--", VALUE] },
  { args: ["--endpoint=http://h:8080", "=", VALUE] },
  { args: [`--endpoint http://h:8080 --admin-secret ${VALUE}`] },
  { args: [`${SECRET}=${VALUE}`] },
  { args: [SECRET, "=", VALUE] },
  { args: ["--admin-secret", "two", VALUE] },
  { args: [`--all=${VALUE}`] },
  // Names that come close to the right ones.
  { envFile: `${SECRET}S=${VALUE}\n` },
  { envFile: `${SECRET}:${VALUE}\n` },
  { envFile: `${SECRET}${VALUE}\n` },
  { envFile: `ADMIN_SECRET=${VALUE}\n` },
  { envFile: `${SECRET}-${VALUE.replaceAll("/", "-")}\n` },
];

/** Runs the tool with one line, and says what it has sent. */
async function runLine(line: Line, more: string[]): Promise<CliResult & { sent: string[] }> {
  const { args = [], env = {}, envFile, config } = line;
  const sent: string[] = [];
  await using deployment = await createDeployment({
    migrations: tableMigrations(1),
    files: { "config.yaml": config ?? "version: 3\n", ...(envFile === undefined ? {} : { "x.env": envFile }) },
  });
  const fetch: Runtime["fetch"] = (url) => {
    sent.push(url);
    return Promise.reject(new TypeError("error sending request"));
  };
  const file = envFile === undefined ? [] : [`--env-path=${deployment.path}/x.env`];
  const path = args.some((word) => /^(?:-p|--hasura-path)/.test(word)) ? [] : [`--hasura-path=${deployment.path}`];
  const words = [...more.slice(0, 1), ...file, ...path, ...more.slice(1), ...args];
  return { ...await runTool(words, { bare: true, env, runtime: { fetch } }), sent };
}

Deno.test("a setting inside of another one is neither shown nor sent", async (t) => {
  assert.ok(LINES.length >= 60, `${LINES.length} lines`);
  for (const [index, line] of LINES.entries()) {
    await t.step(`${index}: ${JSON.stringify(line)}`, async () => {
      for (
        const more of [["status"], ["migrate", "-a", "--all"], ["status", "--json", "--debug"], ["status", "--debug"]]
      ) {
        const { code, stdout, stderr, sent } = await runLine(line, more);
        assert.ok(code === 2 || code === 3, `exit code ${code}\n${stderr}`);
        assert.deepEqual(sent, []);
        assert.equal(stdout, "");
        assert.doesNotMatch(stderr, PIECES);
        if (more.includes("--json")) JSON.parse(stderr);
        else if (line.shown !== undefined) {
          assert.ok(stderr.includes(`Cannot use endpoint ${line.shown} from `), stderr);
        }
      }
    });
  }
});

Deno.test("what only resembles a setting is taken as it is", async () => {
  const values: [option: string, value: string][] = [
    ["--admin-secret", "admin_secret"],
    ["--admin-secret", "my -- secret"],
    ["--admin-secret", "endpoint"],
    ["--admin-secret", "a=b:c;d,e -x"],
    ["--admin-secret", "http://h:8080"],
    ["--endpoint", "http://admin-secret.example:8080/hasura/v1-x~y%20z"],
    ["--endpoint", "https://h_1.example"],
    ["--endpoint", "http://[::1]:8080/a+b@c!$&"],
    ["--endpoint", "http://münchen.example:8080"],
  ];
  for (const [option, value] of values) {
    const { code, sent } = await runLine({ args: [...GIVEN, `${option}=${value}`] }, ["status"]);
    assert.equal(code, 4, `${option}=${value}`);
    assert.notEqual(sent.length, 0);
  }
});
