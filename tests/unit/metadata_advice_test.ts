import assert from "node:assert/strict";
import { decodeConsistency } from "../../src/hasura/inconsistent.ts";
import type { Json } from "../../src/json.ts";
import { adviceFor, isUnfit } from "../../src/metadata/advice.ts";

const VARIABLE = /^Set (\S+) in the environment of Hasura, and start it again$/;
const SOURCE = /^See that Hasura can reach the database of (\S+), /;
const REMOTE = /^See that Hasura can reach the server of the remote schema (\S+);/;
const NAMES = /^Give one of those that have the same name another one/;
const ACTIONS = /^Correct actions\.graphql and actions\.yaml/;
const UNFIT = /^migrate$/;
const OTHER = /^See to what the reasons say/;

/** Reasons as a genuine Hasura v2.48.10 gives them, with the advice for each. */
const REASONS: readonly [type: string | undefined, reason: string, advice: RegExp][] = [
  [undefined, 'Conflicting objects: conflicting definitions for field "r"', NAMES],
  ["action", "Inconsistent object: custom types are inconsistent", ACTIONS],
  [
    "action",
    'Inconsistent object: in action "a"; the type: "X" is not an object or scalar type defined in custom types',
    ACTIONS,
  ],
  [
    "array_relation",
    'Inconsistent object: in table "x.y": in relationship "r": no foreign constraint exists on the given column(s)',
    UNFIT,
  ],
  [
    "array_relation",
    'Inconsistent object: in table "x.y": in relationship "r": table "x.z" does not exist in source: Aerie',
    UNFIT,
  ],
  ["computed_field", "Inconsistent object: field definition conflicts with postgres column", NAMES],
  [
    "computed_field",
    'Inconsistent object: in table "x.y": in computed field "c": no such function exists: "x.f"',
    UNFIT,
  ],
  [
    "cron_trigger",
    "Inconsistent object: in cron trigger c: Value for environment variables not found: NOT_SET",
    VARIABLE,
  ],
  [
    "custom_types",
    'Inconsistent object: validation for the given custom types failed because duplicate type names: "X"',
    NAMES,
  ],
  [
    "custom_types",
    'Inconsistent object: validation for the given custom types failed because the remote table "x.y" for relationship "r" of object type "O" does not exist',
    UNFIT,
  ],
  ["event_trigger", "Inconsistent object: database query error", OTHER],
  [
    "event_trigger",
    `Inconsistent object: in table "x.y": in event trigger "ev": environment variable 'NOT_SET' not set`,
    VARIABLE,
  ],
  ["event_trigger", 'Inconsistent object: table "x.y" has no field named "z"', UNFIT],
  ["function", 'Inconsistent object: in function "x.f": no such function exists: "x.f"', UNFIT],
  [
    "function",
    'Inconsistent object: in function "x.f": the function "x.f" cannot be tracked for the following reasons:\n  • a\n',
    UNFIT,
  ],
  ["function", 'Inconsistent object: table "x.y" is not tracked', UNFIT],
  [
    "insert_permission",
    'Inconsistent object: in table "x.y": in permission for role "v": column "z" does not exist',
    UNFIT,
  ],
  [
    "query_collections",
    'Inconsistent object: In query collection "q" the query "one" is invalid with the following error(s): "x". This query is in allowlist.',
    UNFIT,
  ],
  ["remote_schema", "Inconsistent object: environment variable 'NOT_SET' not set", VARIABLE],
  ["remote_schema", 'Inconsistent object: HTTP exception occurred while sending the request to "http://x"', REMOTE],
  [
    "select_permission",
    'Inconsistent object: in table "x.y": in permission for role "admin": cannot define permission for admin role',
    OTHER,
  ],
  ["source", "Inconsistent object: connection error", SOURCE],
  ["source", "Inconsistent object: environment variable 'NOT_SET' not set", VARIABLE],
  ["table", 'Inconsistent object: configuration was given for the column "z", but no such column exists', UNFIT],
  ["table", 'Inconsistent object: no such table/view exists in source: "x.y"', UNFIT],
  ["table", 'Inconsistent object: the table "x.y" cannot be used as an enum for the following reasons:\n  • a', UNFIT],
  [
    "inherited_role",
    "Inconsistent object: in inherited role both: the following parent role(s) are not found: other",
    OTHER,
  ],
];

function decode(objects: Json[]) {
  const found = decodeConsistency({ is_consistent: false, inconsistent_objects: objects });
  assert.ok(found !== undefined);
  return found;
}

Deno.test("adviceFor() gives each kind of object and reason its own advice", () => {
  for (const [type, reason, expected] of REASONS) {
    const [object] = decode([{ ...(type === undefined ? { objects: [] } : { type, name: `${type} it` }), reason }]);
    assert.ok(object !== undefined);
    const advice = adviceFor([object], "migrate");
    assert.equal(advice.length, 1, reason);
    assert.match(advice[0] ?? "", expected, reason);
    assert.equal(isUnfit(object), expected === UNFIT, reason);
  }
});

Deno.test("adviceFor() gives several things to do one place each, however many objects they are for", () => {
  const objects = decode([
    { type: "table", name: "table a in source Aerie", reason: 'no such table/view exists in source: "a"' },
    { type: "source", name: "source B", reason: "Inconsistent object: environment variable 'B_URL' not set" },
    { type: "table", name: "table c in source Aerie", reason: 'no such table/view exists in source: "c"' },
    {
      type: "remote_schema",
      name: "remote_schema d",
      reason: "Inconsistent object: environment variable 'D_URL' not set",
    },
    { type: "source", name: "source E", reason: "Inconsistent object: connection error" },
  ]);
  assert.deepEqual(adviceFor(objects, "migrate"), [
    "Set B_URL, D_URL in the environment of Hasura, and start it again",
    "See that Hasura can reach the database of E, with the settings that it has for it; then run metadata reload",
    "migrate",
  ]);
});

Deno.test("decodeConsistency() names the objects of a conflict, and tells what stands behind a reason", () => {
  const name = (of: string) => `object_relation r in table ${of} in source Aerie`;
  const [conflict, source, remote, trigger] = decode([
    { reason: "Conflicting objects: x", objects: [{ name: name("a"), type: "object_relation" }, { name: name("b") }] },
    {
      type: "source",
      name: "source Aerie",
      reason: "Inconsistent object: connection error",
      message: "FATAL: a\n\tb\n",
    },
    { type: "remote_schema", name: "remote_schema r", reason: "HTTP", message: { message: "refused\n", type: "http" } },
    {
      type: "event_trigger",
      name: "event_trigger e",
      reason: "query",
      message: { error: { message: "Views cannot" } },
    },
  ]);
  assert.deepEqual(conflict, {
    type: "conflict",
    name: `${name("a")}, ${name("b")}`,
    reason: "Conflicting objects: x",
  });
  assert.equal(source?.reason, "Inconsistent object: connection error: FATAL: a; b");
  assert.equal(remote?.reason, "HTTP: refused");
  assert.equal(trigger?.reason, "query: Views cannot");
});

Deno.test("decodeConsistency() keeps user, password and query of an address to itself", () => {
  const says = (address: string) =>
    `Inconsistent object: HTTP exception occurred while sending the request to "${address}"`;
  for (
    const [address, shown] of [
      ["http://127.0.0.1:1/graphql", "http://127.0.0.1:1/graphql"],
      ["http://user:s3cret@site:1/graphql?key=s3cret", "http://(hidden)@site:1/graphql?(hidden)"],
    ] as const
  ) {
    const message = { message: "Connection failure", type: "http_exception" };
    const [object] = decode([{ type: "remote_schema", name: "remote_schema r", reason: says(address), message }]);
    assert.equal(object?.reason, `${says(shown)}: Connection failure`);
  }
});

Deno.test("decodeConsistency() takes nothing for an answer that is none", () => {
  for (const answer of [null, {}, { message: "success" }, { is_consistent: "yes" }, { is_consistent: false }]) {
    assert.equal(decodeConsistency(answer), undefined);
  }
  assert.deepEqual(decodeConsistency({ is_consistent: true }), []);
});
