/**
 * What `actions.graphql` and `actions.yaml` make together, written down by hand from the rules of the Hasura CLI.
 *
 * @module
 */

import type { Json } from "../../../src/json.ts";
import type { MetadataCase } from "../../support/metadata_case.ts";

/** The metadata of these actions and types, and no database. */
function expected(parts: { actions?: Json; custom_types?: Json }): Record<string, Json> {
  return { version: 3, sources: [], ...parts };
}

/** An `actions.yaml` that has no more than these actions. */
function actionsYaml(...names: string[]): string {
  const lines = names.map((name) => `  - { name: ${name}, definition: { kind: synchronous, handler: "{{URL}}" } }\n`);
  return `actions:\n${lines.join("")}`;
}

/** See the module. */
export const ACTION_CASES: readonly MetadataCase[] = [
  {
    name: "both files without a byte",
    files: { "actions.graphql": "", "actions.yaml": "" },
    expected: expected({}),
  },
  {
    name: "nothing in either, as an export writes it",
    files: {
      "actions.graphql": "\n\n",
      "actions.yaml": "actions: []\ncustom_types:\n  enums: []\n  input_objects: []\n  objects: []\n  scalars: []\n",
    },
    expected: expected({}),
  },
  {
    name: "only comments in actions.graphql",
    files: { "actions.graphql": "# none yet\n", "actions.yaml": "actions: []\n" },
    expected: expected({}),
  },
  {
    name: "fields of Query and Mutation are actions",
    files: {
      "actions.graphql": `
        type Query { resourceTypes(missionModelId: ID!): [String!]! }
        type Mutation { simulate(planId: Int!, force: Boolean): Int }
      `,
      "actions.yaml": actionsYaml("resourceTypes", "simulate"),
    },
    expected: expected({
      actions: [
        {
          name: "resourceTypes",
          definition: {
            type: "query",
            kind: "synchronous",
            handler: "{{URL}}",
            arguments: [{ name: "missionModelId", type: "ID!", description: null }],
            output_type: "[String!]!",
          },
        },
        {
          name: "simulate",
          definition: {
            type: "mutation",
            kind: "synchronous",
            handler: "{{URL}}",
            arguments: [
              { name: "planId", type: "Int!", description: null },
              { name: "force", type: "Boolean", description: null },
            ],
            output_type: "Int",
          },
        },
      ],
    }),
  },
  {
    name: "fields of extensions of Query and Mutation, and of repeated ones, are actions too",
    files: {
      "actions.graphql": `
        type Query { a: Int }
        type Query { b: Int }
        extend type Query { c: Int }
        extend type Mutation { d: Int }
      `,
      "actions.yaml": actionsYaml("d", "c", "b", "a"),
    },
    expected: expected({
      actions: [
        { name: "a", definition: { type: "query", kind: "synchronous", handler: "{{URL}}", output_type: "Int" } },
        { name: "b", definition: { type: "query", kind: "synchronous", handler: "{{URL}}", output_type: "Int" } },
        { name: "c", definition: { type: "query", kind: "synchronous", handler: "{{URL}}", output_type: "Int" } },
        { name: "d", definition: { type: "mutation", kind: "synchronous", handler: "{{URL}}", output_type: "Int" } },
      ],
    }),
  },
  {
    name: "types are written as GraphQL writes them",
    files: {
      "actions.graphql": "type Query { a(x: [ [ Int ! ] ] !, y: [String]): [[Float!]!]! }",
      "actions.yaml": actionsYaml("a"),
    },
    expected: expected({
      actions: [{
        name: "a",
        definition: {
          type: "query",
          kind: "synchronous",
          handler: "{{URL}}",
          arguments: [
            { name: "x", type: "[[Int!]]!", description: null },
            { name: "y", type: "[String]", description: null },
          ],
          output_type: "[[Float!]!]!",
        },
      }],
    }),
  },
  {
    name: "descriptions of arguments, without the blanks around them; null where there is none",
    files: {
      "actions.graphql": `
        type Query {
          a(
            "The plan."
            x: Int
            """
              Its
              horizon.
            """
            y: Int
            "  with blanks  "
            z: Int
            w: Int
          ): Int
        }
      `,
      "actions.yaml": actionsYaml("a"),
    },
    expected: expected({
      actions: [{
        name: "a",
        definition: {
          type: "query",
          kind: "synchronous",
          handler: "{{URL}}",
          arguments: [
            { name: "x", type: "Int", description: "The plan." },
            { name: "y", type: "Int", description: "Its\nhorizon." },
            { name: "z", type: "Int", description: "with blanks" },
            { name: "w", type: "Int", description: null },
          ],
          output_type: "Int",
        },
      }],
    }),
  },
  {
    name: "an action has what actions.yaml says of it",
    files: {
      "actions.graphql": "type Mutation { simulate: Int }",
      "actions.yaml": `
actions:
  - name: simulate
    comment: Simulates a plan
    definition:
      kind: asynchronous
      handler: "{{MERLIN_URL}}/simulate"
      timeout: 300
      forward_client_headers: true
      headers:
        - { name: x-source, value: hasura }
        - { name: x-key, value_from_env: MERLIN_KEY }
      request_transform:
        template_engine: Kriti
        version: 2
        method: POST
        query_params: {}
        body: { action: transform, template: "{{$body.input}}" }
      response_transform:
        template_engine: Kriti
        version: 2
        body: { action: transform, template: "{{$body.result}}" }
    permissions:
      - role: aerie_admin
      - role: user
        comment: may run their own plans
`,
    },
    expected: expected({
      actions: [{
        name: "simulate",
        comment: "Simulates a plan",
        definition: {
          type: "mutation",
          kind: "asynchronous",
          handler: "{{MERLIN_URL}}/simulate",
          output_type: "Int",
          timeout: 300,
          forward_client_headers: true,
          headers: [{ name: "x-source", value: "hasura" }, { name: "x-key", value_from_env: "MERLIN_KEY" }],
          request_transform: {
            template_engine: "Kriti",
            version: 2,
            method: "POST",
            query_params: {},
            body: { action: "transform", template: "{{$body.input}}" },
          },
          response_transform: {
            template_engine: "Kriti",
            version: 2,
            body: { action: "transform", template: "{{$body.result}}" },
          },
        },
        permissions: [{ role: "aerie_admin" }, { role: "user", comment: "may run their own plans" }],
      }],
    }),
  },
  {
    name: "zeros of an action are left out",
    files: {
      "actions.graphql": "type Query { a: Int }",
      "actions.yaml": `
actions:
  - name: a
    definition:
      kind: synchronous
      handler: "{{URL}}"
      timeout: 0
      forward_client_headers: false
      headers: null
      request_transform: null
      response_transform: null
`,
    },
    expected: expected({
      actions: [{
        name: "a",
        definition: { type: "query", kind: "synchronous", handler: "{{URL}}", output_type: "Int" },
      }],
    }),
  },
  {
    name: "kind and handler are always there, also where they are empty",
    files: {
      "actions.graphql": "type Query { a: Int b: Int }",
      "actions.yaml": `
actions:
  - { name: a, definition: { kind: "", handler: "{{URL}}" } }
  - { name: b, definition: { handler: "{{URL}}" } }
`,
    },
    expected: expected({
      actions: [
        { name: "a", definition: { type: "query", kind: "", handler: "{{URL}}", output_type: "Int" } },
        { name: "b", definition: { type: "query", kind: "", handler: "{{URL}}", output_type: "Int" } },
      ],
    }),
  },
  {
    name: "the order is that of actions.graphql",
    files: {
      "actions.graphql": "type Mutation { z: Int }\ntype Query { a: Int }",
      "actions.yaml": actionsYaml("a", "z"),
    },
    expected: expected({
      actions: [
        { name: "z", definition: { type: "mutation", kind: "synchronous", handler: "{{URL}}", output_type: "Int" } },
        { name: "a", definition: { type: "query", kind: "synchronous", handler: "{{URL}}", output_type: "Int" } },
      ],
    }),
  },
  {
    name: "custom types of every kind; all four lists are there as soon as one has a type",
    files: {
      "actions.graphql": `
        "Any JSON."
        scalar Any
        scalar Plain
        enum Status {
          "It ended."
          complete
          failed
        }
        input Range {
          "In microseconds."
          start: Int!
          end: Int
        }
        type Result {
          status: Status!
          "What came out."
          values: [Any!]
          at(index: Int = 0): Any
        }
      `,
      "actions.yaml": "actions: []\n",
    },
    expected: expected({
      custom_types: {
        scalars: [{ name: "Any", description: "Any JSON." }, { name: "Plain" }],
        enums: [{
          name: "Status",
          values: [{ value: "complete", description: "It ended." }, { value: "failed", description: null }],
        }],
        input_objects: [{
          name: "Range",
          fields: [
            { name: "start", type: "Int!", description: "In microseconds." },
            { name: "end", type: "Int", description: null },
          ],
        }],
        objects: [{
          name: "Result",
          fields: [
            { name: "status", type: "Status!", description: null },
            { name: "values", type: "[Any!]", description: "What came out." },
            { name: "at", type: "Any", description: null },
          ],
        }],
      },
    }),
  },
  {
    name: "one type makes all four lists",
    files: { "actions.graphql": "scalar Any", "actions.yaml": "actions: []\n" },
    expected: expected({
      custom_types: { scalars: [{ name: "Any" }], enums: [], input_objects: [], objects: [] },
    }),
  },
  {
    name: "interfaces are skipped, and what implements them is an object",
    files: {
      "actions.graphql": "interface Named { name: String }\ntype Plan implements Named { name: String }",
      "actions.yaml": "custom_types: { objects: [{ name: Plan }] }\n",
    },
    expected: expected({
      custom_types: {
        scalars: [],
        enums: [],
        input_objects: [],
        objects: [{ name: "Plan", fields: [{ name: "name", type: "String", description: null }] }],
      },
    }),
  },
  {
    name: "descriptions of types: actions.yaml has the last word, also where it has none",
    files: {
      "actions.graphql": `
        "From the SDL."
        scalar Replaced
        "From the SDL."
        scalar Removed
        "From the SDL."
        scalar Kept
        scalar Added
        "From the SDL."
        enum Colour { red }
        "From the SDL."
        input Range { start: Int }
        "From the SDL."
        type Plan { id: Int }
      `,
      "actions.yaml": `
custom_types:
  scalars:
    - { name: Replaced, description: From the YAML }
    - { name: Removed }
    - { name: Added, description: From the YAML }
  enums:
    - { name: Colour, description: From the YAML }
  input_objects:
    - { name: Range }
  objects:
    - { name: Plan, description: From the YAML }
`,
    },
    expected: expected({
      custom_types: {
        scalars: [
          { name: "Replaced", description: "From the YAML" },
          { name: "Removed" },
          { name: "Kept", description: "From the SDL." },
          { name: "Added", description: "From the YAML" },
        ],
        enums: [{ name: "Colour", description: "From the YAML", values: [{ value: "red", description: null }] }],
        input_objects: [{ name: "Range", fields: [{ name: "start", type: "Int", description: null }] }],
        objects: [{
          name: "Plan",
          description: "From the YAML",
          fields: [{ name: "id", type: "Int", description: null }],
        }],
      },
    }),
  },
  {
    name: "relationships of objects come from actions.yaml",
    files: {
      "actions.graphql": "type Result { datasetId: Int! planId: Int! }",
      "actions.yaml": `
custom_types:
  objects:
    - name: Result
      relationships:
        - name: dataset
          type: object
          source: Aerie
          remote_table: { schema: merlin, name: dataset }
          field_mapping: { datasetId: id }
`,
    },
    expected: expected({
      custom_types: {
        scalars: [],
        enums: [],
        input_objects: [],
        objects: [{
          name: "Result",
          fields: [
            { name: "datasetId", type: "Int!", description: null },
            { name: "planId", type: "Int!", description: null },
          ],
          relationships: [{
            name: "dataset",
            type: "object",
            source: "Aerie",
            remote_table: { schema: "merlin", name: "dataset" },
            field_mapping: { datasetId: "id" },
          }],
        }],
      },
    }),
  },
  {
    name: "values of an enum come from actions.graphql; older exports have them in actions.yaml as well",
    files: {
      "actions.graphql": "enum Status { complete failed }",
      "actions.yaml": `
custom_types:
  enums:
    - name: Status
      values:
        - { description: null, is_deprecated: null, value: complete }
        - { description: null, is_deprecated: null, value: failed }
`,
    },
    expected: expected({
      custom_types: {
        scalars: [],
        enums: [{
          name: "Status",
          values: [{ value: "complete", description: null }, { value: "failed", description: null }],
        }],
        input_objects: [],
        objects: [],
      },
    }),
  },
];
