/**
 * Asks the operator.
 *
 * On a terminal with Cliffy's prompt, drawn on stderr. Off a terminal never with Cliffy, whose prompts redraw forever at
 * the end of the input and merge piped answers; there one line is one answer, as for Python's `input()`.
 *
 * @module
 */

import { Input } from "@cliffy/prompt/input";
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
  /** Whether `q` and `quit` are answers besides `y` and `n`. */
  canQuit: boolean;
}

/** What the prompts need. */
export interface PrompterOptions {
  rt: Pick<Runtime, "stdin">;
  stderr: Output;
  color: boolean;
  interruption: Interruption;
}

/** Creates the prompter that fits where stdin and stderr lead. */
export function createPrompter(options: PrompterOptions): Prompter {
  const { rt, stderr } = options;
  return rt.stdin.isTerminal && stderr.isTerminal ? terminalPrompter(options) : linePrompter(options);
}

/** The answer that a line means, `undefined` where it means none. */
function parseAnswer(line: string, { canQuit }: Question): Answer | undefined {
  const word = line.trim().toLowerCase();
  if (word === "y" || word === "yes") return "yes";
  if (word === "n" || word === "no") return "no";
  return canQuit && (word === "q" || word === "quit") ? "quit" : undefined;
}

function choices({ canQuit }: Question): string {
  return canQuit ? "(y/n/quit):" : "(y/n):";
}

function help({ canQuit }: Question): string {
  return canQuit ? "Answer y, n or quit" : "Answer y or n";
}

function inputEnded(): FailedError {
  return new FailedError("The input ended before the question was answered", {
    next: "Give an answer for each step on its own line, or use --all to run all of them without questions",
  });
}

function linePrompter({ rt, stderr, interruption }: PrompterOptions): Prompter {
  const readLine = createLineReader(rt.stdin.read);
  return {
    async ask(question) {
      while (true) {
        stderr.write(`${question.text} ${choices(question)} `);
        const line = await interruption.race(readLine());
        // The answer is not seen on a terminal that it was not typed on, and a log should have it.
        stderr.write(`${line?.trim() ?? ""}\n`);
        if (line === null) throw inputEnded();
        const answer = parseAnswer(line, question);
        if (answer !== undefined) return answer;
        stderr.write(`${help(question)}\n`);
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
const ENTER = [10, 13];
/** Ctrl-D, as it comes when it was typed while the prompt was up, and when it was typed before. */
const END_OF_INPUT = [4, 0];

function terminalPrompter({ rt, stderr, color, interruption }: PrompterOptions): Prompter {
  const decoder = new TextDecoder();
  let typed = new Uint8Array();
  const writer = {
    writeSync(bytes: Uint8Array): number {
      const text = decoder.decode(bytes);
      // Cliffy looks at NO_COLOR only; codes that move the cursor end in another letter.
      // deno-lint-ignore no-control-regex
      stderr.write(color ? text : text.replaceAll(/\x1b\[[0-9;]*m/g, ""));
      return bytes.length;
    },
  };
  const reader = {
    // Cliffy ends the whole process on Ctrl-C, and asks again without end when the terminal goes away: both are caught
    // before it sees them, so that the run can still be brought to its end.
    async read(buffer: Uint8Array): Promise<number | null> {
      if (typed.length === 0) {
        const keys = new Uint8Array(buffer.length);
        const count = await interruption.race(rt.stdin.read(keys));
        if (count === null) throw inputEnded();
        typed = keys.subarray(0, count);
      }
      // What follows an answer, pasted or typed ahead, belongs to the next question.
      const end = typed.findIndex((key) => ENTER.includes(key));
      const keys = end < 0 ? typed : typed.subarray(0, end + 1);
      typed = typed.subarray(keys.length);
      if (keys.includes(CTRL_C)) throw interruption.interrupt("SIGINT");
      if (END_OF_INPUT.some((key) => keys.includes(key))) throw inputEnded();
      buffer.set(keys);
      return keys.length;
    },
    isTerminal: () => true,
    // Cliffy turns raw mode off between two keys; a key that comes just then would be taken by the terminal itself.
    setRaw() {},
  };
  return {
    async ask(question) {
      rt.stdin.setRaw(true);
      try {
        const line = await Input.prompt({
          message: question.text,
          prefix: "",
          pointer: choices(question),
          validate: (text) => parseAnswer(text, question) !== undefined || help(question),
          reader,
          writer,
        });
        return parseAnswer(line, question) ?? "quit";
      } catch (error) {
        // The cursor is still behind the question.
        stderr.write("\n");
        throw error;
      } finally {
        rt.stdin.setRaw(false);
      }
    },
  };
}
