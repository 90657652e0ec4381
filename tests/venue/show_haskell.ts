/**
 * Bytes and numbers as Haskell's `show` writes them, which Hasura's messages do.
 *
 * @module
 */

const CONTROLS = ("NUL SOH STX ETX EOT ENQ ACK a b t n v f r SO SI " +
  "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US").split(" ");

/** Bytes as a string literal. */
export function showBytes(bytes: Uint8Array): string {
  let shown = "";
  let last = 0;
  for (const byte of bytes) {
    const letter = String.fromCharCode(byte);
    // Between a number and a digit, and between SO and H, comes a mark that means nothing.
    if ((last > 127 && /\d/.test(letter)) || (last === 14 && letter === "H")) shown += "\\&";
    shown += showByte(byte, letter);
    last = byte;
  }
  return `"${shown}"`;
}

function showByte(byte: number, letter: string): string {
  if (letter === '"' || letter === "\\") return `\\${letter}`;
  if (byte < 32) return `\\${CONTROLS[byte]}`;
  if (byte === 127) return "\\DEL";
  return byte > 127 ? `\\${byte}` : letter;
}

/** A number of any size, as `Scientific` shows it. */
export function showNumber(value: number): string {
  const [digits = "0", exponent = "0"] = Math.abs(value).toExponential().split("e");
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  if (size === 0 || (size >= 0.1 && size < 1e7)) return sign + (Number.isInteger(size) ? `${size}.0` : String(size));
  return `${sign}${digits.includes(".") ? digits : `${digits}.0`}e${Number(exponent)}`;
}
