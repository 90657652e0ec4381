/**
 * A throw-away PostgreSQL server, where its programs are installed.
 *
 * @module
 */

/** A running server. */
export interface Cluster {
  /** Connection URL of its `postgres` database. */
  readonly url: string;
  /** Stops the server and deletes its files. */
  stop(): Promise<void>;
}

// Runs the server until it ends or standard input does, which happens even when this process is killed.
// SIGINT: fast shutdown, open connections are cut.
const KEEPER = `exec 3<&0
"$@" 3<&- & server=$!
(read -r _ <&3; kill -INT "$server") 2>/dev/null & watcher=$!
wait "$server"
kill "$watcher" 2>/dev/null`;

const READY = "database system is ready to accept connections";

/** Starts a server on a free port of 127.0.0.1; `undefined` where no PostgreSQL is installed. */
export async function startCluster(): Promise<Cluster | undefined> {
  const programs = Deno.build.os === "windows" ? undefined : await findPrograms("postgres", "initdb");
  if (programs === undefined) return undefined;
  const folder = await Deno.makeTempDir({ prefix: "venue_cluster_" });
  try {
    const user = await otherUser();
    if (user !== undefined) await run("chown", [user, folder]);
    const data = `${folder}/data`;
    const options = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
    await run(...asUser(user, `${programs}/initdb`, options));
    const port = freePort();
    const settings = { listen_addresses: "127.0.0.1", port, unix_socket_directories: folder, fsync: "off" };
    const speed = { synchronous_commit: "off", full_page_writes: "off" };
    const flags = Object.entries({ ...settings, ...speed, max_prepared_transactions: 10, timezone: "Etc/UTC" });
    const server = start(
      ...asUser(user, `${programs}/postgres`, [
        "-D",
        data,
        ...flags.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ]),
    );
    await server.ready;
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      async stop() {
        await server.stop();
        await Deno.remove(folder, { recursive: true });
      },
    };
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

/** The folder that has these programs of PostgreSQL's, the newest one; `undefined` where none has. */
export async function findPrograms(...names: string[]): Promise<string | undefined> {
  const folders: string[] = [];
  try {
    for await (const { name } of Deno.readDir("/usr/lib/postgresql")) folders.push(`/usr/lib/postgresql/${name}/bin`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  folders.sort((one, other) => Number(other.split("/")[4]) - Number(one.split("/")[4]));
  folders.push(...(Deno.env.get("PATH") ?? "").split(":"));
  for (const folder of folders) {
    const found = await Promise.all(names.map((name) => exists(`${folder}/${name}`)));
    if (found.every((there) => there)) return folder;
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to run as root: the user to run it as, where this is root. */
async function otherUser(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return undefined;
  const users = (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":", 1)[0]);
  return users.includes("postgres") ? "postgres" : "nobody";
}

function asUser(user: string | undefined, program: string, options: string[]): [string, string[]] {
  if (user === undefined) return [program, options];
  return ["setpriv", [`--reuid=${user}`, "--clear-groups", "--", program, ...options]];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function run(program: string, options: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: options, stdout: "null", cwd: "/" }).output();
  if (!success) throw new Error(`Cannot start PostgreSQL: ${program} failed: ${new TextDecoder().decode(stderr)}`);
}

function start(program: string, options: string[]): { ready: Promise<void>; stop(): Promise<void> } {
  const child = new Deno.Command("sh", {
    args: ["-c", KEEPER, "sh", program, ...options],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    cwd: "/",
    // Ctrl-C must reach the venue only, which stops this server when it no longer needs it.
    detached: true,
  }).spawn();
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const reading = (async () => {
    let said = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      // Read to the end, or the server would stop at a full pipe; kept only until it is up.
      if (!said.includes(READY)) said += text;
      if (said.includes(READY)) resolve();
    }
    reject(new Error(`Cannot start PostgreSQL: it ended with: ${said}`));
  })();
  return {
    ready,
    async stop() {
      await child.stdin.close();
      await Promise.all([child.status, reading]);
    },
  };
}
