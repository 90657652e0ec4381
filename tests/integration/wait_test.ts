/** `--wait`: waiting until the venue can be used. */

import assert from "node:assert/strict";
import { createRuntime, type Runtime } from "../../src/runtime.ts";
import { runTool } from "../support/cli.ts";
import { createDeployment, tableMigrations } from "../support/deployment.ts";
import { exampleSchema, startVenue } from "../venue/mod.ts";

/** A runtime whose nth pause is where `change` happens. */
function changingAt(
  pause: number,
  change: () => Promise<unknown> | void,
): { runtime: Partial<Runtime>; pauses: () => number } {
  let pauses = 0;
  return {
    runtime: {
      async sleep() {
        if (++pauses === pause) await change();
      },
    },
    pauses: () => pauses,
  };
}

Deno.test("--wait: a venue that can be used is used at once", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const { runtime, pauses } = changingAt(1, () => {});
  const result = await runTool(["migrate", "-a", "--all", "--wait"], { venue, path: deployment.path, runtime });
  assert.deepEqual([result.code, pauses()], [0, 0], result.stderr);
});

Deno.test("--wait: what a venue goes through when it is started", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const cases: [name: string, before: () => Promise<unknown> | void, change: () => Promise<unknown> | void][] = [
    ["nobody listens", () => venue.stop(), () => venue.start()],
    ["a proxy answers for it", () => venue.addFault({ match: {}, do: { html: 502 }, times: 3 }), () => {}],
    [
      "a proxy does not know it yet",
      () => venue.addFault({ match: {}, do: { status: 404, body: "not found", contentType: "text/plain" }, times: 4 }),
      () => {},
    ],
    [
      "it is not healthy",
      () =>
        venue.addFault({
          match: { path: "/healthz" },
          do: { status: 500, body: "ERROR", contentType: "text/plain" },
          times: 2,
        }),
      () => {},
    ],
    ["its source is not connected", () =>
      venue.addFault({
        match: { type: "run_sql" },
        do: { status: 400, body: { path: "$", error: 'source with name "Aerie" is inconsistent', code: "unexpected" } },
        times: 2,
      }), () => {}],
    ["it does not know the source", () =>
      venue.addFault({
        match: { type: "run_sql" },
        do: { status: 400, body: { path: "$", error: 'source with name "Aerie" does not exist', code: "not-exists" } },
        times: 2,
      }), () => {}],
    [
      "the database is being set up",
      () => venue.reset({ baseSql: "select 1" }),
      () => venue.sql(exampleSchema("varchar")),
    ],
  ];
  for (const [name, before, change] of cases) {
    await t.step(name, async () => {
      await venue.reset();
      await before();
      const { runtime, pauses } = changingAt(3, change);
      const result = await runTool(["status", "--wait=60"], { venue, path: deployment.path, runtime });
      assert.equal(result.code, 0, result.stderr);
      assert.ok(pauses() > 0);
    });
  }
});

Deno.test("--wait ends at once where waiting cannot help", async (t) => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  const { runtime, pauses } = changingAt(1, () => {});
  await t.step("a wrong secret", async () => {
    const wrong = { url: venue.url, adminSecret: "not-the-secret" };
    const result = await runTool(["status", "--wait=60"], { venue: wrong, path: deployment.path, runtime });
    assert.equal(result.code, 4, result.stderr);
    assert.match(result.stderr, /refuses the admin secret/);
  });
  await t.step("a redirect", async () => {
    venue.addFault({ match: {}, do: { status: 302, body: "" }, times: Infinity });
    await using real = { ...createRuntime(), async [Symbol.asyncDispose]() {} };
    const fetch = async (url: string, init: RequestInit) => {
      const response = await real.fetch(url, init);
      return new Response(await response.text(), { status: response.status, headers: { location: "/login" } });
    };
    const result = await runTool(["status", "--wait=60"], {
      venue,
      path: deployment.path,
      runtime: { ...runtime, fetch },
    });
    assert.equal(result.code, 4, result.stderr);
    assert.match(result.stderr, /redirects to "\/login"/);
    real[Symbol.dispose]();
    await venue.reset();
  });
  await t.step("a gap in the ledger", async () => {
    await venue.sql("insert into migrations.schema_migrations values ('2')");
    const result = await runTool(["status", "--wait=60"], { venue, path: deployment.path, runtime });
    assert.equal(result.code, 5, result.stderr);
    await venue.reset();
  });
  await t.step("a row of the ledger that is no number", async () => {
    await venue.sql("insert into migrations.schema_migrations values ('x')");
    const result = await runTool(["status", "--wait=60"], { venue, path: deployment.path, runtime });
    assert.equal(result.code, 5, result.stderr);
    await venue.reset();
  });
  await t.step("a database name without a folder", async () => {
    const args = ["status", "--wait=60", "--database-name=Other"];
    const result = await runTool(args, { venue, path: deployment.path, runtime });
    assert.equal(result.code, 3, result.stderr);
  });
  assert.equal(pauses(), 0);
});

Deno.test("--wait says what it waited for when the time is up", async () => {
  await using venue = await startVenue();
  await using deployment = await createDeployment({ migrations: tableMigrations(1) });
  venue.stop();
  const result = await runTool(["status", "--wait=0.2"], { venue, path: deployment.path });
  assert.equal(result.code, 4, result.stderr);
  assert.match(
    result.stderr,
    /error\[access\]: Cannot ask for its health at ".*": .*refused.*\nstate: Nothing was changed; it was waited for 200 ms\n/i,
  );
});
