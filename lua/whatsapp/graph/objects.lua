-- The objects that endpoints take, by name. Data in the form of the schema of messages. To add a field, add a row in
-- graph/objects/: there are the definitions of templates, and the other bodies.
local objects = {}

for _, part in ipairs { "templates", "bodies" } do
  for name, object in pairs(require("whatsapp.graph.objects." .. part)) do
    object.name = name
    objects[name] = object
  end
end

return objects
