/**
 * Plays a recorded scenario against the test server.
 *
 * @module
 */

import type { Venue } from "../venue/mod.ts";
import {
  bodyOf,
  type Fixture,
  type RecordedAnswer,
  type RecordedRequest,
  type Scenario,
  type Step,
} from "./answers.ts";
import { differences } from "./compare.ts";
import { operate, settingsOf } from "./engine.ts";
import { send } from "./http.ts";

/** The longest time that a scenario may take, in milliseconds. */
const LIMIT = 40_000;
/** How often `until_sql` asks, at most. */
const LOOKS = 500;
const PAUSE = 20;

/** A place to play scenarios at, one after the other. */
export class Player {
  readonly #venue: Venue;
  readonly #fixtures: Record<string, Fixture>;
  /** What the venue is set up as, where the last scenario has left nothing. */
  #standing: string | undefined;

  /** Plays on `venue`, which is reset as needed. */
  constructor(venue: Venue, fixtures: Record<string, Fixture>) {
    this.#venue = venue;
    this.#fixtures = fixtures;
  }

  /** Plays a scenario; in what it differs from the recording. */
  async play(scenario: Scenario): Promise<string[]> {
    const { fixture, server, leaves_nothing = false } = scenario;
    const setting = JSON.stringify([fixture, server]);
    if (this.#standing !== setting) {
      const { sql = "", metadata } = this.#fixtures[fixture] ?? {};
      await this.#venue.reset({ ...settingsOf(server), baseSql: sql, metadata });
    }
    this.#standing = undefined;
    const found = await within(new Scene(this.#venue, scenario).play());
    if (leaves_nothing) this.#standing = setting;
    return found;
  }
}

class Scene {
  readonly #venue: Venue;
  readonly #scenario: Scenario;
  readonly #beside = new Map<string, Promise<RecordedAnswer>>();
  readonly #found: string[] = [];
  #version = 0;

  constructor(venue: Venue, scenario: Scenario) {
    this.#venue = venue;
    this.#scenario = scenario;
  }

  async play(): Promise<string[]> {
    const { setup, request, during, after, answer, varies } = this.#scenario;
    this.#version = (await this.#venue.metadata()).resourceVersion;
    await this.#steps("setup", setup);
    const answering = this.#send(request);
    await this.#steps("during", during);
    const got = await answering;
    this.#found.push(...differences(answer, got, { version: this.#version, varies }));
    await this.#steps("after", after);
    await Promise.all(this.#beside.values());
    return this.#found;
  }

  async #steps(name: string, steps: readonly Step[]): Promise<void> {
    for (const [index, step] of steps.entries()) {
      const got = await this.#step(step);
      if (step.answer === undefined || got === undefined) continue;
      const found = differences(step.answer, got, { version: this.#version, varies: step.varies });
      this.#found.push(...found.map((line) => `${name}[${index}] ${line}`));
    }
  }

  async #step(step: Step): Promise<RecordedAnswer | undefined> {
    const sql = step.sql ?? step.meta_sql;
    if (sql !== undefined) return await this.#sql(sql, step.may_fail ?? false);
    if (step.until_sql !== undefined) return await this.#until(step.until_sql);
    if (step.op !== undefined) return void await operate(this.#venue, step.op, step.seconds);
    if (step.start !== undefined) return void this.#beside.set(step.name ?? "", this.#send(step.start));
    if (step.await !== undefined) return await this.#beside.get(step.await);
    if (step.request === undefined) throw new Error(`Unknown step: ${JSON.stringify(step)}`);
    let got = await this.#send(step.request);
    for (let tries = step.until_answered ?? 0; tries > 0 && !isReached(step, got); tries--) {
      await pause();
      got = await this.#send(step.request);
    }
    return got;
  }

  async #sql(text: string, mayFail: boolean): Promise<RecordedAnswer> {
    try {
      return { rows: await this.#venue.sql(text) };
    } catch (error) {
      if (mayFail) return { rows: [] };
      throw error;
    }
  }

  async #until(text: string): Promise<undefined> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const [row] = await this.#venue.sql(text);
      if (row?.[0] === "t") return;
      await pause();
    }
    throw new Error(`Never came true: ${text}`);
  }

  #send(request: RecordedRequest): Promise<RecordedAnswer> {
    const values = { secret: this.#venue.adminSecret ?? "", version: this.#version };
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, value.replaceAll("{{secret}}", values.secret)]),
    );
    return send(this.#venue.url, { ...request, headers, body: bodyOf(request, values) });
  }
}

function isReached({ until_status }: Step, got: RecordedAnswer): boolean {
  return "status" in got && (until_status === undefined || got.status === until_status);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}

async function within<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Not over after ${LIMIT / 1000} s`)), LIMIT);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
