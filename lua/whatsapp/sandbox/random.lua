-- Random numbers from a seed: the same numbers in every Lua and on every machine, so that a run can be repeated. Never use them
-- as a secret. Never uses math.random, because other code would change its numbers.
local random = {}

local MODULUS, FACTOR = 2 ^ 31 - 1, 16807 -- Park and Miller; every product is an exact double

---@param seed integer
---@return fun(): number draw a number from 0 to 1, without 1
---@return fun(state: number?): number state returns the state; with an argument, sets the state first
function random.new(seed)
  local state = (math.floor(seed) % (MODULUS - 1)) + 1
  for _ = 1, 8 do state = state * FACTOR % MODULUS end -- small seeds begin with small numbers
  local function draw()
    state = state * FACTOR % MODULUS
    return (state - 1) / (MODULUS - 1)
  end
  return draw, function(new)
    if new then state = new end
    return state
  end
end

return random
