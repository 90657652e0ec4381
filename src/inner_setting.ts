/**
 * Finds settings that have got into the value of another one: two lines that became one, options inside of quotes.
 *
 * Such a value is refused as a whole. Nobody can say where one setting ends and the other begins, and the other one is
 * the admin secret more often than not.
 *
 * @module
 */

/** A setting inside a value. */
export interface InnerSetting {
  /** Its name, without anything that may be a value. */
  name: string;
  /** Where it begins in the value. */
  index: number;
}

/** What gives a setting away. Each name in it is complete, so that nothing that is glued to it is shown. */
const NAMES = new RegExp(
  [
    // Variables, whatever stands around them.
    String.raw`HASURA_GRAPHQL_(?:ADMIN_SECRET|ENDPOINT|ACCESS_KEY)`,
    "HASURA_GRAPHQL_(?=[A-Z])",
    "WORKSPACE_SERVER_ENDPOINT",
    // Headers.
    String.raw`x-hasura-(?:admin-secret|access-key)`,
    // Options, whose long dash may have been pasted.
    String.raw`(?:--|\p{Pd}(?<!-))(?:admin[-_]?secret|ad[a-z_-]{0,11}(?=[\s=]))`,
    String.raw`(?:--|\p{Pd}(?<!-))(?:endpoint|env-path|hasura-path|database-name|workspace-endpoint)(?=[\s=:]|$)`,
    String.raw`(?<=\s)-s(?=[\s=])`,
    // Keys of config.yaml, and of whatever else a line was taken from.
    String.raw`(?:admin|hasura)[-_ ]?secret(?=["']?\s*[=:])`,
    String.raw`access[-_]?key(?=["']?\s*[=:])`,
    String.raw`endpoint(?=["']?\s*[=:]\s*["']?https?:)`,
  ].join("|"),
  "iu",
);

/** The first setting inside `value`, as `HASURA_GRAPHQL_ADMIN_SECRET` or `--admin-secret`. */
export function findInnerSetting(value: string): InnerSetting | undefined {
  const match = NAMES.exec(value);
  if (match === null) return undefined;
  const [found] = match;
  const name = /^\p{Pd}+ad/iu.test(found) ? "--admin-secret" : /_$/.test(found) ? `${found}…` : found;
  return { name, index: match.index };
}

/** What to do about one. */
export const INNER_SETTING_ADVICE = "Give each setting on a line, in a variable or in an option of its own";
