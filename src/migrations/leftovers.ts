/**
 * What a session keeps from one text to the next, and how to keep it away from a migration's file, and from what comes
 * after it.
 *
 * The session is one of Hasura's pool and lives on: a `set search_path` of a file would be in force for requests of
 * others, and theirs for the file. All of it is undone inside the step's own transaction, whatever it was done with.
 * DISCARD ALL, which would do it, cannot run there.
 *
 * @module
 */

/** Name under which the settings are kept while the file runs; it ends with the transaction. */
const SAVED = "aerie_db_migration.settings";

/** What is set for the session, other than for the transaction itself and by us. */
const SESSION_SETTINGS = `from pg_catalog.pg_settings s
    where s.source = 'session' and s.name !~ '^(transaction_(isolation|read_only|deferrable)|session_authorization|role)$'
      and s.name !~ '^aerie_db_migration[.]'`;

/**
 * Statements at the start of a step: the session is as Hasura has opened it, whatever others have set in it. Their settings
 * come back with the end of the transaction; a role that they have left does not, once the step is committed. (The text has
 * come in the session's encoding, and is past changing.)
 */
export const FRESH_SESSION = `reset session authorization;
reset role;
do $aerie_db_migration_session$
declare
  changed record;
begin
  for changed in select s.name, s.reset_val ${SESSION_SETTINGS} and s.name not in ('client_encoding', 'client_min_messages') loop
    perform pg_catalog.set_config(changed.name, changed.reset_val, true);
  end loop;
end
$aerie_db_migration_session$;
`;

/**
 * Statements for before and after the file. Plans: a function's plan that is kept names types that a step may have made
 * anew, which PostgreSQL does not notice. Sequences: numbers that a session has fetched ahead would be handed out after
 * another session has set the sequence. Temporary tables: they hide others of the same name. Cursors: a held one keeps its
 * table from being changed.
 */
export const FRESH_CACHES = `close all;
discard temp;
discard sequences;
discard plans;
`;

/** Statements for before and after the file, each on lines of its own. */
export interface Leftovers {
  before: string;
  after: string;
}

/** What to do around a file. What takes longer is done only where the file has one of the words in question. */
export function clearLeftovers(sql: string): Leftovers {
  const before: string[] = [];
  const after: string[] = [];
  // A role can be taken inside of a function, too; and what follows must run as Hasura does.
  after.push("reset session authorization;", "reset role;");
  if (/\b(?:set|reset|set_config)\b/i.test(sql)) {
    before.push(SAVE_SETTINGS);
    after.push(RESTORE_SETTINGS);
  }
  // Settings with names of the file's own making are in no list of PostgreSQL's.
  const custom = customSettings(sql);
  if (custom.length > 0) after.push(resetCustomSettings(custom));
  // Deferred triggers of temporary tables have to run before those are gone.
  after.push("set constraints all immediate;");
  if (/advisory_lock/i.test(sql)) after.push("select pg_catalog.pg_advisory_unlock_all();");
  after.push("unlisten *;");
  const lines = (statements: string[]) => statements.map((statement) => `${statement}\n`).join("");
  return { before: lines(before), after: lines(after) + FRESH_CACHES };
}

/** As in `set my.setting = …`, `set_config('my.setting', …)`; Hasura's own are for the transaction only. */
function customSettings(sql: string): string[] {
  const names = sql.matchAll(/\bset(?:\s+session)?\s+(\w+\.\w+)\s*(?:=|\bto\b)|\bset_config\s*\(\s*'(\w+\.\w+)'/gi);
  return [...new Set(Array.from(names, ([, set, config]) => (set ?? config ?? "").toLowerCase()))]
    .filter((name) => !/^\d|\.\d|^hasura\./.test(name));
}

/** The names may as well come from a comment, or be columns that an UPDATE sets; those are no settings. */
function resetCustomSettings(names: string[]): string {
  return `do $aerie_db_migration_custom$
declare
  name text;
begin
  foreach name in array array[${names.map((name) => `'${name}'`).join(", ")}] loop
    if pg_catalog.current_setting(name, true) is not null then
      perform pg_catalog.set_config(name, null, false);
    end if;
  end loop;
end
$aerie_db_migration_custom$;`;
}

const SAVE_SETTINGS = `select pg_catalog.set_config('${SAVED}',
  (select coalesce(pg_catalog.json_object_agg(s.name, s.setting), '{}')::text ${SESSION_SETTINGS}), true);`;

// Nothing is saved any more after `reset all`: then it is what Hasura sets itself when it connects. (Nor after the file has
// ended the transaction, which the proof refuses.)
const RESTORE_SETTINGS = `do $aerie_db_migration_settings$
declare
  saved pg_catalog.json := nullif(pg_catalog.current_setting('${SAVED}', true), '')::pg_catalog.json;
  changed record;
begin
  saved := coalesce(saved, '{"client_encoding": "UTF8", "client_min_messages": "warning"}');
  for changed in select s.name ${SESSION_SETTINGS}
      and not exists (select from pg_catalog.json_each_text(saved) kept where kept.key = s.name) loop
    execute pg_catalog.format('reset %I', changed.name);
  end loop;
  for changed in select kept.key as name, kept.value from pg_catalog.json_each_text(saved) kept
      where pg_catalog.current_setting(kept.key, true) is distinct from kept.value
        and not exists (select from pg_catalog.pg_settings s where s.name = kept.key and s.setting = kept.value) loop
    perform pg_catalog.set_config(changed.name, changed.value, false);
  end loop;
end
$aerie_db_migration_settings$;`;
