// Talks to the sandbox: the control API, the stream of events, the bytes of files. Never talks to another host.

export class Problem extends Error {}

async function ask(method, path, body) {
  const sent = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch("/_sandbox/" + path, { method, ...sent }).catch(() => { throw new Problem("the sandbox does not answer"); });
  const text = await answer.text();
  if (answer.ok) return text ? JSON.parse(text) : {};
  throw new Problem(/^\{"problem"/.test(text) ? JSON.parse(text).problem : `the sandbox answered ${answer.status}`);
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path, {});
export const act = (user, verb, body = {}) => post(`users/${encodeURIComponent(user)}/${verb}`, body);

// One stream for each page: a browser opens at most six connections to a host, so a page that the user leaves closes its stream.
export function listen(after, onEvent, onState) {
  let source, last = after;
  const open = () => {
    source = new EventSource(`/_sandbox/events?after=${last}`);
    source.onopen = () => onState("live");
    source.onerror = () => onState("waiting");
    source.onmessage = (message) => {
      last = message.lastEventId;
      onEvent(JSON.parse(message.data));
    };
    source.addEventListener("gap", () => onEvent({ kind: "gap" }));
  };
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  open();
}

// returns the URL of a file that the sandbox has
export const media = (id) => `/_sandbox/media/${encodeURIComponent(id)}`;
