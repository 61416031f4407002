// Ready-made messages, one click each.
import { post } from "../api.js";
import { html, useState } from "../lib.js";
import { store } from "../store.js";

const LONG = `tell me a joke, please. ${"I have been reading about event-driven applications all morning, and I could use one. ".repeat(28)}`;
export const MESSAGES = [
  { label: "Joke", text: "please tell me a joke" },
  { label: "Fact", text: "tell me something interesting" },
  { label: "Photo", text: "who is this?", photo: "/media/astronaut.jpg" },
  { label: "Angry", text: "I hate this. Your horrible, awful product ruined my day!" },
  { label: "Long", title: "A long post", text: LONG.trim() },
  { label: "Joke, twice", title: "A mention whose webhook X delivers twice: the bot is to answer once", text: "tell me a joke, once", twice: true },
  { label: "20 ×", title: "20 messages at once", text: "tell me a joke", copies: 20 },
];

/** Has X deliver a mention; resolves to what is wrong, or to an empty text. */
export async function deliver(message) {
  try {
    const { delivered } = await post("/api/mentions", message);
    const refused = delivered.find((each) => each.status !== 200);
    return refused ? `The webhook answered ${refused.status}: ${refused.body}` : "";
  } catch (reason) {
    return reason.message;
  }
}

/** Buttons that say something. `more` is the author and the payload; `only` names those that are wanted. */
export function Ready({ more, only, onError = () => {} }) {
  const [busy, setBusy] = useState("");
  const { bot, outputs } = store.app;
  const say = async (one) => {
    setBusy(one.label);
    onError(await deliver({ ...more, text: `@${bot} ${one.text}`, pictures: one.photo ? [outputs.XApiUrl + one.photo] : [], copies: one.copies ?? 1, twice: !!one.twice }));
    setBusy("");
  };
  return html`<div class="ready" role="group" aria-label="Ready-made messages">
    ${MESSAGES.filter((one) => (only ? only.includes(one.label) : !one.twice)).map((one) => html`<button key=${one.label} type="button" class="chip" data-ready=${one.label} title=${one.title ?? one.text} disabled=${!!busy} onClick=${() => say(one)}>${one.label}</button>`)}
  </div>`;
}
