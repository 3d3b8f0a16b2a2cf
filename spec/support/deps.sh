#!/bin/sh
# Installs the Debian packages that are missing of those named; on another system says what to install. Removes nothing.
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
echo "installing:$missing"
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
$sudo apt-get -qq update
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing >/dev/null
