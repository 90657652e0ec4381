/**
 * Which faults can strike when, and where.
 *
 * @module
 */

import type { Fault, FaultAction, FaultTime } from "./faults.ts";
import { CAN_RESET } from "./tcp_reset.ts";

const TIMES: Partial<Record<string, { when: FaultTime[]; because: string }>> = {
  "kill-backend": { when: ["during", "before-commit"], because: "no backend is at work then" },
  "lose-backend": { when: ["during", "before-commit"], because: "no backend is at work then" },
  "tx-error": { when: ["before-commit"], because: "only COMMIT fails in this way" },
  "max-connections": { when: ["before"], because: "the connection is there by then" },
  "source-inconsistent": { when: ["before"], because: "Hasura looks for the source first" },
  "deliverAfter": { when: ["before"], because: "the request has been delivered by then" },
  "repeat": { when: ["before"], because: "the request has been delivered by then" },
  "commitAtWork": { when: ["before-commit"], because: "there is no COMMIT then" },
  "commitSwallowed": { when: ["before-commit"], because: "there is no COMMIT then" },
  "delayMs": { when: ["before", "before-commit", "after"], because: "the text does not wait" },
  "hold": { when: ["before", "before-commit", "after"], because: "the text does not wait" },
};

/** Checks that a fault can strike. @throws {TypeError} */
export function checkFault({ when = "before", do: action }: Fault, { oneSession }: { oneSession: boolean }): void {
  const name = nameOf(action);
  const times = TIMES[name];
  if (times !== undefined && !times.when.includes(when)) {
    throw new TypeError(`Cannot have "${name}" strike "${when}": ${times.because}; use ${quoted(times.when)}`);
  }
  if (typeof action === "object" && "deliverAfter" in action && action.answer !== undefined) {
    checkFault({ match: {}, when, do: action.answer }, { oneSession });
  }
  if (name === "reset" && !CAN_RESET) {
    throw new TypeError("Cannot reset a connection on this operating system: only Linux can be made to do it");
  }
  if (["lose-backend", "commitAtWork", "commitSwallowed"].includes(name) && oneSession) {
    throw new TypeError("Cannot leave a backend at work with PGlite: it has only one session. Use PostgreSQL");
  }
}

function nameOf(action: FaultAction): string {
  return typeof action === "string" ? action : Object.keys(action).find((key) => key in TIMES) ?? "";
}

function quoted(times: FaultTime[]): string {
  return times.map((time) => `"${time}"`).join(" or ");
}
