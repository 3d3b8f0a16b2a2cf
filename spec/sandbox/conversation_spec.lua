-- Conversations (a test plays user and bot) and tapes (recorded runs that are played again). In this process.
local escaped = require "whatsapp.sandbox.escaped"
local sandbox = require "whatsapp.sandbox"
local tape = require "whatsapp.sandbox.tape"
local whatsapp = require "whatsapp"

-- Returns a box whose bot asks with buttons, and names the button that was pressed; and the client of the bot. `words` changes the
-- answer of the bot.
local function new_bot(words, options)
  local client
  local function on_message(event)
    local message = { text = { body = (words or "You pressed ") .. tostring(event.reply_id or event.text) } }
    if event.text == "hi" then
      message = { interactive = { type = "button", body = { text = "Which?" }, action = { buttons = {
        { type = "reply", reply = { id = "yes", title = "Yes" } }, { type = "reply", reply = { id = "no", title = "No" } } } } } }
    elseif event.text == "two" then assert(client:reply(event, { text = { body = "first" } })) end
    if event.text ~= "silence" then assert(client:reply(event, message)) end
  end
  options = options or {}
  options.app_secret = "s"
  options.webhook = whatsapp.webhook.handler {
    app_secret = "s", verify_token = "v", on = { message = on_message }, on_error = function(err) error(err) end,
  }
  local box = sandbox.new(options)
  client = whatsapp.new { token = "t", phone_number_id = "106540352242922", transport = box.transport }
  return box, client
end

describe("a conversation", function()
  it("has the actions of the user and the answers of the bot, in turn", function()
    local box = new_bot()
    box:conversation { "hi", { "buttons", "yes" }, "You pressed yes" }
    box:conversation { "hi", { "buttons" }, { "presses", "no" }, "You pressed no", "x", "You pressed x" }
    box:conversation { "two", "first", { bot = "You pressed two" }, { user = "a" }, "You pressed a" }
    box:conversation { "silence" }
    local carla = box:user("49151", { name = "Carla" })
    box:conversation { user = carla, "z", "You pressed z" }
    assert.equal("You pressed z", carla:last().text.body)
  end)

  it("that differs raises at the line of the test, with the lines of both sides", function()
    local box = new_bot()
    local cases = {
      { { "hi", "Hello" }, "- bot   Hello\n+ bot   [buttons: yes, no] Which?" },
      { { "hi", { "buttons", "maybe" } }, "- bot   [buttons with maybe]\n+ bot   [buttons: yes, no] Which?" },
      { { "x", "You pressed x", "silence", "something" },
        "  user  x\n  bot   You pressed x\n  user  silence\n- bot   something\n+ bot   (no message)" },
      { { "two", "first" }, "- bot   (no message)\n+ bot   You pressed two" },
      { { "two", "first", { user = "x" } }, "- bot   (no message)\n+ bot   You pressed two" },
      { { "hi", { "list" } }, "- bot   [list]\n+ bot   [buttons: yes, no] Which?" },
      { { { "dances" } }, "step 1: a user has no function" }, { { 5 }, "step 1 must be a string or a table" },
      { { { "presses", "nothing" } }, "press: " },
    }
    for _, case in ipairs(cases) do
      local ok, err = pcall(function() box:conversation(case[1]) end)
      assert.is_false(ok)
      assert.is_truthy(err:find(case[2], 1, true), err)
      assert.is_truthy(err:find("conversation_spec.lua", 1, true), err)
    end
  end)
end)

-- records the run of a box; returns a function that returns the record
local function record(box)
  local lines = {}
  box.on_event = function(event) lines[#lines + 1] = tape.line(event, box) end
  return function() return table.concat(lines, "\n") .. "\n" end
end

-- plays a tape in a box whose bot is in this process; returns the tape of the new run
local function play(recorded, box)
  local lines, ids = record(box), {}
  for _, step in ipairs(recorded.steps) do
    local before = #box.messages
    recorded:perform(box, step, ids)
    local played = {}
    for i = before + 1, #box.messages do played[#played + 1] = box.messages[i].id end
    recorded:pair(step.ids, played, ids)
  end
  return assert(tape.read(lines()))
end

describe("a tape", function()
  local function recorded_run()
    local box = new_bot(nil, { seed = 1 })
    local lines = record(box)
    local ana = box:user "16505551234"
    ana:writes "hi / 😀"
    ana:writes "hi"
    ana:presses "yes"
    ana:sends_location(1.5, 2)
    ana:reacts "👍"
    box:user("5511912345678"):writes "two"
    box.clock:advance(5)
    return assert(tape.read(lines())), box
  end

  it("is played again with other ids, and has the same result", function()
    local recorded = recorded_run()
    assert.same({ 6, 1, 2 }, { #recorded.steps, #recorded.steps[1].answers, #recorded.steps[6].answers })
    local box = new_bot(nil, { seed = 2 })
    local played = play(recorded, box)
    assert.is_nil(recorded:compare(played))
    local pressed = box.inbound[3].inbound
    assert.equal(box.messages[2].id, pressed.context.id)
    assert.equal(box.messages[4].id, box.inbound[5].inbound.reaction.message_id)
  end)

  it("has the bytes of the files that users send, so that a bot can download them in another run", function()
    local function run(first, recorded)
      local fetched, client = {}, nil
      local box = sandbox.new { app_secret = "s", webhook = whatsapp.webhook.handler {
        app_secret = "s", verify_token = "v", on = { message = function(event)
          local pieces = {}
          assert(client.media:download(event.media.id, function(piece)
            pieces[#pieces + 1] = piece
            return true
          end))
          fetched[#fetched + 1] = table.concat(pieces)
        end },
      } }
      client = whatsapp.new { token = "t", phone_number_id = "1", transport = box.transport }
      if recorded then return play(recorded, box), fetched, box end
      local lines = record(box)
      box:user("16505551234"):sends_file(first)
      return assert(tape.read(lines())), fetched, box
    end
    local file = { name = "menu.txt", data = "soup\0 \255/" }
    local recorded, fetched = run(file)
    assert.same({ file.data }, fetched)
    local played, again, box = run(nil, recorded)
    assert.same({ file.data }, again)
    assert.is_nil(recorded:compare(played))
    assert.equal("menu.txt", box.inbound[1].inbound.document.filename)
    assert.is_nil(tape.read '{"kind":"media","at":1,"id":"1","base64":"?"}')
  end)

  it("shows the answers of a bot that differ from the record as a unified diff", function()
    local recorded = recorded_run()
    local diff = recorded:compare(play(recorded, (new_bot "Pressed: ")))
    assert.is_truthy(diff:find("--- recorded\n+++ played\n@@ ", 1, true))
    assert.is_truthy(diff:find('\n-bot  {', 1, true))
    assert.is_truthy(diff:find('\n+bot  {', 1, true))
    assert.is_truthy(diff:find("Pressed: yes", 1, true))
    assert.is_truthy(diff:find("\n user 16505551234", 1, true))
  end)

  it("has the webhooks' bytes, each once", function()
    local recorded, box = recorded_run()
    assert.equal(box.delivery_count, #recorded.bodies)
    assert.equal(box.shelves.deliveries.list[1].body, recorded.bodies[1])
  end)

  it("names a line that is not an event", function()
    for _, case in ipairs { { "{", 1 }, { '{"kind":"clock","at":1}\n5', 2 }, { '\n\n{"kind":5}', 3 }, { '{"kind":"inbound","at":1}', 1 },
      { '{"kind":"inbound","at":1,"user":"x","message":5}', 1 } } do
      local read, err = tape.read(case[1])
      assert.is_nil(read)
      assert.is_truthy(err:find("line " .. case[2], 1, true), err)
    end
    assert.same({}, assert(tape.read "").steps)
    assert.same({}, assert(tape.read '{"kind":"unknown","at":1,"more":[]}\r\n').steps)
  end)

  it("compares everything except ids and times", function()
    local function message(id, words) return { to = "1", context = { message_id = id }, text = { body = words } } end
    assert.equal(tape.normal(message("a", "x")), tape.normal(message("b", "x")))
    assert.are_not.equal(tape.normal(message("a", "x")), tape.normal(message("a", "y")))
    local function reply(id) return { interactive = { button_reply = { id = id } } } end
    assert.are_not.equal(tape.normal(reply "a"), tape.normal(reply "b"))
    assert.equal(tape.normal { image = { id = "1" } }, tape.normal { image = { id = "2" } })
    assert.equal('{"a":"/ü"}', tape.normal { a = "/ü" })
    assert.equal([[{"a":"\/\u00fc"}]], escaped.encode { a = "/ü" })
  end)
end)
