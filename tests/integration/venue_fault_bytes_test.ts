// What a client sees, byte for byte, of a fault in place of an answer, and what the database keeps.

import assert from "node:assert/strict";
import { answerBytes, jsonBytes, pageBytes } from "../venue/expected.ts";
import { backends, type Fault, type FaultAction, type FaultTime, startVenue, type Venue } from "../venue/mod.ts";
import { postBytes, runSqlBytes, type Seen, Wire } from "../venue/wire.ts";

const BASE = "create table mark (id int)";
const WRITE = "insert into mark values (7) returning id";
const MADE: Seen = {
  bytes: jsonBytes("200 OK", [50, '{"result_type":"TuplesOk","result":[["id"],["7"]]}']),
  end: "open",
};
const TIMES: FaultTime[] = ["before", "during", "before-commit", "after"];
// Where nothing has been made yet, something stands for it.
const EARLY: FaultTime[] = ["before", "during", "before-commit"];

const COMMIT_FAILED =
  '{"error":"postgres tx error","path":"$","code":"postgres-error","internal":{"statement":"COMMIT","prepared":true,' +
  '"arguments":[],"error":{"exec_status":"FatalError","status_code":"23503","message":"insert or update on table ' +
  '\\"plan\\" violates foreign key constraint \\"plan_model_id_fkey\\"","description":"Key (model_id)=(1) is not ' +
  'present in table \\"mission_model\\".","hint":null}}}';
const NO_CONNECTION =
  '{"error":"connection error","path":"$","code":"postgres-error","internal":"no connection to the server\\n"}';
const CRASHED = '{"error":"Internal Server Error","path":"$","code":"unexpected"}';
const TOO_MANY = '{"error":"max connections reached on postgres","path":"$","code":"postgres-max-connections-error",' +
  '"internal":"connection to server at \\"127.0.0.1\\", port 5432 failed: FATAL:  sorry, too many clients already\\n"}';
const WRONG_SECRET =
  '{"error":"invalid \\"x-hasura-admin-secret\\"/\\"x-hasura-access-key\\"","path":"$","code":"access-denied"}';

interface Case {
  title: string;
  action: FaultAction;
  times: FaultTime[];
  seen: Seen;
}

function stays(bytes: string): Seen {
  return { bytes, end: "open" };
}

const CASES: Case[] = [
  { title: "drop", action: "drop", times: TIMES, seen: { bytes: "", end: "closed" } },
  ...(Deno.build.os === "linux"
    ? [{ title: "reset", action: "reset", times: TIMES, seen: { bytes: "", end: "reset" } } satisfies Case]
    : []),
  {
    title: "truncate, in place of an answer",
    action: "truncate",
    times: EARLY,
    seen: { bytes: jsonBytes("200 OK", [41, '{"result_type":"Comm']), end: "closed" },
  },
  {
    title: "truncate",
    action: "truncate",
    times: ["after"],
    seen: { bytes: jsonBytes("200 OK", [50, '{"result_type":"TuplesOk"']), end: "closed" },
  },
  {
    title: "half-json, in place of an answer",
    action: "half-json",
    times: EARLY,
    seen: stays(jsonBytes("200 OK", [20, '{"result_type":"Comm'])),
  },
  {
    title: "half-json",
    action: "half-json",
    times: ["after"],
    seen: stays(jsonBytes("200 OK", [25, '{"result_type":"TuplesOk"'])),
  },
  {
    title: "unauthorized",
    action: "unauthorized",
    times: TIMES,
    seen: stays(jsonBytes("401 Unauthorized", [103, WRONG_SECRET])),
  },
  {
    title: "page 413",
    action: { html: 413 },
    times: TIMES,
    seen: stays(pageBytes("413 Payload Too Large", [176, "413 Request Entity Too Large"])),
  },
  {
    title: "page 502",
    action: { html: 502 },
    times: TIMES,
    seen: stays(pageBytes("502 Bad Gateway", [150, "502 Bad Gateway"])),
  },
  {
    title: "page 503",
    action: { html: 503 },
    times: TIMES,
    seen: stays(pageBytes("503 Service Unavailable", [190, "503 Service Temporarily Unavailable"])),
  },
  {
    title: "page 504",
    action: { html: 504 },
    times: TIMES,
    seen: stays(pageBytes("504 Gateway Timeout", [160, "504 Gateway Time-out"])),
  },
  {
    title: "any answer",
    action: { status: 500, body: "upstream error", contentType: "text/plain" },
    times: TIMES,
    seen: stays(answerBytes("500 Internal Server Error", "text/plain", [14, "upstream error"])),
  },
  {
    title: "any JSON",
    action: { status: 200, body: [{ result: 1 }] },
    times: TIMES,
    seen: stays(jsonBytes("200 OK", [14, '[{"result":1}]'])),
  },
  {
    title: "connection-error",
    action: "connection-error",
    times: TIMES,
    seen: stays(jsonBytes("500 Internal Server Error", [106, NO_CONNECTION])),
  },
  {
    title: "internal-error",
    action: "internal-error",
    times: TIMES,
    seen: stays(jsonBytes("500 Internal Server Error", [64, CRASHED])),
  },
  {
    title: "tx-error",
    action: "tx-error",
    times: ["before-commit"],
    seen: stays(jsonBytes("500 Internal Server Error", [380, COMMIT_FAILED])),
  },
  {
    title: "max-connections",
    action: "max-connections",
    times: ["before"],
    seen: stays(jsonBytes("500 Internal Server Error", [210, TOO_MANY])),
  },
  {
    title: "source-inconsistent",
    action: "source-inconsistent",
    times: ["before"],
    seen: stays(jsonBytes("400 Bad Request", [
      85,
      '{"error":"source with name \\"Aerie\\" is inconsistent","path":"$","code":"unexpected"}',
    ])),
  },
  { title: "delayMs", action: { delayMs: 5 }, times: ["before", "before-commit", "after"], seen: MADE },
  {
    title: "hold",
    action: { hold: Promise.resolve() },
    times: ["before", "before-commit", "after"],
    seen: MADE,
  },
];

/** What the fault has done to the database, too. */
async function see(venue: Venue, fault: Omit<Fault, "match">): Promise<{ seen: Seen; marks: string | null }> {
  await venue.reset();
  await using wire = await Wire.open(venue);
  venue.addFault({ match: { type: "run_sql" }, ...fault });
  const seen = await wire.exchange(runSqlBytes(venue, WRITE));
  await venue.settled();
  return { seen, marks: (await venue.sql("select count(*) from mark"))[0]?.[0] ?? null };
}

Deno.test("pglite: an error in place of an answer names the place that its endpoint names", async () => {
  await using venue = await startVenue({ baseSql: BASE });
  const cases: { action: FaultAction; seen: Seen }[] = [
    {
      action: "connection-error",
      seen: stays(jsonBytes("500 Internal Server Error", [111, NO_CONNECTION.replace('"$"', '"$.args"')])),
    },
    { action: "internal-error", seen: stays(jsonBytes("500 Internal Server Error", [64, CRASHED])) },
  ];
  for (const { action, seen } of cases) {
    await venue.reset();
    venue.addFault({ match: { path: "/v1/metadata" }, do: action });
    await using wire = await Wire.open(venue);
    const request = postBytes(venue, "/v1/metadata", { type: "get_catalog_state", args: {} });
    assert.deepEqual(await wire.exchange(request), seen);
  }
});

for (const { name, database } of backends()) {
  Deno.test(`${name}: the bytes of a fault in place of an answer`, async (t) => {
    await using venue = await startVenue({ database, baseSql: BASE });
    for (const { title, action, times, seen } of CASES) {
      // A fault before or after the transaction is the same on both.
      for (const when of name === "pglite" ? times : times.filter((when) => when === "before-commit")) {
        await t.step(`${title} ${when}`, async () => {
          const kept = when === "during" || when === "after" || seen === MADE;
          assert.deepEqual(await see(venue, { when, do: action }), { seen, marks: kept ? "1" : "0" });
        });
      }
    }
  });

  Deno.test(`${name}: an error in place of an answer leaves out what a server keeps to itself`, async () => {
    await using venue = await startVenue({ database, baseSql: BASE, internalErrors: false });
    const { seen } = await see(venue, { do: "connection-error" });
    const body = '{"error":"connection error","path":"$","code":"postgres-error"}';
    assert.deepEqual(seen, stays(jsonBytes("500 Internal Server Error", [63, body])));
  });
}
