/**
 * Actions and custom types from `actions.graphql` and `actions.yaml`, and what is refused with its place.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Json } from "../../src/json.ts";
import { build, built, problem, ROOT } from "../support/metadata_build.ts";

const SDL = `
type Query { find(id: Int!, tags: [String!]): Found! }
extend type Mutation {
  """ Sends it. """
  send("To whom" to: Address!): Found @deprecated(reason: "old")
}
"What was found" type Found implements Thing { id: ID! at(zone: String): Time }
interface Thing { id: ID! }
input Address { "Where" city: String = "Rome" state: State }
enum State { "First" ONE TWO }
scalar Time
`;

const HANDLED = `
actions:
  - name: find
    definition: {kind: ~, handler: "{{URL}}/find", timeout: 0, forward_client_headers: false, headers: null}
  - name: send
    definition:
      kind: synchronous
      handler: http://x
      timeout: 30
      forward_client_headers: true
      headers: [{name: a, value: b}]
      request_transform: {version: 2}
    permissions: [{role: user}]
    comment: Sends it
`;

const FIND = {
  name: "find",
  definition: {
    kind: "",
    handler: "{{URL}}/find",
    type: "query",
    arguments: [
      { name: "id", type: "Int!", description: null },
      { name: "tags", type: "[String!]", description: null },
    ],
    output_type: "Found!",
  },
};

Deno.test("actions and custom types", async () => {
  const { metadata: { actions, custom_types: types }, notes } = await build({
    "actions.graphql": SDL,
    "actions.yaml": HANDLED,
  });
  assert.deepEqual(actions, [FIND, {
    name: "send",
    definition: {
      kind: "synchronous",
      handler: "http://x",
      type: "mutation",
      arguments: [{ name: "to", type: "Address!", description: "To whom" }],
      output_type: "Found",
      timeout: 30,
      forward_client_headers: true,
      headers: [{ name: "a", value: "b" }],
      request_transform: { version: 2 },
    },
    permissions: [{ role: "user" }],
    comment: "Sends it",
  }]);
  assert.deepEqual(types, {
    enums: [{
      name: "State",
      values: [{ value: "ONE", description: "First" }, { value: "TWO", description: null }],
    }],
    input_objects: [{
      name: "Address",
      fields: [
        { name: "city", type: "String", description: "Where" },
        { name: "state", type: "State", description: null },
      ],
    }],
    objects: [{
      name: "Found",
      description: "What was found",
      fields: [{ name: "id", type: "ID!", description: null }, { name: "at", type: "Time", description: null }],
    }],
    scalars: [{ name: "Time" }],
  });
  assert.deepEqual(notes, [
    `Hasura makes no use of arguments of fields in "${ROOT}/actions.graphql": Found.at`,
    `Hasura makes no use of default values in "${ROOT}/actions.graphql": Address.city`,
  ]);
});

Deno.test("actions.yaml adds to the custom types", async () => {
  const { metadata: { custom_types: types } } = await build({
    "actions.graphql": SDL,
    "actions.yaml": `${HANDLED}custom_types:
  enums:
    - name: State
      values: [{value: TWO, description: null, is_deprecated: null}, ONE]
  input_objects:
    - {name: Address, description: "", fields: [{name: city, type: String}]}
  objects:
    - name: Found
      relationships: [{name: plan}]
  scalars:
`,
  });
  const { enums, input_objects: [address], objects: [found] } = types as Record<string, Record<string, Json>[]> & {
    input_objects: [Record<string, Json>];
    objects: [Record<string, Json>];
  };
  assert.equal(enums?.length, 1);
  assert.equal(address.description, "");
  // As the Hasura CLI does: an entry without a description takes away that of the SDL.
  assert.ok(!("description" in found));
  assert.deepEqual(found.relationships, [{ name: "plan" }]);
});

for (const sdl of ["", "  \n", "# none\n"]) {
  Deno.test(`no actions: ${JSON.stringify(sdl)}`, async () => {
    const yaml = "actions: []\ncustom_types: {enums: [], input_objects: [], objects: [], scalars: []}\n";
    assert.deepEqual(await built({ "actions.graphql": sdl, "actions.yaml": yaml }), { sources: [] });
    assert.deepEqual(await built({ "actions.graphql": sdl, "actions.yaml": "" }), { sources: [] });
  });
}

/** What stands in actions.graphql from line 2 on, and what is said of it. */
const BAD_SDL: readonly [sdl: string, expected: string][] = [
  ["type A {", "line 3: it is not valid GraphQL, column 1: Expected Name, found <EOF>"],
  [`type A { a: ${"[".repeat(20_000)}`, "it is nested too deeply"],
  ["type A { a: }", 'line 2: it is not valid GraphQL, column 13: Expected Name, found "}"'],
  ["schema { query: Query }", "line 2: a schema block cannot be part of Hasura's actions"],
  ["extend schema @a", "line 2: a schema block cannot be part of Hasura's actions"],
  ["union U = A | B", 'line 2: a union ("U") cannot be part of Hasura\'s actions'],
  ["directive @d on FIELD", 'line 2: the definition of a directive ("d") cannot be part of Hasura\'s actions'],
  ["extend type A { a: Int }", 'line 2: an extension of a type ("A") cannot be part of Hasura\'s actions'],
  ["extend input A { a: Int }", 'line 2: an extension of a type ("A") cannot be part of Hasura\'s actions'],
  ["query { find }", "line 2: an operation cannot be part of Hasura's actions"],
  ["fragment F on A { a }", 'line 2: a fragment ("F") cannot be part of Hasura\'s actions'],
  [
    "input Mutation { a: Int }",
    'line 2: a definition that is no type ("Mutation") cannot be part of Hasura\'s actions',
  ],
  ["type Found { a: Int }\ninput Found { a: Int }", 'line 3: the type "Found" is there twice, first in line 2'],
  ["type Mutation { find: Int }", 'line 2: the action "find" is there twice, first in line 1'],
  ["type Query { b: Int }", 'line 2: the action "b" is not in "actions.yaml", so that it would have no handler'],
];

for (const [sdl, expected] of BAD_SDL) {
  Deno.test(`bad SDL: ${JSON.stringify(sdl.slice(0, 60))}`, async () => {
    const message = await problem({
      "actions.graphql": `type Query { find: Int }\n${sdl}\n`,
      "actions.yaml": "actions: [{name: find, definition: {handler: x}}]\n",
    });
    assert.equal(message.replace(/^"actions\.graphql":? /, ""), expected);
  });
}

const FOUND = "actions:\n- {name: find, definition: {handler: x}}\n";

/** The content of actions.yaml, and what is said of it. */
const BAD_ACTIONS: readonly [yaml: string, expected: string][] = [
  [`${FOUND}- name: x\n  definition: {handler: y}`, 'line 3: the action "x" is not in "actions.graphql"'],
  [`${FOUND}- name: x`, 'line 3: the action "x" has no handler'],
  [`${FOUND}- definition: {}`, 'line 3: one of the "actions" has no name'],
  [`${FOUND}- ~`, 'line 3: one of the "actions" is not a mapping, but empty'],
  [`${FOUND}- x`, 'line 3: one of the "actions" is not a mapping, but the text "x"'],
  [
    `${FOUND}- name: find\n  definition: {handler: y}`,
    'line 3: "find" is there twice, first in line 2, and only the last would count',
  ],
  [
    "actions:\n- name: find\n  permission: []\n",
    'line 3: an action has the unknown key "permission", which the Hasura CLI would leave out without a word',
  ],
  [
    `${FOUND}action: []`,
    'line 3: it has the unknown key "action", which the Hasura CLI would leave out without a word',
  ],
  [
    `${FOUND}custom_types: {object: []}`,
    'line 3: custom_types has the unknown key "object", which the Hasura CLI would leave out without a word',
  ],
  [`${FOUND}custom_types: {scalars: [{name: T}]}`, 'line 3: the custom type "T" is not in "actions.graphql"'],
  [
    `${FOUND}custom_types: {scalars: [{name: E}]}`,
    'line 3: the custom type "E" stands under "scalars", but in "actions.graphql" line 2 it is one of the "enums"',
  ],
  [
    `${FOUND}custom_types: {enums: [{name: E, value: A}]}`,
    'line 3: a custom type has the unknown key "value", which the Hasura CLI would leave out without a word',
  ],
  [
    `${FOUND}custom_types:\n  enums:\n  - name: E\n    values:\n    - value: A\n    - value: B`,
    'line 8: "B" is not one of the values of "E" in "actions.graphql" line 2, and only these count',
  ],
  [
    `${FOUND}custom_types: {enums: [{name: E, fields: [{name: A}]}]}`,
    'line 3: "A" is not one of the fields of "E" in "actions.graphql" line 2, and only these count',
  ],
  ["- name: find\n", "line 1: it is not a mapping, but a list"],
];

for (const [yaml, expected] of BAD_ACTIONS) {
  Deno.test(`bad actions.yaml: ${JSON.stringify(yaml)}`, async () => {
    const message = await problem({
      "actions.graphql": "type Query { find: Int }\nenum E { A }\n",
      "actions.yaml": yaml,
    });
    assert.equal(message, `"actions.yaml" ${expected}`);
  });
}

/** The definition of an action, and what is said of it. */
const BAD_DEFINITIONS: readonly [definition: string, expected: string][] = [
  ...["ignored_client_headers", "type", "arguments", "output_type"].map((key): [string, string] => [
    `{handler: x, ${key}: y}`,
    `the definition of the action "find" has the unknown key "${key}", ` +
    "which the Hasura CLI would leave out without a word",
  ]),
  ["[]", 'the definition of the action "find" is not a mapping, but a list'],
  ["{handler: x, timeout: '30'}", 'the timeout of the action "find" is the text "30"'],
  ["{handler: x, timeout: 1.5}", 'the timeout of the action "find" is 1.5'],
  ["{handler: x, forward_client_headers: yes}", 'forward_client_headers of the action "find" is the text "yes"'],
  ["{handler: [x]}", 'the handler of the action "find" is not text, but a list'],
];

for (const [definition, expected] of BAD_DEFINITIONS) {
  Deno.test(`bad definition: ${definition}`, async () => {
    const message = await problem({
      "actions.graphql": "type Query { find: Int }\n",
      "actions.yaml": `actions:\n- name: find\n  definition: ${definition}\n`,
    });
    assert.equal(message, `"actions.yaml" line 3: ${expected}`);
  });
}
