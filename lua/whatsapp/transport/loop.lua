-- What the transports over libcurl share: one client of whatsapp.curl, made when it is first needed, and who waits for
-- which answer. Whoever waits when it is closed is told so. Knows no event loop; waits only where it is told to.
local options = require "whatsapp.options"

local loop = {}

local NEW = {
  timeout = "seconds", connect_timeout = "seconds", proxy = "string", ca_file = "text", user_agent = "text",
  allow_http = "boolean", max_body = "bytes", headers = "names",
}

local PROGRESS_EVERY = 0.1 -- seconds, at the least

local CLOSED = "the transport was closed while this was under way; the request may have been sent"

local function check_streams(request, blamed)
  if (request.body_file and (request.form or request.body)) or (request.form and request.body) then
    error("a request has one of body, body_file and form", blamed)
  end
  local kind = type(request.progress)
  if kind ~= "nil" and kind ~= "function" then error("progress must be a function, not a " .. kind, blamed) end
end

---@param name string of the module
---@param given whatsapp.curl_options?
---@param level integer of the caller to blame, as error() counts from here
---@param watched boolean whether a loop watches its descriptor
---@return table state .client(), .begin(request, done), .drain(), .wait(seconds), .fd(), .close(), .is_closed()
function loop.new(name, given, level, watched)
  local kept = options.check(given, NEW, level + 1)
  local client, closed
  local observed = {} -- whose progress somebody wants to know: by the done function
  local state = {}

  function state.is_closed() return closed end

  ---the client, which is made when it is first needed
  ---@param blamed integer of the caller to blame
  function state.client(blamed)
    if closed then error("attempt to use a closed transport", (blamed or 3) + 1) end
    if client then return client end
    client = assert(require("whatsapp.curl").new(kept))
    if watched and client:pollfd() == nil then error(name .. ": this system has no descriptor to watch", 0) end
    return client
  end

  ---the descriptor, which is another one in a forked child; nil before the first request
  function state.fd()
    return client and not closed and client:pollfd() or nil
  end

  local function check(request, blamed)
    if closed then error("attempt to use a closed transport", blamed + 1) end
    if type(request) ~= "table" then error("the request must be a table, not a " .. type(request), blamed + 1) end
    if request.body_file or request.form or request.progress then check_streams(request, blamed + 2) end
  end

  -- one step that libcurl took later: whoever raises is asked no more, and the outcome says what it raised
  local function report(done, watch, now)
    local moved, total, ended = client:progress(done)
    if moved == nil or not (ended or (now >= watch.at and moved ~= watch.moved)) then return end
    watch.at, watch.moved = now + PROGRESS_EVERY, moved
    if ended then observed[done] = nil end
    local ok, problem = pcall(watch.call, moved, total)
    if not ok then observed[done], watch.failed.text = nil, tostring(problem) end
  end

  -- whoever is called may begin another one, or close the transport
  local function report_all()
    local now, all = loop.now(), {}
    for done, watch in pairs(observed) do all[done] = watch end
    for done, watch in pairs(all) do
      if not closed then report(done, watch, now) end
    end
  end

  local function told(failed, response, text, details)
    local outcome = response or details
    if failed.text and outcome then outcome.progress_error = failed.text end
    return response, text, details
  end

  -- the done function for a request whose progress is told, and what tells it
  local function observing(request, done)
    local failed = {}
    local function finished(...) done(told(failed, ...)) end
    return finished, { call = request.progress, at = loop.now() + PROGRESS_EVERY, failed = failed }
  end

  -- the tag that libcurl's client knows it by
  local function add(request, done)
    local watch
    if request.progress then done, watch = observing(request, done) end
    local added, text, details = state.client():add(request, done)
    if added then observed[done] = watch
    else done(nil, text, details) end
    return done
  end

  -- Step by step, so that between two steps its progress can be told. Whatever is raised meanwhile, as by Ctrl-C, ends it.
  local function perform_observed(request)
    local ended, response, text, details
    local tag = add(request, function(...) ended, response, text, details = true, ... end)
    while not ended do
      local ok, problem = pcall(state.wait, 1)
      if not ok then
        if not closed then client:abort(tag) end
        error(problem, 0)
      end
    end
    return response, text, details
  end

  ---one request; waits in libcurl for its answer
  function state.perform(request, blamed)
    check(request, blamed + 1)
    if request.progress then return perform_observed(request) end
    return state.client():perform(request)
  end

  ---the answer comes through done(response | nil, text, details), from within drain() or at once
  function state.begin(request, done, blamed)
    check(request, (blamed or 2) + 1)
    add(request, done)
  end

  local function hand_over(done, a, b, c)
    if done == nil then return false end
    done(a, b, c)
    return true
  end

  -- whoever is called may close it
  local function hand_over_all()
    repeat
      if next(observed) ~= nil then report_all() end
    until closed or not hand_over(client:next())
  end

  ---does what can be done without waiting, and hands over what has ended
  function state.drain()
    if closed then return end
    client:step()
    hand_over_all()
  end

  ---the same, after a wait for something to end
  function state.wait(seconds)
    state.client(3):wait(seconds)
    hand_over_all()
  end

  function state.close()
    if closed then return end
    local ended = client
    local left = ended and ended:tags() or {} -- which may raise
    closed, observed, client = true, {}, nil
    if ended then ended:close() end
    for _, done in ipairs(left) do
      done(nil, CLOSED, { kind = "transport", retryable = false, may_have_been_sent = true })
    end
  end
  return state
end

local FIRM = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

---Lua 5.1 suspends nothing within a pcall or the iterator of a `for`, and says so only when it is to happen: what was begun
---by then would go on, and nobody would wait for its answer. To be called before anything is, where a coroutine would wait.
function loop.check_suspendable()
  if not FIRM then return end
  local level = 2
  local info = debug.getinfo(level, "nS")
  while info do
    local within = info.what == "C" and (info.name or "a C function") or info.name == "(for generator)" and "a for"
    if within then error(("within %s Lua 5.1 cannot wait in an event loop; nothing was sent"):format(within), 0) end
    level = level + 1
    info = debug.getinfo(level, "nS")
  end
end

local clock

---@return number seconds of a clock that never goes back
function loop.now()
  clock = clock or require("whatsapp.curl").now
  return clock()
end

return loop
