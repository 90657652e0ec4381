/**
 * Deployments for tests: a Hasura folder with migrations, written to a temporary folder.
 *
 * @module
 */

/** A migration: its folder's name and files. A file that is `undefined` is not written. */
export interface TestMigration {
  /** `<number>_<name>`, or anything else to see it refused. */
  folder: string;
  up?: string | Uint8Array | undefined;
  down?: string | Uint8Array | undefined;
}

/** What to write. */
export interface DeploymentOptions {
  /** Name of the source. @default "Aerie" */
  source?: string;
  migrations: TestMigration[];
  /** Further files, by their path below the Hasura folder. */
  files?: Record<string, string | Uint8Array>;
}

/** A deployment on disk. */
export interface Deployment extends AsyncDisposable {
  /** The Hasura folder. */
  path: string;
}

/** Writes a deployment; disposing removes it. */
export async function createDeployment(options: DeploymentOptions): Promise<Deployment> {
  const path = await Deno.makeTempDir({ prefix: "deployment-" });
  const folder = `${path}/migrations/${options.source ?? "Aerie"}`;
  await Deno.mkdir(folder, { recursive: true });
  for (const migration of options.migrations) {
    await Deno.mkdir(`${folder}/${migration.folder}`);
    await write(`${folder}/${migration.folder}/up.sql`, migration.up);
    await write(`${folder}/${migration.folder}/down.sql`, migration.down);
  }
  for (const [name, content] of Object.entries(options.files ?? {})) {
    const file = `${path}/${name}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await write(file, content);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

async function write(path: string, content: string | Uint8Array | undefined): Promise<void> {
  if (content === undefined) return;
  await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
}

/** A migration that creates table `public.<name>` and marks itself. */
export function tableMigration(version: number, name: string): TestMigration {
  return {
    folder: `${version}_${name}`,
    up:
      `create table public.${name} (id integer primary key);\ncall migrations.mark_migration_applied('${version}');\n`,
    down: `drop table public.${name};\ncall migrations.mark_migration_rolled_back('${version}');\n`,
  };
}

/** Migrations 1 to `count`: `1_step_1`, `2_step_2` … */
export function tableMigrations(count: number): TestMigration[] {
  return Array.from({ length: count }, (_, index) => tableMigration(index + 1, `step_${index + 1}`));
}
