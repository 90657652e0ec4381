/** That faults at COMMIT, repeated requests and two servers are in the venue what their names say. */

import assert from "node:assert/strict";
import { callMetadata, runSql } from "../venue/client.ts";
import { backends, startVenue } from "../venue/mod.ts";

const INSERT = "insert into public.t values (1)";
const COUNT = "select count(*) from public.t";

for (const { name, database } of backends()) {
  Deno.test(`a request that is repeated is worked on twice, and the second answer counts: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await venue.sql("create table public.t (id integer primary key)");
    venue.addFault({ match: { sql: /insert/ }, do: { repeat: Promise.resolve() } });
    const { status } = await runSql(venue, INSERT);
    await venue.settled();
    assert.ok([200, 400].includes(status));
    assert.deepEqual(await venue.sql(COUNT), [["1"]]);
  });

  if (name === "pglite") continue;

  Deno.test(`a COMMIT that is sent again is answered while the first is at work: ${name}`, async () => {
    await using venue = await startVenue({ database });
    await venue.sql("create table public.t (id integer primary key)");
    for (const fails of [true, undefined]) {
      const over = Promise.withResolvers<void>();
      const action = { commitAtWork: over.promise, again: true, ...(fails && { fails }) } as const;
      venue.addFault({ match: { sql: /insert/ }, when: "before-commit", do: action });
      assert.equal((await runSql(venue, INSERT)).status, 200);
      assert.deepEqual(await venue.sql(COUNT), [["0"]]);
      over.resolve();
      await venue.settled();
      assert.deepEqual(await venue.sql(COUNT), [[fails ? "0" : "1"]]);
    }
  });
}

Deno.test("of two servers, one sees later what the other has done to the metadata", async () => {
  await using venue = await startVenue({ servers: 2, syncMs: 200 });
  const { metadata } = await venue.metadata();
  const [source] = metadata.sources;
  const table = { table: { schema: "public", name: "missing" } };
  await venue.setMetadata({ ...metadata, sources: [{ ...source, tables: [table] }] });
  const isConsistent = async () => (await callMetadata(venue, "get_inconsistent_metadata")).json.is_consistent;
  await callMetadata(venue, "reload_metadata");
  assert.deepEqual([await isConsistent(), await isConsistent()], [true, false]);
  while (await isConsistent() || await isConsistent());
});
