// What the page asks its server.
export class Refused extends Error {}

async function answer(response) {
  if (response.ok) return response.json();
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.message ?? `The console answered ${response.status}.`);
}

const unreachable = () => {
  throw new Refused("The console does not answer: is it still running?");
};

/** GET as JSON. Rejects with Refused. */
export const get = (path, signal) => fetch(path, { signal }).then(answer, (error) => (error.name === "AbortError" ? Promise.reject(error) : unreachable()));

/** A request that changes something: `body` is sent as JSON, a Blob as it is. */
export function send(method, path, body) {
  const blob = body instanceof Blob;
  return fetch(path, {
    method,
    headers: { "Content-Type": blob ? body.type || "application/octet-stream" : "application/json" },
    body: blob ? body : JSON.stringify(body ?? {}),
  }).then(answer, unreachable);
}

export const post = (path, body) => send("POST", path, body);
