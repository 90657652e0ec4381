import assert from "node:assert/strict";
import { classifyWord } from "../../src/argparse.ts";
import { normalizeArgv } from "../../src/argv.ts";
import { UsageError } from "../../src/errors.ts";
import { type OptionSpec, readOptions } from "../../src/options.ts";
import { DEFAULT_HASURA_PATH } from "../../src/paths.ts";
import { quoteText } from "../../src/quote.ts";
import vectors from "../data/argparse-vectors.json" with { type: "json" };

const OLDER_FORM = "a line of the older scripts, which had no commands, means migrate";

/** Where we differ from argparse: what the line becomes (`undefined`: refused), and why. */
const EXCEPTIONS: Record<string, { argv: string[] | undefined; reason: string }> = {
  "": { argv: undefined, reason: "the script printed help and an error and ended with 0 (B2)" },
  "-a": { argv: ["migrate", "--apply"], reason: OLDER_FORM },
  "-a --all": { argv: ["migrate", "--apply", "--all"], reason: OLDER_FORM },
  "--apply --all": { argv: ["migrate", "--apply", "--all"], reason: OLDER_FORM },
  "-r --all -p x": { argv: ["migrate", "--hasura-path=x", "--revert", "--all"], reason: OLDER_FORM },
  "migrate --admin_secret s -a": {
    argv: ["migrate", "--admin-secret=s", "--apply"],
    reason: "the older spelling of --admin-secret",
  },
  "--version": { argv: ["--version"], reason: "an option of ours" },
};

/** What argparse's result is in our form. */
function canonical(parsed: Record<string, string | boolean | null>): string[] {
  const hasuraPath = parsed["hasura_path"] === "" ? "." : parsed["hasura_path"];
  const values = [
    ["--hasura-path", hasuraPath === DEFAULT_HASURA_PATH ? "" : hasuraPath],
    ["--env-path", parsed["env_path"]],
    ["--endpoint", parsed["endpoint"]],
    ["--admin-secret", parsed["admin_secret"]],
  ].filter(([, value]) => value).map(([name, value]) => `${name}=${value}`);
  const switches = ["apply", "revert", "all"].filter((name) => parsed[name]).map((name) => `--${name}`);
  return [String(parsed["command"]), ...values, ...switches];
}

function usageError(args: string[]): UsageError {
  try {
    normalizeArgv(args);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  assert.fail(`${JSON.stringify(args)} is read, but should be refused`);
}

Deno.test("normalizeArgv() makes of each line what argparse makes of it", () => {
  assert.equal(vectors.cases.length, 81);
  const unused = new Set(Object.keys(EXCEPTIONS));
  for (const { argv, exit, parsed } of vectors.cases) {
    const line = argv.join(" ");
    const exception = EXCEPTIONS[line];
    unused.delete(line);
    const isRefused = exception ? exception.argv === undefined : exit === 2;
    if (isRefused) {
      const error = usageError(argv);
      assert.match(error.message, /^Cannot .*[^.]$/, line);
      assert.match(error.next ?? "", /./, line);
    } else if (exception) {
      assert.deepEqual(normalizeArgv(argv).argv, exception.argv, line);
    } else if (exit === 0) {
      assert.equal(normalizeArgv(argv).argv.at(-1), "--help", line);
    } else {
      assert.ok(parsed, line);
      const result = normalizeArgv(argv);
      assert.deepEqual(result, { argv: canonical(parsed), notes: [] }, line);
    }
  }
  assert.deepEqual([...unused], [], "exceptions that no vector has");
});

Deno.test("normalizeArgv() leaves a canonical line as it is", () => {
  for (const { argv } of vectors.cases) {
    let once: string[];
    try {
      once = normalizeArgv(argv).argv;
    } catch {
      continue;
    }
    assert.deepEqual(normalizeArgv(once), { argv: once, notes: [] });
  }
});

Deno.test("normalizeArgv() reads what the vectors do not show", () => {
  const cases: [args: string[], argv: string[]][] = [
    [["migrate", "--bogus", "-h"], ["migrate", "--help"]],
    [["--bogus", "-h", "status"], ["--help"]],
    [["-a", "-h"], ["--help"]],
    [["status", "-p", "x", "--he"], ["status", "--help"]],
    [["migrate", "-ah"], ["migrate", "--help"]],
    [["migrate", "-a", "-ape"], ["migrate", "--hasura-path=e", "--apply"]],
    [["migrate", "-a", "-p", "\u0661"], ["migrate", "--hasura-path=\u0661", "--apply"]],
    [["migrate", "-a", "-p", "-\u0661.5"], ["migrate", "--hasura-path=-\u0661.5", "--apply"]],
    [["migrate", "-a", "-p", "-x y"], ["migrate", "--hasura-path=-x y", "--apply"]],
    [["migrate", "-a", "--endpoint", "h", "--endpoint="], ["migrate", "--apply"]],
    [["status", "--hasura="], ["status", "--hasura-path=."]],
    [["status", "-p=="], ["status", "--hasura-path=="]],
    [["status", "-p", "a\nb=c"], ["status", "--hasura-path=a\nb=c"]],
    // Ours.
    [["status", "--json", "--check", "--no-color", "--debug", "--database-name", "Aerie"], [
      "status",
      "--database-name=Aerie",
      "--json",
      "--no-color",
      "--debug",
      "--check",
    ]],
    [["status", "--js", "--da=Aerie", "--no"], ["status", "--database-name=Aerie", "--json", "--no-color"]],
    [["migrate", "-r", "--all", "--y"], ["migrate", "--revert", "--all", "--yes"]],
    [["status", "--database-name="], ["status"]],
    [["status", "--wait"], ["status", "--wait"]],
    [["status", "--wait=90"], ["status", "--wait=90"]],
    [["status", "--w=1.5m"], ["status", "--wait=1.5m"]],
    [["status", "--wait", "--wait=90"], ["status", "--wait=90"]],
    [["status", "--wait=90", "--wait"], ["status", "--wait"]],
    [["status", "--wait", "--timeout", "5"], ["status", "--timeout=5", "--wait"]],
    [["migrate", "--wait", "-a"], ["migrate", "--wait", "--apply"]],
    [
      ["migrate", "-a", "--lock", "0", "--settle=1h", "--statement", "2m", "--step=3", "--no-f", "--t=4"],
      [
        "migrate",
        "--timeout=4",
        "--apply",
        "--lock-timeout=0",
        "--settle-timeout=1h",
        "--statement-timeout=2m",
        "--step-timeout=3",
        "--no-file-check",
      ],
    ],
    // Whoever reads it refuses it: it must not mean the default.
    [["status", "--timeout=", "--wait="], ["status", "--timeout=", "--wait="]],
    [["status", "--timeout", ""], ["status", "--timeout="]],
    [["status", "--wait=--"], ["status", "--wait=--"]],
    [["--v"], ["--version"]],
    [["--bogus", "--version", "status"], ["--version"]],
    [["completions", "bash"], ["completions", "bash"]],
    [["completions", "-h"], ["completions", "--help"]],
    [["completions", "--help", "bash"], ["completions", "--help"]],
    [["completions", "zsh", "-h"], ["completions", "zsh", "--help"]],
    [["completions", "fish", "-n", "x"], ["completions", "fish", "--name=x"]],
    [["completions", "complete", "status", "--admin_secret", "-h"], [
      "completions",
      "complete",
      "status",
      "--admin_secret",
      "-h",
    ]],
  ];
  for (const [args, argv] of cases) assert.deepEqual(normalizeArgv(args), { argv, notes: [] }, args.join(" "));
});

Deno.test("classifyWord() takes a prefix for the script's option, whatever options we add", () => {
  const all: OptionSpec = { long: "--all", help: "", script: true };
  const allow: OptionSpec = { long: "--allow", help: "", script: false };
  const allowed: OptionSpec = { long: "--allowed", help: "", script: false };
  const options = [allow, all, allowed];
  assert.deepEqual(classifyWord("--al", options), { kind: "option", option: all, attached: undefined });
  assert.deepEqual(classifyWord("--allow=x", options), { kind: "option", option: allow, attached: "x" });
  assert.deepEqual(classifyWord("--allo", options), { kind: "ambiguous", matches: [allow, allowed] });
  assert.deepEqual(classifyWord("--allowe", options), { kind: "option", option: allowed, attached: undefined });
});

Deno.test("normalizeArgv() reads older spellings and says so", () => {
  const older = 'without a command, -a and -r mean "migrate"; write "aerie_db_migration migrate …"';
  const secret = "--admin_secret is the older spelling of --admin-secret";
  const cases: [args: string[], argv: string[], notes: string[]][] = [
    [["-a", "--all"], ["migrate", "--apply", "--all"], [older]],
    [["-p", "x", "-e", "f", "-r"], ["migrate", "--hasura-path=x", "--env-path=f", "--revert"], [older]],
    [["-apx"], ["migrate", "--hasura-path=x", "--apply"], [older]],
    [["-ah"], ["migrate", "--help"], [older]],
    [["--all", "--app", "--json"], ["migrate", "--json", "--apply", "--all"], [older]],
    [["status", "--admin_secret=s=t"], ["status", "--admin-secret=s=t"], [secret]],
    [["-a", "--admin_secret", "s"], ["migrate", "--admin-secret=s", "--apply"], [secret, older]],
  ];
  for (const [args, argv, notes] of cases) assert.deepEqual(normalizeArgv(args), { argv, notes }, args.join(" "));
});

Deno.test("normalizeArgv() refuses a line and says what is wrong with it", () => {
  const cases: [args: string[], message: RegExp, next: RegExp][] = [
    [
      [],
      /no command is given \(choose from status, migrate, metadata, after, completions\)/,
      /aerie_db_migration --help/,
    ],
    [["bogus"], /"bogus": it is not a command/, /aerie_db_migration --help/],
    [["bogus", "-a"], /"bogus": it is not a command/, /aerie_db_migration --help/],
    [["migrate", "--apply=px"], /"--apply=…": option -a\/--apply takes no value/, /migrate --help/],
    [["help"], /"help": it is not a command/, /aerie_db_migration --help/],
    [["--", "status"], /"--": it is not a command/, /command first/],
    [["--"], /unrecognized arguments "--"$/, /choose a command/i],
    [["--json", "status"], /unrecognized arguments "--json"$/, /status --help/],
    [["-p", "x", "status"], /"x": it is not a command/, /command first/],
    [["-a", "status"], /unrecognized arguments "-a"$/, /status --help/],
    [["completions"], /no shell is given \(choose from bash, zsh, fish\)$/, /completions --help/],
    [["completions", "tcsh"], /"tcsh": it is not a shell .*\(choose from bash, zsh, fish\)$/, /completions --help/],
    [["completions", "bash", "extra"], /unrecognized arguments "extra"$/, /completions --help/],
    [["completions", "--bogus", "bash"], /unrecognized arguments "--bogus"$/, /completions --help/],
    [["--bogus", "completions", "bash"], /unrecognized arguments "--bogus"$/, /--help/],
    [["migrate"], /one of -a\/--apply and -r\/--revert is required/, /aerie_db_migration migrate --help/],
    [["migrate", "-a", "-r"], /-r\/--revert together with -a\/--apply/, /migrate --help/],
    [["migrate", "-ra"], /-a\/--apply together with -r\/--revert/, /migrate --help/],
    [["migrate", "--en", "f", "-h"], /"--en": it could mean --env-path, --endpoint$/, /migrate --help/],
    [["migrate", "-a", "--d", "x"], /"--d": it could mean --database-name, --debug$/, /migrate --help/],
    [["status", "-p"], /-p\/--hasura-path: it needs a value/, /status --help/],
    [["status", "-p", "-x"], /-p\/--hasura-path: it needs a value/, /--hasura-path=VALUE/],
    [["status", "-p=--"], /-p\/--hasura-path: it needs a value/, /status --help/],
    [["migrate", "-a=1"], /"-a=…": option -a\/--apply takes no value/, /migrate --help/],
    [
      ["migrate", "-a", "-hasura-path", "x"],
      /"-hasura-path": option -a\/--apply takes no value/,
      /--hasura-path with two/,
    ],
    [["migrate", "-a", "x", "--", "-h"], /unrecognized arguments "x" "--" "-h"$/, /migrate --help/],
    [
      ["metadata"],
      /"metadata": it is not said what to do \(choose from apply, reload, status, diff\)$/,
      /metadata --help/,
    ],
    [["metadata", "drop"], /"metadata" with "drop" \(choose from apply, reload, status, diff\)$/, /metadata --help/],
    [["metadata", "-p", "x", "diff"], /"metadata" with "x"/, /"metadata" is to do first/],
    [["metadata", "diff", "extra"], /unrecognized arguments "extra"$/, /metadata diff --help/],
    [["metadata", "status", "--database-name=Aerie"], /unrecognized arguments "--database-name=…"$/, /--help/],
    [["metadata", "SECRETsecret"], /a word that may be a secret/, /metadata --help/],
    [["after"], /"after": it is not said what to do \(choose from run, done\)$/, /after --help/],
    [["after", "done", "25"], /unrecognized arguments "25"$/, /after done --help/],
    [["after", "run", "--skip-after"], /unrecognized arguments "--skip-after"$/, /after run --help/],
    [["after", "run", "--yes"], /unrecognized arguments "--yes"$/, /after run --help/],
    [["-p", "x", "metadata", "diff"], /"x": it is not a command/, /command first/],
    [["--json", "metadata", "diff"], /unrecognized arguments "--json"$/, /metadata diff --help/],
    [["status", "--yes"], /unrecognized arguments "--yes"$/, /status --help/],
    [["migrate", "-a", "--check"], /unrecognized arguments "--check"$/, /migrate --help/],
    [["migrate", "-a", "\x1b[2J\x9b"], /unrecognized arguments \(a word that may be a secret\)$/, /migrate --help/],
  ];
  for (const [args, message, next] of cases) {
    const error = usageError(args);
    assert.match(error.message, message, args.join(" "));
    assert.match(error.next ?? "", next, args.join(" "));
  }
});

Deno.test("normalizeArgv() reads the commands of a group, with the options that each has", () => {
  const cases: [line: string, argv: string[]][] = [
    ["metadata apply", ["metadata", "apply"]],
    ["metadata diff --json -p x --hasura-path=y", ["metadata", "diff", "--hasura-path=y", "--json"]],
    ["metadata reload --allow --end http://h", [
      "metadata",
      "reload",
      "--endpoint=http://h",
      "--allow-inconsistent-metadata",
    ]],
    ["after run --workspace http://w", ["after", "run", "--workspace-endpoint=http://w"]],
    ["after done --yes --wait", ["after", "done", "--wait", "--yes"]],
    ["metadata -h", ["metadata", "--help"]],
    ["metadata --help apply", ["metadata", "--help"]],
    ["metadata apply -h", ["metadata", "apply", "--help"]],
    ["after done --he", ["after", "done", "--help"]],
    [
      "migrate -a --metadata none --skip --allow-inconsistent-metadata",
      ["migrate", "--apply", "--metadata=none", "--allow-inconsistent-metadata", "--skip-after"],
    ],
  ];
  for (const [line, argv] of cases) assert.deepEqual(normalizeArgv(line.split(" ")), { argv, notes: [] }, line);
});

Deno.test("normalizeArgv() says what to use in place of an option that is gone", () => {
  const network = ["-n h", "-nlocalhost", "-n=h", "--network-location h", "--network-location=h", "--network h"];
  const names = ["-db Aerie", "-dbAerie", "-db=Aerie", "--db-names Aerie", "--db-names=Aerie", "--db Aerie"];
  for (const start of ["migrate -a", "-a --all", "status", "migrate", ""]) {
    for (const option of network) {
      const error = usageError(`${start} ${option}`.trim().split(" "));
      assert.match(error.message, /^Cannot use option -n\/--network-location: /, `${start} ${option}`);
      assert.match(error.next ?? "", /--endpoint/);
    }
    for (const option of names) {
      const error = usageError(`${start} ${option}`.trim().split(" "));
      assert.match(error.message, /^Cannot use option -db\/--db-names: .* through Hasura/, `${start} ${option}`);
      assert.match(error.next ?? "", /--database-name/);
    }
  }
  assert.deepEqual(normalizeArgv(["migrate", "-a", "-n", "h", "-h"]).argv, ["migrate", "--help"]);
});

Deno.test("normalizeArgv() takes no value for --wait but an attached one", () => {
  for (const line of ["status --wait 90", "status --wait --json 90", "--wait status", "migrate -a --wait -- 90"]) {
    assert.match(usageError(line.split(" ")).message, /^Cannot /, line);
  }
  const error = usageError(["migrate", "-a", "--wait", "90", "--all"]);
  assert.match(error.message, /unrecognized arguments "90"$/);
  assert.equal(error.next, "Write a value for --wait without a blank, as --wait=90");
  assert.match(usageError(["migrate", "-a", "--wait=5", "90"]).next ?? "", /--help/);
});

Deno.test("readOptions() tells an optional value from none", () => {
  assert.deepEqual(readOptions(["--wait", "--lock-timeout=0"]), { wait: true, lockTimeout: "0" });
  assert.deepEqual(readOptions(["--wait=90", "--no-file-check"]), { wait: "90", noFileCheck: true });
  assert.deepEqual(readOptions(["--wait="]), { wait: "" });
});

Deno.test("normalizeArgv() lets no option of ours take a prefix of the script's", () => {
  assert.match(usageError("status --e x".split(" ")).message, /could mean --env-path, --endpoint$/);
  assert.match(usageError("status --en x".split(" ")).message, /could mean --env-path, --endpoint$/);
  assert.match(usageError("migrate -a --s 5".split(" ")).message, /--settle-timeout, --statement-timeout, --step-/);
  assert.match(usageError("migrate -a --no".split(" ")).message, /could mean --no-color, --no-file-check$/);
  assert.deepEqual(normalizeArgv(["migrate", "--re", "--al"]).argv, ["migrate", "--revert", "--all"]);
});

Deno.test("normalizeArgv() never shows a word that may be a secret", () => {
  const lines = [
    "migrate -a --admin_secret2 SECRET",
    "migrate -a --admin_secret2=SECRET",
    "migrate -a --hasura-admin-secret SECRET",
    "migrate -a --access-key SECRET",
    "migrate -a --password SECRET",
    "migrate -a --admin-secret my SECRET",
    "migrate -a --admin-secret=my SECRET words SECRET",
    "migrate -a --admin_secret my SECRET",
    "migrate -a --adm my SECRET",
    "migrate -a --admin-secret -SECRET",
    "migrate -a --admin-secret my -SECRET",
    "migrate -a --admin_secret2 -SECRET",
    "migrate -a --admin_secret2 --SECRET",
    "migrate -a --admin_secret2 -x SECRET",
    "migrate -a --admin-secret s -- SECRET",
    "migrate -admin-secret SECRET",
    "migrate -admin-secret=SECRET",
    "migrate -a --a=SECRET",
    "migrate -a --all=SECRET",
    "migrate -a --zzz=SECRET",
    "--admin-secret SECRET migrate -a",
    "--admin_secret SECRET status",
    "--ad SECRET status",
    "--a SECRET status",
    "--admin-secret=SECRET status",
    "--admin-secret my SECRET -n h",
    "status --admin-secretSECRET",
    "status --admin-secret:SECRET",
    "status --admin-secret: SECRET",
    "status --admin_secretSECRET",
    "status --ADMIN-SECRETSECRET",
    "status --endpoint:SECRET",
    "status \u2013admin-secret SECRET",
    "status \u2014admin-secret SECRET",
    "status \u2212\u2212admin-secret=SECRET",
    "\u2013\u2013admin-secret SECRET status",
    "\u2013ad SECRET status",
    "status --passwordSECRET",
    "status --my-SECRET-secret",
    "status my-SECRET-secret x",
    "status HASURA_GRAPHQL_ADMIN_SECRET=SECRET",
    "HASURA_GRAPHQL_ADMIN_SECRET=SECRET status",
    "status HASURA_GRAPHQL_ADMIN_SECRET SECRET",
    "status HASURA_GRAPHQL_ADMIN_SECRET= SECRET",
    "status X=SECRET",
    "SECRETsecret status",
    "completions SECRETsecret",
    "completions bash SECRETsecret",
    "completions bash --admin-secret SECRET",
    "migrate -a -s SECRET",
    "status -s SECRET",
    "status -sSECRET",
    "status -s=SECRET",
    "status -S SECRET --all",
    "status -k SECRET",
    "status -H x:SECRET",
    "status SECRET",
    "SECRET status",
    "SECRET",
    "status --SECRET",
    "status --SECRET=x",
    "status SECRET==",
    "status SECRET:x",
    "status -SECRET",
    "metadata SECRET",
    "after done SECRET",
    "completions SECRET",
    "completions bash SECRET",
    "status -e f SECRET",
    "status -- SECRET",
  ];
  // Whatever a secret is like.
  for (const secret of ["hunter", "aerie", "123", "X"]) {
    const { message } = usageError(["migrate", "-a", "-s", secret]);
    assert.match(message, /unrecognized arguments "-s" \(a word that may be a secret\)$/);
  }
  for (const line of lines) {
    const { message, next, state } = usageError(line.split(" "));
    const shown = `${message} ${next} ${state}`.replaceAll("HASURA_GRAPHQL_ADMIN_SECRET", "").replace(
      "ADMIN-SECRET",
      "",
    );
    assert.doesNotMatch(shown, /SECRET/, line);
  }
  const shown: [line: string, end: RegExp][] = [
    ["status --admin-secretVALUE", / "--admin-secret…"$/],
    ["status --admin-secret:VALUE", / "--admin-secret…"$/],
    ["status --admin_secretVALUE", / "--admin_secret…"$/],
    ["status \u2013admin-secret VALUE", / "\u2013admin-secret" \(a word that may be a secret\)$/],
    ["status HASURA_GRAPHQL_ADMIN_SECRET=VALUE", / "HASURA_GRAPHQL_ADMIN_SECRET…"$/],
    ["status --endpoint:VALUE", / "--endpoint:…"$/],
    ["status X=VALUE", / "X=…"$/],
    ["status --setle_timeout=9", / "--setle_timeout=…"$/],
    ["status --metdata", / "--metdata"$/],
    ["migrat -a", /"migrat": it is not a command/],
    ["status statsu", / "statsu"$/],
    ["status --my-secret", /arguments \(a word that may be a secret\)$/],
  ];
  for (const [line, end] of shown) assert.match(usageError(line.split(" ")).message, end, line);
  assert.match(usageError(["migrate", "-a", "--admin-secret", "s", "--bogus"]).message, /"--bogus"$/);
  assert.match(usageError(["migrate", "-a", "--admin-secret", "s", "--all", "extra"]).message, /"extra"$/);
});

Deno.test("quoteText() leaves nothing for a terminal to obey", () => {
  assert.equal(quoteText('a"\x1b[0m\u202e\u007f\n'), String.raw`"a\"\u001b[0m\u{202e}\u{7f}\n"`);
});
