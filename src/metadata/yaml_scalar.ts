/**
 * What the plain words of a YAML file mean: text, numbers, true, false and null, as the Hasura CLI reads them.
 *
 * Where readers of YAML 1.1 and 1.2 disagree about a number, nobody can tell what the author meant: it is refused.
 * `yes`, `no`, `on`, `off` and dates are text in the Hasura CLI, too.
 *
 * @module
 */

/** What a scalar holds. */
export type ScalarValue = null | boolean | number | string;

/** Why a scalar cannot be used. */
export interface ScalarProblem {
  problem: string;
}

const NULL = /^(?:~|null|Null|NULL)?$/;
const BOOLEAN = /^(?:true|True|TRUE|false|False|FALSE)$/;
const INTEGER = /^(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const NO_NUMBER = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const LEADING_ZERO = /^[-+]?0[0-9]+$/;
const OTHER_BASE = /^[-+]?0(?:[bB][01]+|[oO][0-7]+|[xX][0-9a-fA-F]+)$/;
/**
 * What is a number with a point or an exponent in YAML 1.1 and 1.2: for 1.1 an exponent has a sign and comes after a point,
 * and digits follow the point for the Hasura CLI.
 */
const FLOAT_FOR_ALL = /^[-+]?(?:[0-9]*\.[0-9]+)(?:[eE][-+][0-9]+)?$/;
/** Beyond it, not every integer has a number of its own in JSON. */
const LARGEST = 2n ** 53n;
/** Nearly all scalars are words, so this is looked at first. */
const LOOKS_LIKE_NUMBER = /^[-+.]?[0-9.]/;

/** The value of a scalar without quotes and tag. */
export function readPlain(text: string): ScalarValue | ScalarProblem {
  if (NULL.test(text)) return null;
  if (text === "<<") return { problem: "<< stands for no value; quote it where it is text" };
  if (BOOLEAN.test(text)) return /^t/i.test(text);
  return LOOKS_LIKE_NUMBER.test(text) ? readNumber(text) : text;
}

/** The value of a scalar with the tag `!!<type>`; `undefined` where there is no such type. */
export function readTagged(type: string, text: string): ScalarValue | ScalarProblem | undefined {
  switch (type) {
    case "str":
    case "timestamp":
    case "merge":
      return text;
    case "int":
    case "float":
    case "bool":
    case "null": {
      const value = readPlain(text);
      return isProblem(value) || fits(type, value) ? value : { problem: `its value does not fit its tag !!${type}` };
    }
    default:
      return undefined;
  }
}

/** Whether `value` says that a scalar cannot be used. */
export function isProblem(value: ScalarValue | ScalarProblem | undefined): value is ScalarProblem {
  return typeof value === "object" && value !== null;
}

function fits(type: "int" | "float" | "bool" | "null", value: ScalarValue): boolean {
  if (type === "null") return value === null;
  if (type === "bool") return typeof value === "boolean";
  // The Hasura CLI takes no whole number for a float.
  return typeof value === "number" && (type === "int") === Number.isInteger(value);
}

function readNumber(text: string): ScalarValue | ScalarProblem {
  if (INTEGER.test(text)) return readInteger(text);
  const bare = text.replaceAll("_", "");
  if (LEADING_ZERO.test(bare) || OTHER_BASE.test(bare)) {
    return { problem: `${shown(text)} is a different number, or text, for other readers of YAML; quote it` };
  }
  if (bare !== text && (INTEGER.test(bare) || FLOAT.test(bare))) {
    return { problem: `${shown(text)} is a number for some readers of YAML and text for others; quote it` };
  }
  if (NO_NUMBER.test(text)) return { problem: `${shown(text)} is no number that can be sent` };
  if (!FLOAT.test(text)) return text;
  if (!FLOAT_FOR_ALL.test(text)) {
    return { problem: `${shown(text)} is a number for some readers of YAML and text for others; quote it` };
  }
  const number = Number(text);
  return Number.isFinite(number) ? number : { problem: `${shown(text)} is too large for a number` };
}

function readInteger(text: string): number | ScalarProblem {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) {
    const exact = BigInt(text);
    if (exact > LARGEST || exact < -LARGEST) {
      return { problem: `the number ${shown(text)} is too large to be sent exactly; quote it if it is no number` };
    }
  }
  // There is no -0 in JSON.
  return number + 0;
}

function shown(text: string): string {
  return text.length > 30 ? `${text.slice(0, 30)}…` : text;
}
