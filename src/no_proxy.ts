/**
 * Reads `NO_PROXY`, as curl and programs written in Go do.
 *
 * @module
 */

/**
 * Whether `list`, a text as of `NO_PROXY`, names the host of `target`: `*` for all of them, a host or a domain with all
 * that is below it, an IP address, a range of them (`10.0.0.0/8`), each with or without a port. Names are not looked up.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.ok(isListed(new URL("http://hasura.example.com:8080"), "10.0.0.0/8, .example.com:8080"));
 * ```
 */
export function isListed(target: URL, list: string): boolean {
  const host = bare(target.hostname);
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return list.split(/[\s,]+/).some((entry) => entry !== "" && matches(entry.toLowerCase(), { host, port }));
}

function matches(entry: string, { host, port }: { host: string; port: string }): boolean {
  if (entry === "*") return true;
  const [, bracketed, plain, wantedPort] = /^(?:(\[[^\]]*\])|([^:]*))(?::(\d+))?$/.exec(entry) ??
    [undefined, undefined, entry];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const wanted = bracketed ?? plain ?? "";
  const [address = "", bits = ""] = wanted.split("/");
  const [own, range] = [parseAddress(host), parseAddress(address)];
  if (range !== undefined) {
    const length = wanted.includes("/") ? /^\d+$/.test(bits) ? Number(bits) : Infinity : range.bits;
    return own?.bits === range.bits && length <= range.bits && isSameStart(own.value, range, length);
  }
  const domain = bare(wanted.replace(/^\*?\./, ""));
  return domain !== "" && (host === domain || (own === undefined && host.endsWith(`.${domain}`)));
}

/** A host without a dot at its end, which means the same. */
function bare(host: string): string {
  return host.replace(/\.$/, "");
}

interface Address {
  value: bigint;
  /** 32 or 128. */
  bits: number;
}

function isSameStart(own: bigint, range: Address, length: number): boolean {
  const rest = BigInt(range.bits - length);
  return own >> rest === range.value >> rest;
}

/** `text` as an IP address, with or without brackets; `undefined` where it is a name. */
function parseAddress(text: string): Address | undefined {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) {
    return { value: text.split(".").reduce((value, part) => value << 8n | BigInt(part), 0n), bits: 32 };
  }
  const url = text.includes(":") ? `http://[${text.replace(/^\[|\]$/g, "")}]` : "";
  if (!URL.canParse(url)) return undefined;
  // Now it is in one form: `::` once at most, and no dots.
  const [head = "", tail] = new URL(url).hostname.slice(1, -1).split("::");
  const groups = (part = "") => part.split(":").filter((group) => group !== "");
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array(missing).fill("0"), ...groups(tail)];
  return { value: all.reduce((value, group) => value << 16n | BigInt(`0x${group}`), 0n), bits: 128 };
}
