/**
 * The two ways to go through a plan: all of it, or asking before each step.
 *
 * @module
 */

import type { RunResult } from "../migrations/run_options.ts";
import { statusRows } from "../migrations/plan.ts";
import {
  type Direction,
  type Ledger,
  type Migration,
  type MigrationName,
  migrationTitle,
  type Step,
} from "../migrations/types.ts";
import type { Prompter } from "../prompt.ts";
import type { Reporter, Target } from "../report/events.ts";

/** What a mode does around each step. */
export interface RunMode {
  /** Whether to run the step; `false` ends the run. */
  beforeStep(step: Step, index: number): Promise<boolean>;
  /** Told of each committed step. */
  afterStep(step: Step): void;
  /** Told how the run ended. */
  end(result: RunResult): void;
}

/** What both modes need. */
export interface RunModeOptions {
  reporter: Reporter;
  target: Target;
  direction: Direction;
  /** The plan, in the order of execution. */
  steps: Step[];
}

/** What a run of all steps has besides; `afterTasks` are those that it is known to come to. */
export interface BulkModeOptions extends RunModeOptions {
  afterTasks: MigrationName[];
  prompter: Prompter | undefined;
}

/** Runs all steps; with a prompter, asks once before the first. */
export function createBulkMode(options: BulkModeOptions): RunMode {
  const { reporter, target, direction, steps, afterTasks, prompter } = options;
  reporter.emit({ type: "run-planned", direction, target, steps, afterTasks });

  async function confirmAll(): Promise<boolean> {
    if (prompter === undefined) return true;
    const text =
      `Revert all ${steps.length} migrations of database ${target.source}, with the data in what they created?`;
    return await prompter.ask({ text, canQuit: false }) === "yes";
  }

  return {
    async beforeStep(step, index) {
      if (index === 0 && !(await confirmAll())) return false;
      reporter.emit({ type: "step-started", step, index, total: steps.length });
      return true;
    },
    afterStep() {},
    end({ done, remaining, unknown, error }) {
      if (error !== undefined) reporter.emit({ type: "failure", error });
      if (steps.length > 0 && (remaining.length > 0 || error !== undefined)) {
        reporter.emit({ type: "run-stopped", direction, done, remaining, unknown });
      } else if (done.length > 0) reporter.emit({ type: "run-done", direction });
    },
  };
}

/** Asks before each step. */
export function createStepMode(
  options: RunModeOptions & { prompter: Prompter; ledger: Ledger; folder: Migration[] },
): RunMode {
  const { reporter, target, direction, steps, prompter, ledger, folder } = options;
  const rows = new Map(statusRows(ledger, folder).map((row) => [row.version, row]));
  reporter.emit({
    type: "choice-planned",
    target,
    rows: steps.map(({ migration }) => rows.get(migration.version)).filter((row) => row !== undefined),
  });
  return {
    async beforeStep(step) {
      reporter.emit({ type: "step-offered", step });
      const verb = direction === "apply" ? "Apply" : "Revert";
      const answer = await prompter.ask({ text: `${verb} ${migrationTitle(step.migration)}?`, canQuit: true });
      return answer === "yes";
    },
    afterStep: (step) => reporter.emit({ type: "step-done", step }),
    end({ done, remaining, unknown, error }) {
      if (error !== undefined) reporter.emit({ type: "failure", error });
      if (steps.length > 0) reporter.emit({ type: "run-stopped", direction, done, remaining, unknown });
    },
  };
}
