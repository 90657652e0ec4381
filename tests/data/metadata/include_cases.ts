/**
 * One case per form of `!include`: what is put in its place, written down by hand from the rules of the Hasura CLI.
 *
 * @module
 */

import type { Json } from "../../../src/json.ts";
import type { MetadataCase } from "../../support/metadata_case.ts";

const PLAN = "table: { schema: merlin, name: plan }\n";
const TAGS = "table: { schema: merlin, name: tags }\n";
const PLAN_TABLE: Json = { table: { schema: "merlin", name: "plan" } };
const TAGS_TABLE: Json = { table: { schema: "merlin", name: "tags" } };

/** A `databases.yaml` with one source and these lines, which give its tables and perhaps more. */
function databases(lines: string): string {
  return `- name: Aerie\n  kind: postgres\n  configuration: {}\n${lines.replaceAll(/^/gm, "  ")}\n`;
}

/** The metadata of one source with these tables and perhaps more. */
function expected(tables: Json, more: Record<string, Json> = {}): Record<string, Json> {
  return { version: 3, sources: [{ name: "Aerie", kind: "postgres", configuration: {}, tables, ...more }] };
}

/** See the module. */
export const INCLUDE_CASES: readonly MetadataCase[] = [
  {
    name: "as an export writes it: text in quotes, each path relative to the file that it is in",
    files: {
      "databases/databases.yaml": databases('tables: "!include Aerie/tables/tables.yaml"'),
      "databases/Aerie/tables/tables.yaml": '- "!include merlin_plan.yaml"\n- "!include merlin_tags.yaml"\n',
      "databases/Aerie/tables/merlin_plan.yaml": PLAN,
      "databases/Aerie/tables/merlin_tags.yaml": TAGS,
    },
    expected: expected([PLAN_TABLE, TAGS_TABLE]),
  },
  {
    name: "as a YAML tag",
    files: {
      "databases/databases.yaml": databases("tables: !include Aerie/tables/tables.yaml"),
      "databases/Aerie/tables/tables.yaml": "- !include merlin_plan.yaml\n- !include 'merlin_tags.yaml'\n",
      "databases/Aerie/tables/merlin_plan.yaml": PLAN,
      "databases/Aerie/tables/merlin_tags.yaml": TAGS,
    },
    expected: expected([PLAN_TABLE, TAGS_TABLE]),
  },
  {
    name: "in single quotes, and as a block of text",
    files: {
      "databases/databases.yaml": databases("tables:\n  - '!include plan.yaml'\n  - |-\n    !include tags.yaml"),
      "databases/plan.yaml": PLAN,
      "databases/tags.yaml": TAGS,
    },
    expected: expected([PLAN_TABLE, TAGS_TABLE]),
  },
  {
    name: "of a name with blanks, and of one in quotes of its own",
    files: {
      "databases/databases.yaml": databases(`tables:
  - "!include the tables/of the plan.yaml"
  - '!include "the tables/of the tags.yaml"'
  - !include the tables/of the model.yaml`),
      "databases/the tables/of the plan.yaml": PLAN,
      "databases/the tables/of the tags.yaml": TAGS,
      "databases/the tables/of the model.yaml": "table: {schema: merlin, name: model}\n",
    },
    expected: expected([PLAN_TABLE, TAGS_TABLE, { table: { schema: "merlin", name: "model" } }]),
  },
  {
    name: "three levels deep, up and down the folders",
    files: {
      "databases/databases.yaml": databases('tables: "!include Aerie/tables.yaml"'),
      "databases/Aerie/tables.yaml": '- "!include merlin/plan.yaml"\n- "!include ./merlin/../tags.yaml"\n',
      "databases/Aerie/tags.yaml": TAGS,
      "databases/Aerie/merlin/plan.yaml":
        `${PLAN}select_permissions: "!include permissions/of_plan.yaml"\nis_enum: !include ../../common/no.yaml\n`,
      "databases/Aerie/merlin/permissions/of_plan.yaml":
        '- role: viewer\n  permission: "!include ../../../common/viewer.yaml"\n',
      "databases/common/viewer.yaml": "columns: [id]\nfilter: {}\n",
      "databases/common/no.yaml": "false\n",
    },
    expected: expected([
      {
        table: { schema: "merlin", name: "plan" },
        select_permissions: [{ role: "viewer", permission: { columns: ["id"], filter: {} } }],
        is_enum: false,
      },
      TAGS_TABLE,
    ]),
  },
  {
    name: "of a file that is nothing but another include",
    files: {
      "databases/databases.yaml": databases('tables: "!include tables.yaml"'),
      "databases/tables.yaml": '"!include other/all.yaml"\n',
      "databases/other/all.yaml": "!include list.yaml\n",
      "databases/other/list.yaml": `- ${PLAN}`,
    },
    expected: expected([PLAN_TABLE]),
  },
  {
    name: "of a list inside of a list: it is one element",
    files: {
      "databases/databases.yaml": databases(`tables:
  - table: plan
    select_permissions:
      - role: viewer
        permission: { columns: [id, !include columns.yaml], filter: "!include filter.yaml" }`),
      "databases/columns.yaml": "[name, owner]\n",
      "databases/filter.yaml": "{ owner: { _eq: x-hasura-user-id } }\n",
    },
    expected: expected([{
      table: "plan",
      select_permissions: [{
        role: "viewer",
        permission: { columns: ["id", ["name", "owner"]], filter: { owner: { _eq: "x-hasura-user-id" } } },
      }],
    }]),
  },
  {
    name: "of one file at several places, which is no loop",
    files: {
      "databases/databases.yaml": databases('tables:\n  - "!include plan.yaml"\n  - "!include tags.yaml"'),
      "databases/plan.yaml": `${PLAN}select_permissions: "!include viewer.yaml"\n`,
      "databases/tags.yaml":
        `${TAGS}select_permissions: "!include viewer.yaml"\ndelete_permissions: "!include viewer.yaml"\n`,
      "databases/viewer.yaml": "[{ role: viewer, permission: { columns: '*', filter: {} } }]\n",
    },
    expected: expected([
      {
        table: { schema: "merlin", name: "plan" },
        select_permissions: [{ role: "viewer", permission: { columns: "*", filter: {} } }],
      },
      {
        table: { schema: "merlin", name: "tags" },
        select_permissions: [{ role: "viewer", permission: { columns: "*", filter: {} } }],
        delete_permissions: [{ role: "viewer", permission: { columns: "*", filter: {} } }],
      },
    ]),
  },
  {
    name: "of an absolute path: it is looked for below the file that it is in",
    files: {
      "databases/databases.yaml": databases('tables: "!include /Aerie/tables.yaml"'),
      "databases/Aerie/tables.yaml": "- !include /merlin/plan.yaml\n",
      "databases/Aerie/merlin/plan.yaml": PLAN,
    },
    expected: expected([PLAN_TABLE]),
  },
  {
    name: "of a file with another ending: its text, as it is",
    files: {
      "databases/databases.yaml": databases(`tables:
  - table: plan
    configuration:
      comment: "!include notes/plan.txt"
    computed_fields:
      - name: duration
        definition: { function: plan_duration }
        comment: !include notes/duration.sql`),
      "databases/notes/plan.txt": "all: plans\n# no comment\n",
      "databases/notes/duration.sql": "select 'é';",
    },
    expected: expected([{
      table: "plan",
      configuration: { comment: "all: plans\n# no comment\n" },
      computed_fields: [{
        name: "duration",
        definition: { function: "plan_duration" },
        comment: "select 'é';",
      }],
    }]),
  },
  {
    name: "of a text in which the words stand: it includes nothing",
    files: {
      "databases/databases.yaml": databases(`tables: [{ table: plan, configuration: { comment: "!include a.txt" } }]`),
      "databases/a.txt": "!include b.yaml",
      "databases/b.yaml": "b: c\n",
    },
    expected: expected([{ table: "plan", configuration: { comment: "!include b.yaml" } }]),
  },
  {
    name: "in place of a key",
    files: {
      "databases/databases.yaml": databases(`tables:
  - table: plan
    configuration:
      custom_column_names: { "!include key.yaml": planId, "!include key.txt": planName }`),
      "databases/key.yaml": "plan_id\n",
      "databases/key.txt": "plan_name",
    },
    expected: expected([{
      table: "plan",
      configuration: { custom_column_names: { plan_id: "planId", plan_name: "planName" } },
    }]),
  },
  {
    name: "in the functions",
    files: {
      "databases/databases.yaml": databases(`tables: []
functions: "!include Aerie/functions/functions.yaml"`),
      "databases/Aerie/functions/functions.yaml": '- "!include duplicate_plan.yaml"\n- !include restore.yaml\n',
      "databases/Aerie/functions/duplicate_plan.yaml": "function: { schema: hasura, name: duplicate_plan }\n",
      "databases/Aerie/functions/restore.yaml":
        'function: { schema: hasura, name: restore }\nconfiguration: "!include ../mutation.yaml"\n',
      "databases/Aerie/mutation.yaml": "exposed_as: mutation\n",
    },
    expected: expected([], {
      functions: [
        { function: { schema: "hasura", name: "duplicate_plan" } },
        { function: { schema: "hasura", name: "restore" }, configuration: { exposed_as: "mutation" } },
      ],
    }),
  },
  {
    name: "of a file that says that there is nothing",
    files: {
      "databases/databases.yaml": databases('tables: "!include tables.yaml"\nfunctions: "!include functions.yaml"'),
      "databases/tables.yaml": "[]\n",
      "databases/functions.yaml": "# none yet\n[]\n",
    },
    expected: expected([], { functions: [] }),
  },
  {
    name: "of two sources, each with its own",
    files: {
      "databases/databases.yaml": `
- { name: Aerie, kind: postgres, configuration: {}, tables: "!include Aerie/tables.yaml" }
- { name: Other, kind: postgres, configuration: {}, tables: "!include Other/tables.yaml" }
`,
      "databases/Aerie/tables.yaml": "- !include table.yaml\n",
      "databases/Aerie/table.yaml": PLAN,
      "databases/Other/tables.yaml": "- !include table.yaml\n",
      "databases/Other/table.yaml": TAGS,
    },
    expected: {
      version: 3,
      sources: [
        { name: "Aerie", kind: "postgres", configuration: {}, tables: [PLAN_TABLE] },
        { name: "Other", kind: "postgres", configuration: {}, tables: [TAGS_TABLE] },
      ],
    },
  },
];
