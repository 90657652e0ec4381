/**
 * Runs the steps of a plan, one after the other, until one does not end well.
 *
 * @module
 */

import { ToolError } from "../errors.ts";
import { type HasuraClient, NoAnswerError } from "../hasura/client.ts";
import { executeSql } from "../hasura/sql.ts";
import type { Runtime } from "../runtime.ts";
import { readStepSql } from "./folder.ts";
import { openAfterTask } from "./plan.ts";
import { decodeStepProof, type StepProof, stepText } from "./step.ts";
import { explainStepError } from "./step_error.ts";
import { migrationTitle, type Step } from "./types.ts";

/** Milliseconds that a step waits for another run to end its own. */
export const LOCK_TIMEOUT = 10_000;

/** Where and how the steps run. */
export interface RunOptions {
  rt: Pick<Runtime, "readDir" | "readFile">;
  client: HasuraClient;
  /** Hasura's name of the database. */
  source: string;
  /** Asked before each step: `false` ends the run. A `ToolError` that it throws ends the run too. */
  beforeStep(step: Step, index: number): Promise<boolean>;
  /** Told of each step that was committed. */
  afterStep(step: Step): void;
}

/** What a run came to. */
export interface RunResult {
  /** The steps that were committed. */
  done: Step[];
  /** The steps of the plan that were not. */
  remaining: Step[];
  /** Why the run ended early, where it was not on request. */
  error: ToolError | undefined;
}

/**
 * Runs `steps` in their order. Never throws a `ToolError`: what was done before it is part of the result.
 */
export async function runSteps(steps: Step[], options: RunOptions): Promise<RunResult> {
  const done: Step[] = [];
  let error: ToolError | undefined;
  for (const [index, step] of steps.entries()) {
    try {
      if (!(await options.beforeStep(step, index))) break;
      const proof = await executeStep(step, options);
      done.push(step);
      options.afterStep(step);
      if (step.direction === "apply" && proof.afterTaskOpen) {
        throw openAfterTask(step.migration, `${migrationTitle(step.migration)} is applied`);
      }
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      error = thrown;
      break;
    }
  }
  return { done, remaining: steps.slice(done.length), error };
}

async function executeStep(step: Step, { rt, client, source }: RunOptions): Promise<StepProof> {
  const { version } = step.migration;
  const [before, after] = step.direction === "apply" ? [version - 1, version] : [version, version - 1];
  let sql: string | undefined;
  try {
    sql = await readStepSql(rt, step);
    const text = stepText({ sql, before, after, lockTimeout: LOCK_TIMEOUT });
    const proof = decodeStepProof(await executeSql(client, { source, sql: text }));
    if (proof?.version !== after) {
      throw new NoAnswerError("The server answered with something else than the step's proof");
    }
    return proof;
  } catch (error) {
    throw explainStepError(error, step, { endpoint: client.endpoint, source, sql });
  }
}

/**
 * Reads the file of every step once, so that one that cannot be used stops the run before it starts. They are not kept:
 * a release may have hundreds.
 *
 * @throws {ConfigError} when a file cannot be used
 */
export async function checkStepFiles(rt: RunOptions["rt"], steps: Step[]): Promise<void> {
  for (const step of steps) {
    try {
      await readStepSql(rt, step);
    } catch (error) {
      if (error instanceof ToolError) error.state = "Nothing was changed";
      throw error;
    }
  }
}
