/**
 * What of `migrate`'s options goes together.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import type { Direction } from "../migrations/types.ts";
import type { CommandContext, MigrateOptions } from "./context.ts";

/** `argv.ts` holds that there is one direction. */
export function checkOptions(options: MigrateOptions): Direction {
  const { apply, all, json, strictMetadata, allowInconsistentMetadata } = options;
  if (json === true && all !== true) {
    throw new UsageError("Cannot use --json without --all: with JSON output no questions are asked", {
      next: "Add --all, or leave --json out to be asked before each step",
    });
  }
  if (strictMetadata === true && allowInconsistentMetadata === true) {
    throw new UsageError("Cannot use --strict-metadata together with --allow-inconsistent-metadata", {
      next: "Leave one of them out",
    });
  }
  return apply === true ? "apply" : "revert";
}

/**
 * Reverting all is asked for once where somebody is there to answer, even if a log is kept of what is said.
 *
 * @throws {UsageError} when somebody is there and would not see the question
 */
export function mayAsk({ rt, stderr }: CommandContext, { revert, all, yes, json }: MigrateOptions): boolean {
  if (revert !== true || all !== true || yes === true || json === true || !rt.stdin.isTerminal) return false;
  if (stderr.isTerminal || rt.stdout.isTerminal) return true;
  throw new UsageError("Cannot ask whether to revert everything: stdout and stderr do not lead to the terminal", {
    state: "Nothing was changed",
    next: "Add --yes to revert everything without a question",
  });
}
