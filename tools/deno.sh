#!/bin/sh
# Runs the project's Deno with the project's config, as `tools/deno.sh <subcommand> [arguments]`. PROJECT_CONFIG names another.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$root/.tools/env" ] || sh "$root/tools/setup.sh"
. "$root/.tools/env"
subcommand=$1
shift

# Sites that look into TLS have a certificate authority of their own.
export DENO_TLS_CA_STORE="${DENO_TLS_CA_STORE:-system,mozilla}" DENO_NO_UPDATE_CHECK=1
# Where it is set, every failed check ends in a page about Deno's own insides.
unset RUST_BACKTRACE
if [ "$subcommand" = compile ] && [ -z "${DENORT_BIN:-}" ]; then
  # Set-up has counted on DENORT_BIN, which is gone since.
  if [ "$SETUP_DENORT_FROM" = environment ]; then
    sh "$root/tools/setup.sh"
    . "$root/.tools/env"
  fi
  if [ "$SETUP_DENORT_FROM" = nowhere ]; then
    echo "Cannot compile: Deno's download host does not answer, and npm has the runtime for Linux x64 only." >&2
    echo "Set DENORT_BIN to the file denort of Deno $(cat "$root/.deno-version"), then try again." >&2
    exit 1
  fi
  [ -z "$SETUP_DENORT" ] || export DENORT_BIN="$root/$SETUP_DENORT"
fi
case "$SETUP_DENO" in
  .tools/*) deno=$root/$SETUP_DENO ;;
  *) deno=$SETUP_DENO ;;
esac
exec "$deno" "$subcommand" --config "$root/${PROJECT_CONFIG:-$SETUP_CONFIG}" "$@"
