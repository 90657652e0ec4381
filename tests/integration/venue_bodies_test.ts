// What Hasura's decoder makes of a body, with its own words for what is none.

import assert from "node:assert/strict";
import { startVenue } from "../venue/mod.ts";

const BROKEN: [body: string | number[], error: string][] = [
  ["", "Unexpected end-of-input, expecting JSON value"],
  ['{"type":', "Unexpected end-of-input, expecting JSON value"],
  ["nope", 'Unexpected "nope", expecting JSON value'],
  ["tru", 'Unexpected "tru", expecting JSON value'],
  ['{"type":"nope"} x', "Trailing garbage"],
  ["{", "Unexpected end-of-input, expecting record key literal or }"],
  ["{'a':1}", "Unexpected \"'a':1}\", expecting record key literal or }"],
  ['{"a" 1}', 'Unexpected "1}", expecting :'],
  ['{"a":1 "b":2}', 'Unexpected "\\"b\\":2}", expecting , or }'],
  ['{"a":1, }', 'Unexpected ", }", expecting key literal'],
  ['{"a":1,', "Unexpected end-of-input, expecting key literal"],
  ['{"a":1', "Unexpected end-of-input, expecting , or }"],
  ["[", "Unexpected end-of-input, expecting JSON value or ]"],
  ["[1", "Unexpected end-of-input, expecting , or ]"],
  ["[1 2]", 'Unexpected "2]", expecting , or ]'],
  ["[1,]", 'Unexpected "]", expecting JSON value'],
  ["[01]", "Number literal with leading zero"],
  ["[1.]", "Unexpected 93 while parsing number literal"],
  ["[1e]", "Unexpected ']' while parsing number literal"],
  ["[-", "Unexpected end-of-input while parsing number literal"],
  ['"a', "Unexpected end-of-input while parsing string literal"],
  ['"a\\"', "Unexpected end-of-input while parsing string literal"],
  ['"a\nb"', "Unespected control character while parsing string literal"],
  ['"\\x"', "Cannot decode input: Data.Text.Internal.Encoding.decodeUtf8: Invalid UTF-8 stream"],
  ['"\\ud800"', "Cannot decode input: Data.Text.Internal.Encoding.decodeUtf8: Invalid UTF-8 stream"],
  [[0x22, 0xff, 0x22], "Cannot decode input: Data.Text.Internal.Encoding.decodeUtf8: Invalid UTF-8 stream"],
  [[0xef, 0xbb, 0xbf, 0x7b, 0x7d], 'Unexpected "\\239\\187\\191{}", expecting JSON value'],
  [[0x1f, 0x8b, 0x31, 0x0e, 0x48, 0x7f], 'Unexpected "\\US\\139\\&1\\SO\\&H\\DEL", expecting JSON value'],
  [`x${"y".repeat(40)}`, `Unexpected "x${"y".repeat(29)}", expecting JSON value`],
];

Deno.test("pglite: bodies", async (t) => {
  await using venue = await startVenue({ baseSql: "" });
  async function post(path: string, body: string | number[]) {
    const content = new Blob([typeof body === "string" ? body : Uint8Array.from(body)]);
    const headers = { "x-hasura-admin-secret": venue.adminSecret ?? "" };
    const response = await fetch(venue.url + path, { method: "POST", headers, body: content });
    return { status: response.status, json: await response.json() };
  }
  for (const [body, error] of BROKEN) {
    await t.step(JSON.stringify(body), async () => {
      const expected = { status: 400, json: { error, path: "$", code: "invalid-json" } };
      assert.deepEqual(await post("/v2/query", body), expected);
      assert.deepEqual(await post("/v1/metadata", body), expected);
    });
  }
  const sql = (text: string) => `{"type":"run_sql","args":{"source":"Aerie","sql":${text}}}`;
  for (
    const [text, cell] of [
      ['"select 1","sql":"select 2"', "1"],
      ["\"select '\\u00e4\\ud83d\\ude00\\/'\"", "ä😀/"],
      // aeson no longer looks for raw control characters once it has seen an escape.
      ["\"select '\\u0061\tb'\"", "a\tb"],
      ["\"select 'ä\tb'\"", "ä\tb"],
      ['"select 1 as x\\u0000; select 2"', "1"],
    ] as const
  ) {
    await t.step(text, async () => assert.deepEqual((await post("/v2/query", sql(text))).json.result?.[1], [cell]));
  }
  for (
    const [number, shown] of [["1e30", "1.0e30"], ["1.5", "1.5"], ["-2.5e-3", "-2.5e-3"], ["0.25", "0.25"]] as const
  ) {
    await t.step(number, async () => {
      const body = `{"type":"reload_metadata","args":{},"resource_version":${number}}`;
      const problem = "parsing Int64 failed, value is either floating or will cause over or underflow";
      const json = { error: `${problem} ${shown}`, path: "$.resource_version", code: "parse-failed" };
      assert.deepEqual(await post("/v1/metadata", body), { status: 400, json });
    });
  }
});
