#!/bin/sh
# Makes everything ready that the other commands need, and says in one line how. Safe to run any number of times.
#
#   Deno      the one on PATH if its version is that of .deno-version; else Deno's download host; else npm
#   the rest  tools/setup.ts: the packages from JSR, else from npm, and the runtime for `deno compile`, which DENORT_BIN
#             may name
#
# SETUP_WAY=jsr or SETUP_WAY=npm takes that way only. Nothing is written but .tools/ and deno.npm.json, both ignored by git.
set -eu
cd "$(dirname "$0")/.."
way=${SETUP_WAY:-auto}
version=$(cat .deno-version)

fail() {
  echo "set-up failed: $1" >&2
  exit 1
}

# Prints the version of the Deno at $1, nothing if it is not one that runs here.
version_of() {
  "$1" --version 2>/dev/null | sed -n '1s/^deno \([^ ]*\).*/\1/p' || true
}

# What the outcome depends on: it is redone when any of this changes.
on_path=$(command -v deno || true)
made_from="$(cat .deno-version deno.json deno.lock tools/setup.sh tools/setup.ts tools/npm_way.ts tools/lock.ts tools/program.ts | cksum) $way $on_path ${DENORT_BIN:-}"

if [ -f .tools/env ]; then
  . ./.tools/env
  if [ "$SETUP_MADE_FROM" = "$made_from" ] && [ "$(version_of "$SETUP_DENO")" = "$version" ] &&
    [ -f "$SETUP_CONFIG" ] && [ -f .tools/program.json ] && { [ -z "$SETUP_DENORT" ] || [ -f "$SETUP_DENORT" ]; } &&
    { [ -z "${DENORT_BIN:-}" ] || [ -f "$DENORT_BIN" ]; }; then
    echo "$SETUP_SAID" >&2
    exit 0
  fi
fi

mkdir -p .tools
temporary=.tools/tmp.$$
mkdir "$temporary"
trap 'rm -rf "$temporary"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

case "$(uname -s)" in
  Linux) os=linux suffix=-glibc triple=unknown-linux-gnu exe='' ;;
  Darwin) os=darwin suffix='' triple=apple-darwin exe='' ;;
  MINGW* | MSYS* | CYGWIN*) os=win32 suffix='' triple=pc-windows-msvc exe=.exe ;;
  *) fail "Deno has no program for $(uname -s); put deno $version on PATH" ;;
esac
case "$(uname -m)" in
  x86_64 | amd64) arch=x64 triple=x86_64-$triple ;;
  aarch64 | arm64) arch=arm64 triple=aarch64-$triple ;;
  *) fail "Deno has no program for $(uname -m); put deno $version on PATH" ;;
esac
platform=$os-$arch$suffix

# Moves the program at $1 to its place; $2 says where it came from.
keep_deno() {
  chmod +x "$1"
  found=$(version_of "$1")
  [ "$found" = "$version" ] || fail "the Deno from $2 does not run here, or is not $version (it says \"$found\")"
  mkdir -p "$home"
  echo "$2" >"$home/from"
  mv "$1" "$home/deno$exe"
}

sha256_of() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

unzip_here() {
  if command -v unzip >/dev/null; then
    unzip -q "$1"
  elif tar --version 2>/dev/null | grep -q bsdtar; then
    tar -xf "$1"
  else
    return 1
  fi
}

# Takes Deno from its own download host, checked against the hash published there. Returns 1 where that is not possible.
deno_from_host() {
  command -v curl >/dev/null || return 1
  url=https://dl.deno.land/release/v$version/deno-$triple.zip
  curl -fsSL --connect-timeout 3 --max-time 20 -o "$temporary/sum" "$url.sha256sum" 2>/dev/null || return 1
  echo "set-up: downloading deno $version …" >&2
  curl -fsSL --connect-timeout 3 --max-time 900 -o "$temporary/deno.zip" "$url" || return 1
  # The Windows one is written by PowerShell: other words, upper case, two bytes a character.
  expected=$(tr -d '\000' <"$temporary/sum" | tr 'A-F' 'a-f' | grep -oE '[0-9a-f]{64}' | head -n 1)
  [ -n "$expected" ] || return 1
  actual=$(sha256_of "$temporary/deno.zip")
  [ "$actual" = "$expected" ] || fail "deno-$triple.zip has the SHA-256 $actual, published is $expected"
  (cd "$temporary" && unzip_here deno.zip) || return 1
  keep_deno "$temporary/deno$exe" "Deno's host"
}

# Known hashes of npm's packages. Of the others npm itself checks what its registry states.
pinned_integrity() {
  case "$1" in
    linux-x64-glibc@2.7.11)
      echo sha512-TCRXqy4rHI+pKmWfjIz/qfDyfTz61qhxj+03kEJ3r0YzRGsXNoHyE7WiUawwUK2hbrBAu7hn3m5833VUYqRzOg==
      ;;
  esac
}

# Takes Deno from npm: the package of this platform, whose file is the program itself.
deno_from_npm() {
  command -v npm >/dev/null && command -v node >/dev/null || return 1
  echo "set-up: downloading deno $version with npm …" >&2
  (cd "$temporary" && npm pack --silent "@deno/$platform@$version" </dev/null >/dev/null) || return 1
  mv "$temporary"/deno-*.tgz "$temporary/deno.tgz"
  expected=$(pinned_integrity "$platform@$version")
  actual=$(node -e 'const hash = require("crypto").createHash("sha512");
    hash.update(require("fs").readFileSync(process.argv[1]));
    console.log("sha512-" + hash.digest("base64"))' "$temporary/deno.tgz")
  if [ -n "$expected" ] && [ "$actual" != "$expected" ]; then
    fail "npm's @deno/$platform@$version has the hash $actual, pinned is $expected"
  fi
  (cd "$temporary" && tar -xzf deno.tgz "package/deno$exe")
  keep_deno "$temporary/package/deno$exe" npm
}

home=.tools/deno-$version
if [ -n "$on_path" ] && [ "$(version_of "$on_path")" = "$version" ]; then
  deno=$on_path from="PATH"
else
  deno=$home/deno$exe
  if [ "$(version_of "$deno")" != "$version" ]; then
    { [ "$way" != npm ] && deno_from_host; } || { [ "$way" != jsr ] && deno_from_npm; } ||
      fail "deno $version is not on PATH, and neither Deno's download host nor npm gives it; install deno $version, or node with npm"
  fi
  from=$(cat "$home/from")
fi

export DENO_TLS_CA_STORE="${DENO_TLS_CA_STORE:-system,mozilla}" DENO_NO_UPDATE_CHECK=1
"$deno" run --quiet --no-config --no-lock -A tools/setup.ts "$way" "$from" "$made_from"
. ./.tools/env
echo "$SETUP_SAID" >&2
