import assert from "node:assert/strict";
import { ConfigError } from "../../src/errors.ts";
import { resolveSettings, type ResolveSettingsOptions, type Settings } from "../../src/settings.ts";
import { FakeRuntime, type FakeRuntimeOptions } from "../support/fake_runtime.ts";

const GIVEN = { endpoint: "http://option:1", adminSecret: "of-option" };
const ENVIRONMENT = {
  HASURA_GRAPHQL_ENDPOINT: "http://environment:1",
  HASURA_GRAPHQL_ADMIN_SECRET: "of-environment",
};
const ENV_FILE = "HASURA_GRAPHQL_ENDPOINT=http://file:1\nHASURA_GRAPHQL_ADMIN_SECRET='of-env-file'\n";
const CONFIG = "version: 3\nendpoint: http://config:1\nadmin_secret: of-config\n";

async function resolve(options: ResolveSettingsOptions, world: FakeRuntimeOptions = {}): Promise<Settings> {
  using rt = new FakeRuntime(world);
  return await resolveSettings(rt, options);
}

async function failure(options: ResolveSettingsOptions, world: FakeRuntimeOptions = {}): Promise<ConfigError> {
  try {
    await resolve(options, world);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.match(error.message, /^Cannot .*[^.]$/s);
    assert.match(error.next ?? "", /./);
    return error;
  }
  assert.fail("the settings are taken, but should be refused");
}

/** A run with nothing but a config file of that text. */
function configured(text: string | Uint8Array | Error): FakeRuntimeOptions {
  return { files: { "hasura/config.yaml": text } };
}

Deno.test("resolveSettings() takes each setting from the first place that has it", async () => {
  const files = { "x.env": ENV_FILE, "hasura/config.yaml": CONFIG };
  const all = { files, env: ENVIRONMENT };
  const cases: [options: ResolveSettingsOptions, world: FakeRuntimeOptions, endpoint: string, secret: string][] = [
    [{ ...GIVEN, envPath: "x.env" }, all, "option --endpoint", "option --admin-secret"],
    [
      { envPath: "x.env" },
      all,
      "variable HASURA_GRAPHQL_ENDPOINT",
      "variable HASURA_GRAPHQL_ADMIN_SECRET",
    ],
    [{ envPath: "x.env" }, { files }, 'env file "x.env"', 'env file "x.env"'],
    [{}, { files }, 'config file "./hasura/config.yaml"', 'config file "./hasura/config.yaml"'],
    // Each by itself.
    [
      { endpoint: GIVEN.endpoint, envPath: "x.env" },
      { files: { ...files, "x.env": "HASURA_GRAPHQL_ENDPOINT=http://file:1" } },
      "option --endpoint",
      'config file "./hasura/config.yaml"',
    ],
    // Empty is the same as missing.
    [
      { endpoint: "", adminSecret: " ", envPath: "" },
      all,
      "variable HASURA_GRAPHQL_ENDPOINT",
      "variable HASURA_GRAPHQL_ADMIN_SECRET",
    ],
    // The env file replaces no variable that is set, not even an empty one.
    [
      { envPath: "x.env" },
      { files, env: { HASURA_GRAPHQL_ENDPOINT: "" } },
      'config file "./hasura/config.yaml"',
      'env file "x.env"',
    ],
    [
      { envPath: "x.env" },
      {
        files: {
          ...files,
          "x.env": "HASURA_GRAPHQL_ENDPOINT=\nHASURA_GRAPHQL_ADMIN_SECRET=${NOPE}\nWORKSPACE_SERVER_ENDPOINT=http://w",
        },
      },
      'config file "./hasura/config.yaml"',
      'config file "./hasura/config.yaml"',
    ],
  ];
  const values: Record<string, string> = {
    "option --endpoint": "http://option:1",
    "option --admin-secret": "of-option",
    "variable HASURA_GRAPHQL_ENDPOINT": "http://environment:1",
    "variable HASURA_GRAPHQL_ADMIN_SECRET": "of-environment",
  };
  for (const [options, world, endpoint, secret] of cases) {
    const settings = await resolve(options, world);
    assert.equal(settings.sources.endpoint.description, endpoint);
    assert.equal(settings.sources.adminSecret.description, secret);
    const address = endpoint.startsWith("env") ? "http://file:1" : "http://config:1";
    assert.equal(settings.endpoint, values[endpoint] ?? address);
    const wanted = values[secret] ?? (secret.startsWith("env") ? "of-env-file" : "of-config");
    assert.equal(settings.adminSecret, wanted);
    const overruled = options.envPath && !options.endpoint && world.env ? Object.keys(world.env) : [];
    assert.deepEqual(settings.notes.map((note) => note.split(" ")[0]), overruled);
  }
});

Deno.test("resolveSettings() names every way to give what is missing", async () => {
  const both = await failure({ hasuraPath: "deploy/hasura" });
  assert.equal(
    both.message,
    "Cannot find the endpoint and the admin secret: HASURA_GRAPHQL_ENDPOINT is not set, " +
      'HASURA_GRAPHQL_ADMIN_SECRET is not set, the folder "deploy/hasura" does not exist',
  );
  assert.equal(
    both.next,
    "Set HASURA_GRAPHQL_ENDPOINT or pass --endpoint; set HASURA_GRAPHQL_ADMIN_SECRET or pass --admin-secret; " +
      'or write endpoint and admin_secret in "deploy/hasura/config.yaml"',
  );

  const secret = await failure({ envPath: "x.env" }, {
    files: {
      "x.env": "HASURA_GRAPHQL_ENDPOINT=http://h\nHASURA_GRAPHQL_ADMIN_SECRET=",
      "hasura/config.yml": "endpoint: http://h",
    },
  });
  assert.equal(
    secret.message,
    'Cannot find the admin secret: HASURA_GRAPHQL_ADMIN_SECRET is not set and is empty in env file "x.env", ' +
      '"./hasura/config.yml" does not give admin_secret',
  );
  assert.equal(
    secret.next,
    'Set HASURA_GRAPHQL_ADMIN_SECRET or pass --admin-secret; or write admin_secret in "./hasura/config.yml"',
  );

  const endpoint = await failure({ adminSecret: "s", envPath: "x.env" }, {
    files: { "x.env": "WORKSPACE_SERVER_ENDPOINT=http://w", "hasura/": "" },
    env: { HASURA_GRAPHQL_ADMIN_SECRET: "" },
  });
  assert.match(
    endpoint.message,
    /the endpoint: .* is missing in env file "x\.env", there is no config\.yaml in "\.\/hasura"$/,
  );
  const empty = await failure({ endpoint: "http://h" }, {
    env: { HASURA_GRAPHQL_ADMIN_SECRET: "" },
    files: { "hasura/": new Deno.errors.PermissionDenied("Permission denied") },
  });
  assert.match(empty.message, /_SECRET is empty, the folder "\.\/hasura" cannot be read \(permission denied\)$/);
});

Deno.test("resolveSettings() needs no Hasura folder for what it knows already", async () => {
  const settings = await resolve({ ...GIVEN, hasuraPath: "gone" });
  assert.equal(settings.hasuraPath, "gone");
  assert.equal(settings.migrationsPath, "gone/migrations");
  assert.equal((await resolve({ ...GIVEN, hasuraPath: "f" }, { files: { f: "a file" } })).endpoint, GIVEN.endpoint);
});

Deno.test("resolveSettings() finds the migrations where the config file puts them", async () => {
  const cases: [hasuraPath: string | undefined, directory: string, expected: string][] = [
    [undefined, "", "./hasura/migrations"],
    [undefined, "changes", "./hasura/changes"],
    ["a/b//", "./changes/", "a/b/changes"],
    ["/", "/abs/dir", "/abs/dir"],
    ["/x", "/abs", "/x/abs"],
    [".", "../other", "./../other"],
    ["x", ".", "x"],
  ];
  for (const [hasuraPath, directory, expected] of cases) {
    const path = `${hasuraPath ?? "hasura"}/config.yaml`;
    const settings = await resolve({ ...GIVEN, hasuraPath }, {
      files: { [path]: `migrations_directory: ${directory}\n` },
    });
    assert.equal(settings.migrationsPath, expected);
  }
});

Deno.test("resolveSettings() reads config.yaml before config.yml, and either as YAML", async () => {
  const first = await resolve({ endpoint: "http://h" }, {
    files: { "hasura/config.yaml": "admin_secret: one", "hasura/config.yml": "admin_secret: two" },
  });
  assert.equal(first.adminSecret, "one");
  const cases: [text: string, secret: string][] = [
    ["admin_secret: 0123", "0123"],
    ["admin_secret: 1e5", "1e5"],
    ["admin_secret: true", "true"],
    ["admin_secret: 2020-01-01", "2020-01-01"],
    ['admin_secret: "null"', "null"],
    ["admin_secret: a#b$c # note", "a#b$c"],
    ["admin_secret: 'it''s # \"x\"'", 'it\'s # "x"'],
    ['admin_secret: "a\\"b é€"', 'a"b é€'],
    ["\ufeffadmin_secret : s\r\nadmin_secret_2: t\r\nnested:\r\n  admin_secret: u\r\n", "s"],
    ["base: &b s\nadmin_secret: *b", "s"],
    ["{admin_secret: s, admin_secrets: [a], access_key: k}", "s"],
  ];
  for (const [text, secret] of cases) {
    const settings = await resolve({ endpoint: "http://h" }, { files: { "hasura/config.yml": text } });
    assert.equal(settings.adminSecret, secret, text);
  }
  for (const text of ["", "# c", "admin_secret:", "admin_secret: ~", "admin_secret: null", "admin_secret: ''"]) {
    const error = await failure({ endpoint: "http://h" }, configured(text));
    assert.match(error.message, /^Cannot find the admin secret: /, text);
  }
});

Deno.test("resolveSettings() refuses a config file that it cannot use, and shows none of its text", async () => {
  const cases: [content: string | Uint8Array | Error, message: RegExp][] = [
    [
      "a: 1\nadmin_secret: 'SECRET",
      /config file "\.\/hasura\/config\.yaml": it is not valid YAML, line \d \(Unexpected end/,
    ],
    ["a: 1\nadmin_secret: *SECRET", /not valid YAML, line 2 \(Cannot read alias: unidentified alias\)$/],
    ["admin_secret: @SECRET", /not valid YAML, line 1/],
    ["admin_secret: !!SECRET x", /not valid YAML, line 1 \(Cannot resolve unknown tag\)$/],
    ["admin_secret: !x!SECRET x", /not valid YAML, line 1/],
    ["admin_secret: SECRET: x", /not valid YAML, line 1/],
    ["admin_secret: SECRET\nadmin_secret: SECRET2", /line 2 \(Cannot store mapping pair: duplicated key\)$/],
    ["admin_secret: SECRET\n---\nadmin_secret: SECRET", /not valid YAML \(Found more than 1 document/],
    ["- SECRET\n- b", /it is not a YAML mapping$/],
    ["admin_secret:SECRET", /it is not a YAML mapping$/],
    ["admin_secret: [SECRET]", /the value of admin_secret is not text$/],
    ["endpoint: {SECRET: x}", /the value of endpoint is not text$/],
    ["migrations_directory: []", /the value of migrations_directory is not text$/],
    ["admin_secret: SECRET\x01", /not valid YAML/],
    [Uint8Array.of(0x61, 0x3a, 0x20, 0xff), /it is not UTF-8 text$/],
    [new Deno.errors.PermissionDenied("Permission denied"), /permission denied$/],
    [new Deno.errors.IsADirectory("Is a directory"), /it is a directory$/],
    [new Error("strange"), /strange$/],
  ];
  for (const [content, message] of cases) {
    const error = await failure(GIVEN, configured(content));
    assert.match(error.message, message);
    assert.doesNotMatch(`${error.stack} ${error.next} ${Deno.inspect(error.cause)}`, /SECRET/);
  }
});

Deno.test("resolveSettings() reads an env file, and notes what it skips in it", async () => {
  const settings = await resolve({ envPath: "x.env" }, { files: { "x.env": `${ENV_FILE}A b SECRET=1\n'SECRET\n` } });
  assert.equal(settings.adminSecret, "of-env-file");
  assert.deepEqual(
    settings.notes,
    [3, 4].map((line) => {
      return `env file "x.env" line ${line} cannot be read as NAME=value and was skipped`;
    }),
  );
  const cases: [content: Uint8Array | Error | undefined, message: string][] = [
    [undefined, "it does not exist"],
    [new Deno.errors.IsADirectory("x"), "it is a directory"],
    [new Deno.errors.PermissionDenied("x"), "permission denied"],
    [Uint8Array.of(0xff), "it is not UTF-8 text"],
  ];
  for (const [content, message] of cases) {
    const error = await failure({ ...GIVEN, envPath: "d/x" }, { files: content ? { "d/x": content } : {} });
    assert.equal(error.message, `Cannot read env file "d/x": ${message}`);
  }
});

Deno.test("resolveSettings() takes an endpoint as the root of Hasura", async () => {
  const cases: [given: string, endpoint: string][] = [
    [" http://h:8080/ ", "http://h:8080"],
    ["https://h/hasura//", "https://h/hasura"],
    ["HTTP://[::1]:8080", "HTTP://[::1]:8080"],
    ["http://h/v1", "http://h/v1"],
    ["http://h/@x", "http://h/@x"],
    ["http://bücher.example", "http://bücher.example"],
  ];
  for (const [given, endpoint] of cases) {
    assert.equal((await resolve({ ...GIVEN, endpoint: given })).endpoint, endpoint);
  }
});

Deno.test("resolveSettings() refuses other endpoints, and shows them without what may be secret", async () => {
  const cases: [given: string, shown: string, message: RegExp, next: RegExp][] = [
    ["localhost:8080", '"localhost:8080"', /does not start with http:/, /http:\/\/HOST:8080/],
    ["ftp://h", '"ftp://h"', /does not start with http:/, /HOST/],
    ["http://", '"http://…"', /does not start with http:/, /HOST/],
    ["http:///h", '"http://…"', /does not start with http:/, /HOST/],
    ["SECRETWORD", "(not shown)", /does not start with http:/, /HOST/],
    ["q8Zr/kSECRET==", "(not shown)", /does not start with http:/, /HOST/],
    ["abc.SECRET", "(not shown)", /does not start with http:/, /HOST/],
    ["abc.SECRET.ghi", "(not shown)", /does not start with http:/, /HOST/],
    ["//SECRET", "(not shown)", /does not start with http:/, /HOST/],
    ["SECRET:", "(not shown)", /does not start with http:/, /HOST/],
    ["a1:SECRET", "(not shown)", /does not start with http:/, /HOST/],
    ["localhost.SECRET", "(not shown)", /does not start with http:/, /HOST/],
    ["localhost", '"localhost"', /does not start with http:/, /HOST/],
    ["LOCALHOST:8080/x/SECRET", '"LOCALHOST:8080"', /does not start with http:/, /HOST/],
    ["10.0.0.7", '"10.0.0.7"', /does not start with http:/, /HOST/],
    ["[::1]:8080", '"[::1]:8080"', /does not start with http:/, /HOST/],
    ["hasura.example.com:443/", '"hasura.example.com:443"', /does not start with http:/, /HOST/],
    ["hasura:8080", '"hasura:8080"', /does not start with http:/, /HOST/],
    ["http://h:99999", '"http://h"', /no valid address/, /port/],
    ["http://a b", '"http://a"', /a blank/, /without/],
    ["http://h/a\\b", '"http://h"', /a backslash/, /without/],
    ["http://h\n.x", '"http://h"', /control character/, /without/],
    ["http://me:SECRET@h", '"http://h"', /a user name or a password/, /@/],
    ["http://SECRET@h/x", '"http://h"', /a user name or a password/, /@/],
    ["http://me:SE/CRET@SECRET@h", '"http://…"', /./, /./],
    ["me:SECRET@h:8080", '"h:8080"', /does not start with http:/, /./],
    ["http://h/x?secret=SECRET", '"http://h"', /a query/, /\?/],
    ["http://h/#SECRET", '"http://h"', /a fragment/, /#/],
    ["http://h/v1/graphql", '"http://h"', /\/v1\/graphql is one of its services/, /: "http:\/\/h"$/],
    [
      "http://h/x/v1/metadata/",
      '"http://h"',
      /\/v1\/metadata is one of its services/,
      /, without \/v1\/metadata at its end$/,
    ],
    ["http://h/v2/query", '"http://h"', /one of its services/, /: "http:\/\/h"$/],
    ["http://h/v1alpha1/config", '"http://h"', /one of its services/, /: "http:\/\/h"$/],
    ["http://h/console/data/SECRET", '"http://h"', /\/console is one of its services/, /: "http:\/\/h"$/],
  ];
  for (const [endpoint, shown, message, next] of cases) {
    const error = await failure({ ...GIVEN, endpoint });
    assert.ok(error.message.startsWith(`Cannot use endpoint ${shown} from option --endpoint: `), error.message);
    assert.match(error.message, message);
    assert.match(error.next ?? "", next);
    assert.doesNotMatch(`${error.stack} ${error.next}`, /SECRET/);
  }
});

Deno.test("resolveSettings() does not show an endpoint that is the admin secret, wherever that was given", async () => {
  const secret = "hasura:8080";
  const places: [options: ResolveSettingsOptions, world: FakeRuntimeOptions][] = [
    [{ adminSecret: secret }, {}],
    [{ adminSecret: "other" }, { env: { HASURA_GRAPHQL_ADMIN_SECRET: secret } }],
    [{ adminSecret: "other", envPath: "x" }, { files: { x: `HASURA_GRAPHQL_ADMIN_SECRET=${secret}` } }],
    [{ adminSecret: "other" }, configured(`admin_secret: ${secret}`)],
  ];
  for (const [options, world] of places) {
    for (const endpoint of [secret, ` ${secret}/`, `ftp://${secret}`]) {
      const error = await failure({ ...options, endpoint }, world);
      assert.match(error.message, /^Cannot use endpoint \(not shown\) from option --endpoint: /, endpoint);
    }
  }
});

Deno.test("resolveSettings() tells of skipped lines where a setting is missing", async () => {
  const cases: [line: string, what: string, next: RegExp][] = [
    ['HASURA_GRAPHQL_ADMIN_SECRET="abc', "line 2 of it", /^Correct line 2 of "x\.env"; or set HASURA_/],
    ["HASURA_GRAPHQL_ADMIN_SECRET: abc", "line 2 of it", /^Correct line 2 of "x\.env"; or set HASURA_/],
    ["HASURA_GRAPHQL_ADMIN_SECRET:abc", "line 2 of it", /^Correct line 2 of "x\.env"; or set HASURA_/],
    ["a abc\nb abc\n\nc abc", "lines 2, 3 and 5 of it", /^Correct lines 2, 3 and 5 of "x\.env"; or set HASURA_/],
  ];
  for (const [line, what, next] of cases) {
    const error = await failure({ envPath: "x.env" }, {
      files: { "x.env": `HASURA_GRAPHQL_ENDPOINT=http://h\n${line}\n`, "hasura/": "" },
    });
    assert.equal(
      error.message,
      'Cannot find the admin secret: HASURA_GRAPHQL_ADMIN_SECRET is not set and is missing in env file "x.env" ' +
        `(${what} cannot be read as NAME=value), there is no config.yaml in "./hasura"`,
    );
    assert.match(error.next ?? "", next);
    assert.doesNotMatch(`${error.stack} ${error.next}`, /abc/);
  }
  const both = await failure({ envPath: "x.env" }, { files: { "x.env": "a b\nWORKSPACE_SERVER_ENDPOINT=http://w" } });
  assert.equal(both.message.match(/line 1 of it/g)?.length, 2);
  const empty = await failure({ envPath: "x.env", endpoint: "http://h" }, {
    files: { "x.env": "HASURA_GRAPHQL_ADMIN_SECRET=\na b\nHASURA_GRAPHQL_ENDPOINT=http://h" },
  });
  assert.doesNotMatch(empty.message, /line 2/);
});

Deno.test("resolveSettings() takes any secret that HTTP can carry", async () => {
  for (const adminSecret of ["'", '"', "$x ${y}", "#a", "a b", "é€😀", "-x", "a\tb", "\u00a0a"]) {
    const settings = await resolve({ ...GIVEN, adminSecret });
    assert.equal(settings.adminSecret, adminSecret);
    assert.deepEqual(settings.notes, []);
  }
  for (const adminSecret of [" s", "s ", "s\t"]) {
    const settings = await resolve({ ...GIVEN, adminSecret });
    assert.equal(settings.adminSecret, adminSecret);
    assert.deepEqual(settings.notes, [
      "the admin secret from option --admin-secret starts or ends with a blank, which HTTP does not carry",
    ]);
  }
  const refused: [adminSecret: string, message: RegExp][] = [
    ["SECRET\n", /it holds a line break$/],
    ["SEC\rRET", /it holds a line break$/],
    ["\x00SECRET", /it holds a control character$/],
    ["SECRET\x7f", /it holds a control character$/],
  ];
  for (const [adminSecret, message] of refused) {
    const error = await failure({ ...GIVEN, adminSecret });
    assert.match(error.message, message);
    assert.match(error.message, /^Cannot use the admin secret from option --admin-secret: /);
    assert.doesNotMatch(`${error.stack} ${error.next}`, /SEC/);
  }
});
