#!/bin/sh
# release.sh VERSION: makes the files of a release and proves that the rock works; uploads and tags nothing. What CHANGELOG.md says
# below "## [Unreleased]" gets the heading "## [VERSION] - today", unless there is one already; one of another day is refused, and
# so is one without words. Writes the version into lua/whatsapp/init.lua, makes rockspec/lua-whatsapp-VERSION-1.rockspec, packs the rock, installs it into an empty folder and runs the README's first program
# from there, against a sandbox. Prints the commands that a person then runs.
version=$1
fail() { echo "release: $*" >&2; exit 1; }

echo "$version" | grep -Eq '^[0-9]+\.[0-9]+\.[0-9]+$' || fail "say the version: make release VERSION=0.2.0"
today=$(date +%Y-%m-%d)
grep -q "^## \[$version\]" CHANGELOG.md || sed -i "s/^## \[Unreleased\]\$/&\n\n## [$version] - $today/" CHANGELOG.md
grep -q "^## \[$version\] - $today\$" CHANGELOG.md || fail "CHANGELOG.md needs the heading: ## [$version] - $today"
awk -v heading="## [$version] " 'index($0, heading) == 1 {inside = 1; next} /^## \[/ {inside = 0} inside && /^- / {found = 1}
  END {exit !found}' CHANGELOG.md || fail "CHANGELOG.md says nothing below ## [$version]"
git rev-parse -q --verify "refs/tags/v$version" >/dev/null && fail "the tag v$version exists"

sed -i "s/^whatsapp\._VERSION = \".*\"/whatsapp._VERSION = \"$version\"/" lua/whatsapp/init.lua
rockspec=rockspec/lua-whatsapp-$version-1.rockspec
sed -e "s/^version = \"scm-1\"/version = \"$version-1\"/" \
  -e "s|^\( *url = \"[^\"]*\"\),\$|\1,\n  tag = \"v$version\",|" rockspec/lua-whatsapp-scm-1.rockspec >"$rockspec"
luarocks lint "$rockspec" || fail "luarocks lint refuses $rockspec"

folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
# the working tree is packed, as the tag does not exist yet
mkdir "$folder/lua-whatsapp" && git ls-files -co --exclude-standard | tar -c -T - | tar -x -C "$folder/lua-whatsapp" || fail "cannot copy"
(cd "$folder/lua-whatsapp" && luarocks --lua-version 5.4 make --deps-mode=none --tree "$folder/made" "$rockspec" &&
  cd "$folder" && luarocks --lua-version 5.4 pack --tree "$folder/made" lua-whatsapp "$version") >"$folder/log" 2>&1 || {
    cat "$folder/log"; fail "the rock cannot be packed"; }
rock=$(ls "$folder"/lua-whatsapp-"$version"-1.*.rock)
luarocks --lua-version 5.4 install --deps-mode=none --tree "$folder/tree" "$rock" >"$folder/log" 2>&1 || {
  cat "$folder/log"; fail "the packed rock cannot be installed"; }
export LUA_PATH="$folder/tree/share/lua/5.4/?.lua;$folder/tree/share/lua/5.4/?/init.lua;;"
export LUA_CPATH="$folder/tree/lib/lua/5.4/?.so;;"
awk '/^```lua$/ {inside = 1; next} /^```$/ {if (inside) exit} inside' README.md >"$folder/first.lua"
(cd "$folder" && PATH="$PATH:/usr/sbin" lua5.4 -e '
  local server, whatsapp = require("whatsapp.sandbox.server").start(), require "whatsapp"
  local new = whatsapp.new
  function whatsapp.new(options)
    options.token, options.base_url, options.ca_file = "any", server.base_url, server.ca_file
    return new(options)
  end
  local ok, err = pcall(dofile, "first.lua")
  server.stop()
  assert(ok, err)') || fail "the first program of the README does not run from the installed rock"

cat <<END
The rock of $version works. Look at the change, then:
  git add -A && git commit -m "Version $version" && git tag v$version && git push origin main v$version
  luarocks upload $rockspec --api-key=...
END
