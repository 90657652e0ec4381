/**
 * Asks the operator.
 *
 * On a terminal with Cliffy's prompt, drawn on stderr. Off a terminal never with Cliffy, whose prompts redraw forever at
 * the end of the input and merge piped answers; there one line is one answer, as for Python's `input()`.
 *
 * @module
 */

import { FailedError } from "./errors.ts";
import type { Interruption } from "./interruption.ts";
import type { Output, Runtime } from "./runtime.ts";

/** What the operator can answer. */
export type Answer = "yes" | "no" | "quit";

/** Asks questions, one after the other. */
export interface Prompter {
  /**
   * Asks until there is an answer.
   *
   * @throws {FailedError} when the input ends
   * @throws {InterruptedError} on Ctrl-C and other signals
   */
  ask(question: Question): Promise<Answer>;
}

/** A question with its answers. */
export interface Question {
  /** As `Apply 1_sample_migration?`. */
  text: string;
  /** Whether to offer `quit` besides `y` and `n`; otherwise it means `n`. */
  canQuit: boolean;
}

/** What the prompts need. */
export interface PrompterOptions {
  rt: Pick<Runtime, "stdin" | "sleep">;
  stdout: Output;
  stderr: Output;
  /** Whether a terminal is to be given colors. */
  color: boolean;
  interruption: Interruption;
}

/** What a prompter works with. */
interface PrompterParts extends Pick<PrompterOptions, "rt" | "color" | "interruption"> {
  /** Where the questions go. */
  screen: Output;
}

/** Creates the prompter that fits where input and output lead. */
export function createPrompter({ stdout, stderr, ...options }: PrompterOptions): Prompter {
  // With `2>log`, a question on stderr would be asked to nobody.
  const screen = !stderr.isTerminal && stdout.isTerminal ? stdout : stderr;
  const parts = { ...options, screen };
  return options.rt.stdin.isTerminal && screen.isTerminal ? terminalPrompter(parts) : linePrompter(parts);
}

/** The answer that a line means, `undefined` where it means none. */
function parseAnswer(line: string, { canQuit }: Question): Answer | undefined {
  const word = line.trim().toLowerCase();
  if (word === "y" || word === "yes") return "yes";
  if (word === "n" || word === "no") return "no";
  if (word === "q" || word === "quit") return canQuit ? "quit" : "no";
  return undefined;
}

function choices({ canQuit }: Question): string {
  return canQuit ? "(y/n/quit):" : "(y/n):";
}

function help({ canQuit }: Question): string {
  return canQuit ? "Answer y, n or quit" : "Answer y or n";
}

function inputEnded(): FailedError {
  return new FailedError("The input ended before the question was answered", {
    next: "Give an answer for each question on its own line",
  });
}

function linePrompter({ rt, screen, interruption }: PrompterParts): Prompter {
  const readLine = createLineReader(rt.stdin.read);
  return {
    async ask(question) {
      while (true) {
        screen.write(`${question.text} ${choices(question)} `);
        const line = await interruption.race(readLine());
        // An answer from a pipe is seen nowhere else, and a log should have it.
        if (!rt.stdin.isTerminal) screen.write(`${line?.trim() ?? ""}\n`);
        if (line === null) throw inputEnded();
        const answer = parseAnswer(line, question);
        if (answer !== undefined) return answer;
        screen.write(`${help(question)}\n`);
      }
    },
  };
}

/** Reads lines; `null` at the end of the input. A last line without an end counts. */
function createLineReader(read: (buffer: Uint8Array) => Promise<number | null>): () => Promise<string | null> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1024);
  let pending = "";
  let ended = false;
  return async () => {
    while (true) {
      const end = pending.indexOf("\n");
      if (end >= 0) {
        const line = pending.slice(0, end);
        pending = pending.slice(end + 1);
        return line;
      }
      if (ended) {
        const line = pending;
        pending = "";
        return line === "" ? null : line;
      }
      const count = await read(buffer);
      if (count === null) ended = true;
      else pending += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  };
}

const CTRL_C = 3;
const CTRL_D = 4;
const ENTER = [10, 13];

/** Milliseconds of silence after which nothing is left of what was typed before the question. */
const TYPED_AHEAD = 20;

function terminalPrompter({ rt, screen, color, interruption }: PrompterParts): Prompter {
  const decoder = new TextDecoder();
  const writer = {
    writeSync(bytes: Uint8Array): number {
      const text = decoder.decode(bytes);
      // Cliffy looks at NO_COLOR only; codes that move the cursor end in another letter.
      // deno-lint-ignore no-control-regex
      screen.write(color ? text : text.replaceAll(/\x1b\[[0-9;]*m/g, ""));
      return bytes.length;
    },
  };
  let reading: Promise<Uint8Array> | undefined;

  /** Reads keys. Cliffy would end the whole process on Ctrl-C, and ask without end when the terminal goes away. */
  async function readKeys(): Promise<Uint8Array> {
    const buffer = new Uint8Array(256);
    // A terminal that has gone away fails, or ends.
    const count = await rt.stdin.read(buffer).catch(() => null);
    const keys = buffer.subarray(0, count ?? 0);
    if (keys.includes(CTRL_C)) throw interruption.interrupt("SIGINT");
    if (count === null || keys.includes(CTRL_D)) throw inputEnded();
    return keys;
  }

  function leaveRaw(): void {
    try {
      rt.stdin.setRaw(false);
    } catch {
      // The terminal has gone away: there is nothing to be put back, and a run to be brought to its end.
    }
  }

  /** What was typed before a question was shown cannot be an answer to it. */
  async function discardTypedAhead(): Promise<void> {
    while (true) {
      reading ??= readKeys();
      // It may fail after a signal has ended the question, when nobody waits for it any more.
      reading.catch(() => {});
      const quiet = rt.sleep(TYPED_AHEAD).then(() => "quiet" as const);
      if (await interruption.race(Promise.race([reading, quiet])) === "quiet") return;
      reading = undefined;
    }
  }

  const reader = {
    async read(buffer: Uint8Array): Promise<number | null> {
      const keys = await interruption.race(reading ?? readKeys());
      reading = undefined;
      // A pasted answer ends at its first line; the rest would be typed ahead of the next question.
      const end = keys.findIndex((key) => ENTER.includes(key));
      const line = (end < 0 ? keys : keys.subarray(0, end + 1)).subarray(0, buffer.length);
      buffer.set(line);
      return line.length;
    },
    isTerminal: () => true,
    // Cliffy turns raw mode off between two keys; a key that comes just then would be taken by the terminal itself.
    setRaw() {},
  };

  async function askOnce(question: Question): Promise<Answer | undefined> {
    // Most runs ask nothing, and loading it takes a tenth of the time that starting takes.
    const { Input } = await import("@cliffy/prompt/input");
    try {
      rt.stdin.setRaw(true);
    } catch {
      throw inputEnded();
    }
    try {
      await discardTypedAhead();
      const options = { message: question.text, prefix: "", pointer: choices(question), reader, writer };
      return parseAnswer(await Input.prompt(options), question);
    } catch (error) {
      // The cursor is still behind the question.
      screen.write("\n");
      throw error;
    } finally {
      leaveRaw();
    }
  }

  return {
    async ask(question) {
      while (true) {
        const answer = await askOnce(question);
        if (answer !== undefined) return answer;
        screen.write(`${help(question)}\n`);
      }
    },
  };
}
