-- LÖVE reads this first: a small window.
function love.conf(t)
  t.window.width, t.window.height = 320, 120
end
