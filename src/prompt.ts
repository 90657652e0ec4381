/**
 * Asks the operator.
 *
 * On a terminal with Cliffy's prompt, drawn on stderr. Off a terminal never with Cliffy, whose prompts redraw forever at
 * the end of the input and merge piped answers; there one line is one answer, as for Python's `input()`.
 *
 * @module
 */

import { describeError, FailedError } from "./errors.ts";
import type { Interruption } from "./interruption.ts";
import { createKeyReader } from "./prompt_keys.ts";
import { fileProblem, type Output, type Runtime } from "./runtime.ts";

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

/** Why there is no answer. @throws {InterruptedError} where the terminal was closed */
function inputFailed(error: unknown, { rt, interruption }: PrompterParts): FailedError {
  if (rt.stdin.isTerminal) throw interruption.interrupt("SIGHUP");
  return new FailedError(`Cannot read the answer from stdin: ${fileProblem(error) ?? describeError(error)}`, {
    next: "Give an answer for each question on its own line of stdin",
    cause: error,
  });
}

function linePrompter(parts: PrompterParts): Prompter {
  const { rt, screen, interruption } = parts;
  const readLine = createLineReader((buffer) =>
    rt.stdin.read(buffer).catch((error) => {
      throw inputFailed(error, parts);
    })
  );
  return {
    async ask(question) {
      while (true) {
        screen.write(`${question.text} ${choices(question)} `);
        const line = await interruption.race(readLine()).catch((error) => {
          // The cursor is still behind the question.
          screen.write("\n");
          throw error;
        });
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

  /** Reads keys. Cliffy would end the whole process on Ctrl-C, and ask without end when the terminal goes away. */
  async function readKeys(): Promise<Uint8Array> {
    const buffer = new Uint8Array(256);
    const count = await rt.stdin.read(buffer).catch(() => null);
    // A terminal that was closed fails, or ends, and sends its signal before or after that. Ctrl-D is a key here.
    if (count === null) throw interruption.interrupt("SIGHUP");
    const keys = buffer.subarray(0, count);
    if (keys.includes(CTRL_C)) throw interruption.interrupt("SIGINT");
    if (keys.includes(CTRL_D)) throw inputEnded();
    return keys;
  }

  function leaveRaw(): void {
    try {
      rt.stdin.setRaw(false);
    } catch {
      // The terminal has gone away: there is nothing to be put back, and a run to be brought to its end.
    }
  }

  const keys = createKeyReader({
    readKeys,
    pause: () => rt.sleep(TYPED_AHEAD),
    race: (work) => interruption.race(work),
  });
  const reader = {
    read: keys.read,
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
      throw interruption.interrupt("SIGHUP");
    }
    try {
      // What was typed before a question was shown cannot be an answer to it.
      await keys.discard();
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
