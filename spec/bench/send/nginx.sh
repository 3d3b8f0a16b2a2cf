#!/bin/sh
# Stands in for nginx where the sandbox's server starts one (it makes the certificates, tries another port where one is
# taken, stops it and clears up): sandbox.server.start { nginx = "sh .../nginx.sh" }. Puts a configuration of its own, for
# the benchmark of sending, in the place of the sandbox's. Listens on 127.0.0.1 only, and never keeps what it is sent.
#   PORT      HTTP/2 and HTTP/1.1, by ALPN: / answers at once, /slow/ after 50 ms
#   PORT + 1  HTTP/1.1: the same
#   PORT + 2  HTTP/1.1: the connection is closed after each answer
set -eu
[ "$1" = -p ] || { echo "usage: nginx.sh -p FOLDER -c nginx.conf" >&2; exit 2; }
conf=${2}nginx.conf
port=$(sed -n 's/.*listen 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$conf")
user=
[ "$(id -u)" -ne 0 ] || user="user root;" # workers of another user cannot read root's folder
pinned=
[ -z "${SERVER_CPU:-}" ] || pinned="worker_cpu_affinity $SERVER_CPU;"

# 229 bytes, as the API answers
answer='{"messaging_product":"whatsapp","contacts":[{"input":"16505551234","wa_id":"16505551234"}],"messages":[{"id":"'
answer=$answer'wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcAExgLMTY1MDU1NTEyMzQVAgARGBI5Q","message_status":"accepted"}]}'

# server PORT MORE: one that reads a message and answers it
server() {
  cat <<END
  server {
    listen 127.0.0.1:$1;
    ssl_certificate server.crt; ssl_certificate_key server.key; ssl_protocols TLSv1.3;
    default_type application/json; keepalive_timeout $2;
    location / { content_by_lua_block { answer() } }
    location /slow/ { content_by_lua_block { answer(0.05) } }
  }
END
}

cat > "$conf" <<END
$user
daemon on; pid nginx.pid; error_log error.log warn; worker_processes 1; worker_rlimit_nofile 8192; $pinned
load_module ${MODULES:-/usr/lib/nginx/modules}/ndk_http_module.so;
load_module ${MODULES:-/usr/lib/nginx/modules}/ngx_http_lua_module.so;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi; client_body_buffer_size 64k;
  http2_max_concurrent_streams 128;
  init_by_lua_block {
    local bytes = [[$answer]]
    function answer(seconds)
      ngx.req.read_body()
      if seconds then ngx.sleep(seconds) end
      ngx.header.content_length = #bytes
      ngx.print(bytes)
    end
  }
$(server "$port ssl http2" 600)
$(server "$((port + 1)) ssl" 600)
$(server "$((port + 2)) ssl" 0)
}
END
exec nginx "$@"
