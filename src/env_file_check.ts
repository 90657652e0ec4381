/**
 * Sees to it that an env file that was named is not named for nothing.
 *
 * @module
 */

import type { EnvFile } from "./env_file.ts";
import { ConfigError } from "./errors.ts";
import { findInnerSetting, INNER_SETTING_ADVICE } from "./inner_setting.ts";
import { describeLines } from "./missing_settings.ts";
import { nearest } from "./near.ts";
import { VARIABLES } from "./setting_sources.ts";

/**
 * What else there is to tell about an env file, as notes.
 *
 * @throws {ConfigError} when it gives none of the settings, or one that holds another one
 */
export function checkEnvFile({ listed, problems }: EnvFile, path: string): string[] {
  for (const variable of VARIABLES) {
    const inner = findInnerSetting(listed.get(variable) ?? "");
    if (inner === undefined) continue;
    throw new ConfigError(`Cannot use env file "${path}": ${variable} in it holds another setting (${inner.name})`, {
      next: INNER_SETTING_ADVICE,
    });
  }
  const isGiven = (variable: string) => listed.get(variable)?.trim();
  const close = [...listed.keys()].flatMap((name) => {
    const meant = VARIABLES.includes(name) ? undefined : meantVariable(name);
    return meant === undefined || isGiven(meant) ? [] : [{ name, meant }];
  });
  if (VARIABLES.some(isGiven)) {
    return close.map(({ name, meant }) => `env file "${path}" gives no ${meant}, but ${name}, which sets nothing`);
  }
  const empty = VARIABLES.filter((variable) => listed.has(variable));
  const findings = [
    ...close.map(({ name, meant }) => `${name}, which comes close to ${meant}`),
    ...empty.map((variable) => `${variable} with nothing in it`),
    ...(problems.length === 0 ? [] : [`${describeLines({ problems })} that cannot be read as NAME=value`]),
  ];
  const found = findings.length === 0 ? "" : `; it has ${findings.join(", ")}`;
  throw new ConfigError(`Cannot use env file "${path}": it gives none of ${VARIABLES.join(", ")}${found}`, {
    next: `Correct the ${close.length > 0 ? "names" : "lines"} in it, or leave --env-path out`,
  });
}

/** The variable that `name` may have been meant as. A name that may hold a value, for want of a `=`, is left alone. */
function meantVariable(name: string): string | undefined {
  if (!/^[A-Za-z_.-]{1,40}$/.test(name)) return undefined;
  const near = nearest(name.replaceAll(/[.-]/g, "_"), VARIABLES);
  if (near !== undefined) return near;
  if (/^(?:hasura_?)?(?:graphql_?)?(?:admin_?)?secret(?:_?key)?$/i.test(name)) return VARIABLES[1];
  return /^(?:hasura_?)?(?:graphql_?)?(?:server_?)?(?:endpoint|ur[il])$/i.test(name) ? VARIABLES[0] : undefined;
}
