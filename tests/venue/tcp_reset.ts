/**
 * A TCP reset, which Deno's own `close()` never sends: it says goodbye first, in order.
 *
 * @module
 */

/** Whether {@linkcode resetConnection} works here. */
export const CAN_RESET: boolean = Deno.build.os === "linux";

/**
 * Resets an IPv4 connection where that is possible: the other end fails to read with "connection reset". It is still to
 * be closed here.
 */
export function resetConnection(connection: Deno.TcpConn): void {
  if (!CAN_RESET) return;
  const descriptor = findDescriptor(connection);
  if (descriptor === undefined) return;
  const library = Deno.dlopen("libc.so.6", { connect: { parameters: ["i32", "buffer", "u32"], result: "i32" } });
  try {
    // Connecting to an address of family 0 (AF_UNSPEC) takes a connection apart, by a reset.
    library.symbols.connect(descriptor, new Uint8Array(16), 16);
  } finally {
    library.close();
  }
}

/** The number by which the kernel knows the connection in this process; `undefined` when it is gone. */
function findDescriptor({ localAddr, remoteAddr }: Deno.TcpConn): number | undefined {
  const [local, remote] = [portInHex(localAddr), portInHex(remoteAddr)];
  const sockets = Deno.readTextFileSync("/proc/self/net/tcp").split("\n").map((line) => line.trim().split(/\s+/));
  const inode = sockets.find(([, here, there]) => here?.endsWith(local) && there?.endsWith(remote))?.[9];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    if (readLink(`/proc/self/fd/${name}`) === `socket:[${inode}]`) return Number(name);
  }
  return undefined;
}

function portInHex({ port }: Deno.NetAddr): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

// The descriptor by which the folder itself is read is gone when it is looked at.
function readLink(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}
