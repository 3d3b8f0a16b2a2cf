-- The objects that endpoints take, by name. Data in the form of the schema of messages; checks nothing. To add a field, add a row
-- to a file of graph/objects/: one has the definitions of templates, one has all other queries and bodies.
local objects = {}

for _, part in ipairs { "templates", "bodies" } do
  for name, object in pairs(require("whatsapp.graph.objects." .. part)) do
    object.name = name
    objects[name] = object
  end
end

return objects
