#!/bin/sh
# Names the Debian packages that are missing of those it is called with. Installs them for root, else says the line to run and
# ends with an error: never calls sudo, and removes nothing. On another system it says where to read what is needed.
set -eu
if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "not a Debian system: see the README for what to install" >&2
  exit 0
fi
missing=
for package; do
  case $package in
    libcurl4-*-dev) pkg-config --exists libcurl 2>/dev/null && continue ;; # any of its flavours will do
  esac
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "Debian packages are missing; run this, then make again:" >&2
  echo "  sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
echo "installing with apt-get:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086
apt-get -qq -y --no-install-recommends install $missing >/dev/null
