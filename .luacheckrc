-- what every Lua from 5.1 on has, and what is asked for before it is used
std = "min"
read_globals = { "newproxy", "setfenv", "loadstring", math = { fields = { "tointeger", "maxinteger", "mininteger" } } }
max_line_length = 130
exclude_files = { "lua/whatsapp/types.lua" } -- generated, comments only
files["lua/whatsapp/transport/resty.lua"] = { read_globals = { "ngx" } } -- where it can be used
files["lua/whatsapp/transport/resty/alone.lua"] = { read_globals = { "ngx" } }
files["lua/whatsapp/transport/resty/clock.lua"] = { read_globals = { "ngx" } }
files["lua/whatsapp/transport/resty/exchange.lua"] = { read_globals = { "ngx" } }
files["lua/whatsapp/transport/resty/turn.lua"] = { read_globals = { "ngx" } }
files["lua/whatsapp/transport/resty/workers.lua"] = { globals = { "ngx" } } -- it writes into ngx.ctx
files["spec/support/resty_*.lua"] = { read_globals = { "ngx" } } -- they run in nginx
files["spec/support/dns_server.lua"] = { std = "lua54" } -- always run by Lua 5.4
files["spec"] = { std = "min+busted", max_line_length = 150 } -- tables of cases
files["spec/support/fault_server.lua"] = { std = "lua54" } -- always run by Lua 5.4
files["examples/hosts/neovim.lua"] = { read_globals = { "vim" } }
files["examples/hosts/weechat.lua"] = { globals = { "whatsapp_turn", "whatsapp_command" } } -- WeeChat calls functions by name
files["examples/hosts/prosody.lua"] = { read_globals = { "module" } }
files["examples/hosts/apache.lua"] = { globals = { "handle" }, read_globals = { "apache2" } }
files["examples/hosts/lapis.lua"] = { read_globals = { "ngx" } }
files["examples/hosts/love"] = { globals = { "love" } }
files["examples/hosts/minetest"] = { read_globals = { "minetest" } }
