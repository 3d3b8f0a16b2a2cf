-- Makes random numbers from a seed: the same seed makes the same numbers in every Lua and on every machine, so that a run can be
-- repeated. math.random would not do: it has one state for all code of the program. Do not use these numbers as a secret.
local random = {}

local MODULUS, FACTOR = 2 ^ 31 - 1, 16807 -- the generator of Park and Miller; a double holds every product exactly

---@param seed integer
---@return fun(): number draw returns the next number: 0 or more, and less than 1
---@return fun(state: number?): number state returns the state of the generator; with an argument, sets the state first
function random.new(seed)
  local state = (math.floor(seed) % (MODULUS - 1)) + 1
  for _ = 1, 8 do state = state * FACTOR % MODULUS end -- the first numbers of a small seed are small
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
