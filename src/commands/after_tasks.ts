/**
 * The "after" tasks of a run: what they work with, and what is told of them.
 *
 * @module
 */

import { deriveWorkspaceEndpoint } from "../after_tasks/workspace_endpoint.ts";
import { type AfterTaskOptions, checkAfterTask, knownAfterTask, runAfterTask } from "../after_tasks/tasks.ts";
import { InterruptedError, ToolError } from "../errors.ts";
import { type MigrationName, migrationTitle } from "../migrations/types.ts";
import type { DoneAfterTask } from "../report/events.ts";
import type { CommandContext } from "./context.ts";
import { proxyName, type Venue } from "./venue.ts";

/** Runs "after" tasks. */
export interface AfterTaskRunner {
  /** Those that it has done. */
  readonly done: DoneAfterTask[];
  /** Whether the task of a migration that is not applied yet could be run. @throws {AfterTaskError} */
  check(migration: MigrationName): Promise<void>;
  /** Runs a task that is open. @throws {ToolError} when it is still open then */
  run(migration: MigrationName): Promise<void>;
}

/** Creates a runner; `stop` ends a task between two files, and where the workspace server is waited for. */
export function createAfterTaskRunner(
  context: CommandContext,
  venue: Venue,
  { stop }: { stop: AbortSignal },
): AfterTaskRunner {
  const { reporter, waiting } = context;
  const options = afterTaskOptions(context, venue, { stop });
  const done: DoneAfterTask[] = [];
  return {
    done,
    check: (migration) =>
      waiting.during('checking whether the "after" task can be run', () => checkAfterTask(migration, options)),
    async run(migration) {
      const title = migrationTitle(migration);
      const description = knownAfterTask(migration.version)?.description;
      if (description !== undefined) reporter.emit({ type: "after-task-started", migration, description });
      try {
        const result = await waiting.during(`the "after" task of ${title}`, () => runAfterTask(migration, options));
        const task = { migration, ...result };
        done.push(task);
        reporter.emit({ type: "after-task-done", task });
      } catch (error) {
        const interrupted: unknown = stop.reason;
        if (!(error instanceof ToolError) || !(interrupted instanceof InterruptedError)) throw error;
        // Whoever has sent the signal looks for its code, also where the task failed at something else meanwhile.
        const reason = error === interrupted ? "" : `: ${error.message}`;
        interrupted.state =
          `${title} is applied, and its "after" task is not complete${reason}; what it has done stays`;
        interrupted.next = error === interrupted
          ? "Run the same command again, or after run: the task goes on from there"
          : error.next;
        throw interrupted;
      }
    },
  };
}

/** What a task works with. */
export function afterTaskOptions(
  { rt, redactor, reporter, waiting }: CommandContext,
  { client, settings, target, timeouts }: Venue,
  { stop }: { stop: AbortSignal },
): AfterTaskOptions {
  return {
    rt,
    client,
    source: target.source,
    adminSecret: settings.adminSecret,
    redact: (text) => redactor.redact(text),
    readTimeout: timeouts.read,
    wait: timeouts.wait,
    lockTimeout: timeouts.lock,
    workspace() {
      const given = settings.workspaceEndpoint();
      if (given !== undefined) {
        redactor.allow(given);
        return { endpoint: given, proxy: proxyName({ rt, redactor }, given) };
      }
      const derived = deriveWorkspaceEndpoint(settings.endpoint);
      if (derived === undefined) return undefined;
      return { endpoint: derived, derivedFrom: settings.endpoint, proxy: proxyName({ rt, redactor }, derived) };
    },
    stop,
    onNote: (text) => reporter.emit({ type: "note", text }),
    onProgress: (text) => waiting.say(text),
  };
}
