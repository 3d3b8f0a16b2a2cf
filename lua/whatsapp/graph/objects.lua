-- The objects that endpoints take, by name: data in the form of the schema of messages. A new field is one row here. The parts
-- are in graph/objects/: the definitions of templates, and the other bodies.
local objects = {}

for _, part in ipairs { "templates", "bodies" } do
  for name, object in pairs(require("whatsapp.graph.objects." .. part)) do
    object.name = name
    objects[name] = object
  end
end

return objects
