/**
 * An invented release of Aerie or PlanDev: the folder that a venue is deployed from, and the database below it.
 *
 * @module
 */

import { createDeployment, type Deployment } from "./deployment.ts";
import { type BaseOptions, baseSql, DEFAULT_SEQUENCES } from "./plandev_base.ts";
import { metadataFiles } from "./plandev_metadata.ts";
import { type MigrationsOptions, releaseMigrations, SHAPE_CHANGE } from "./plandev_migrations.ts";

export { DEFAULT_SEQUENCES, releaseMigrations, SHAPE_CHANGE };
export { tablesAbove } from "./plandev_metadata.ts";
export type { SequenceRow } from "./plandev_base.ts";

/** Names of a product's database in Hasura and of its folder of migrations. */
export type Product = "Aerie" | "PlanDev";

/** What a release is like. */
export interface ReleaseOptions extends BaseOptions, MigrationsOptions {
  /** @default "PlanDev" */
  product?: Product;
  /** Number of its last migration. @default 28 */
  newest?: number;
  /** @default true */
  withMetadata?: boolean;
  /** Further files, by their path below the Hasura folder. */
  files?: Record<string, string | Uint8Array>;
}

/** What a database is like between two migrations. */
export interface AtOptions {
  /** Whether the "after" task of the version itself is done; those of versions before it always are. @default false */
  afterDone?: boolean;
}

/** A release on disk. */
export interface Release extends Deployment {
  product: Product;
  newest: number;
  /** The database at a version, as a text for an empty one, such as a venue's `baseSql`. */
  at(version: number, options?: AtOptions): string;
}

/** The database at version 0, as a text for an empty one. */
export function releaseBaseSql(options: BaseOptions = {}): string {
  return baseSql(options);
}

/** Writes the release to a temporary folder; disposing removes it. */
export async function createRelease(options: ReleaseOptions = {}): Promise<Release> {
  const { product = "PlanDev", newest = 28, withMetadata = true, files = {} } = options;
  const metadata = withMetadata ? Object.entries(metadataFiles({ source: product, newest })) : [];
  const migrations = releaseMigrations(newest, options);
  const deployment = await createDeployment({
    source: product,
    migrations,
    files: {
      "config.yaml": CONFIG_YAML,
      ...Object.fromEntries(metadata.map(([path, text]) => [`metadata/${path}`, text])),
      ...files,
    },
  });

  function at(version: number, { afterDone = false }: AtOptions = {}): string {
    const done = (one: number) => one < version || (one === version && afterDone);
    const steps = migrations.slice(0, version).map(({ up }, index) => {
      const isDone = index + 1 === SHAPE_CHANGE && done(SHAPE_CHANGE);
      return `${up}\n;\n${isDone ? markAfterDone(SHAPE_CHANGE) : ""}`;
    });
    return [releaseBaseSql(options), ...steps].join("\n");
  }

  return { ...deployment, product, newest, at };
}

/** The statement by which an operator says that the "after" task of a migration is done. */
export function markAfterDone(version: number): string {
  return `update migrations.schema_migrations set after_done = true where migration_id = ${version};\n`;
}

/** Hasura's tracker as it is when it shows a database at `version`: all up to it, under the name of the source. */
export function alignedTracker(
  version: number,
  source: string,
): { migrations: Record<string, Record<string, false>>; isStateCopyCompleted: true } {
  const marked = Array.from({ length: version }, (_, index) => [String(index + 1), false] as const);
  return { migrations: { [source]: Object.fromEntries(marked) }, isStateCopyCompleted: true };
}

const CONFIG_YAML = `version: 3
endpoint: http://localhost:8080
metadata_directory: metadata
actions:
  kind: synchronous
  handler_webhook_baseurl: http://localhost:3000
`;
