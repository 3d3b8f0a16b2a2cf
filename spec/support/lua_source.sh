#!/bin/sh
# lua_source.sh [5.4.4|5.1.5]: puts the sources of Lua into build/lua-5.4.4 and prints that folder's name: who builds a Lua of
# its own (another processor, another libc, LUA_32BITS) takes it from there. They come from a Debian mirror, the one that apt
# uses first, and are those of lua.org: the checksum says so. What is there already is not fetched again; nothing outside
# build/ is touched.
set -eu
cd "$(dirname "$0")/../.."
version=${1:-5.4.4}
case $version in
  5.4.4) sum=164c7849653b80ae67bec4b7473b884bf5cc8d2dca05653475ec2ed27b9ebf61 ;;
  5.1.5) sum=2640fc56a795f29d28ef15e13c34a47e223960b0240e8cb0a82d9b0738695333 ;;
  *) echo "lua_source: 5.4.4 or 5.1.5, not $version" >&2 && exit 2 ;;
esac
series=${version%.*}
folder=build/lua-$version

whole() { echo "$sum  $scratch/archive" | sha256sum -c --status - 2>/dev/null; }

[ -d "$folder" ] || {
  mkdir -p build
  scratch=$(mktemp -d build/lua-source.XXXXXX)
  trap 'rm -rf "$scratch"' EXIT
  name=pool/main/l/lua$series/lua${series}_$version.orig.tar.gz
  mirror=$(apt-get --print-uris download "lua$series" 2>/dev/null | sed -n "s|^'\(.*\)pool/.*|\1|p" | head -n 1) || mirror=
  for url in "$mirror$name" "http://deb.debian.org/debian/$name" "https://www.lua.org/ftp/lua-$version.tar.gz"; do
    rm -f "$scratch/archive"
    case $url in pool/*) continue ;; esac
    # apt's own helper knows the proxy that apt knows
    /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$url" "$scratch/archive" >/dev/null 2>&1 ||
      curl -fsSL --max-time 60 -o "$scratch/archive" "$url" 2>/dev/null || continue
    whole && break
  done
  whole || {
    echo "lua_source: no mirror gave lua-$version.tar.gz with the right checksum; unpack it as $folder" >&2
    exit 1
  }
  tar -xzf "$scratch/archive" -C "$scratch" --no-same-owner
  # whoever was faster has put the same there
  mv -T "$scratch/lua-$version" "$folder" 2>/dev/null || [ -d "$folder" ]
}
echo "$folder"
