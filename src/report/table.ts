/**
 * Tables as the Hasura CLI prints them: left-aligned, each column as wide as its longest cell and two blanks, nothing
 * behind the last cell.
 *
 * @module
 */

import { Table } from "@cliffy/table";
import type { StatusRow } from "../migrations/plan.ts";
import type { MigrationName, Step } from "../migrations/types.ts";

/** The lines of a table, each ended. */
export function formatTable(rows: string[][]): string {
  const lines = Table.from(rows).padding(2).border(false).toString().split("\n");
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

/** `VERSION  NAME  SOURCE STATUS  DATABASE STATUS`; "source" is the folder here, as in the Hasura CLI. */
export function statusTable(rows: StatusRow[]): string {
  const presence = (present: boolean) => present ? "Present" : "Not Present";
  return formatTable([
    ["VERSION", "NAME", "SOURCE STATUS", "DATABASE STATUS"],
    ...rows.map(({ version, name, inFolder, inDatabase }) => [
      String(version),
      name ?? "-",
      presence(inFolder),
      presence(inDatabase),
    ]),
  ]);
}

/** `VERSION  TYPE  NAME`, in the order of execution; an "after" task follows its migration, or comes first. */
export function stepTable(steps: Step[], afterTasks: MigrationName[] = []): string {
  const versions = steps.map(({ migration }) => migration.version);
  const after = ({ version, name }: MigrationName) => [String(version), "after", name];
  return formatTable([
    ["VERSION", "TYPE", "NAME"],
    ...afterTasks.filter(({ version }) => !versions.includes(version)).map(after),
    ...steps.flatMap(({ direction, migration }) => [
      [String(migration.version), direction === "apply" ? "up" : "down", migration.name],
      ...afterTasks.filter(({ version }) => version === migration.version).map(after),
    ]),
  ]);
}
