// Say something: a timeline like X's, in which anybody mentions the bot, and its replies appear beneath.
import { get, send } from "../api.js";
import { classes, html, useEffect, useRef, useState } from "../lib.js";
import { ago } from "../format.js";
import { store, useStore } from "../store.js";
import { Empty, Icon, Trouble } from "../ui.js";
import { deliver, Ready } from "./ready.js";

const PICTURES = 4;

export function Say({ chosen, onChoose }) {
  const { app, events } = useStore();
  const [timeline, setTimeline] = useState(null);
  const [error, setError] = useState("");
  const last = [...events].reverse().find((event) => event.type === "TWITTER_TWEETED" || event.type === "TWEET_SENT");
  useEffect(() => {
    const asking = new AbortController();
    // What arrives within a moment is asked for once.
    const timer = setTimeout(() => get("/api/timeline", asking.signal).then(setTimeline, (reason) => reason.name !== "AbortError" && setError(reason.message)), timeline ? 120 : 0);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [last?.n]);
  return html`<section class="say card" aria-label="Say something">
    <${Composer} bot=${app.bot} onError=${setError} />
    ${error && html`<${Trouble}>${error}</${Trouble}>`}
    <div class="timeline" role=${timeline?.length ? "feed" : undefined} aria-label=${timeline?.length ? "Timeline" : undefined}>
      ${timeline?.map((mention) => html`<${Mention} key=${mention.id} mention=${mention} bot=${app.bot} chosen=${mention.id === chosen} onChoose=${onChoose} />`)}
      ${timeline && !timeline.length && html`<${Empty} icon="say" title="Nobody has said anything yet.">Write to @${app.bot}, or take one of the messages above.</${Empty}>`}
    </div>
  </section>`;
}

function Composer({ bot, onError }) {
  const [text, setText] = useState(`@${bot} `);
  const [author, setAuthor] = useState("harry11");
  const [payload, setPayload] = useState("account");
  const [pictures, setPictures] = useState([]);
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const chooser = useRef();
  const area = useRef();
  useEffect(() => {
    area.current.style.height = "auto";
    area.current.style.height = `${Math.min(area.current.scrollHeight + 2, 160)}px`;
  }, [text]);
  const add = async (files) => {
    onError("");
    for (const file of [...files].slice(0, PICTURES - pictures.length)) {
      try {
        const { url } = await send("POST", "/api/pictures", file);
        setPictures((before) => [...before, { url, seen: URL.createObjectURL(file), name: file.name }]);
      } catch (reason) {
        onError(reason.message);
      }
    }
  };
  const say = async (event) => {
    event?.preventDefault();
    if (busy || !text.trim()) return;
    setBusy(true);
    const wrong = await deliver({ author, payload, text, pictures: pictures.map((picture) => picture.url) });
    setBusy(false);
    onError(wrong);
    if (wrong) return;
    setText(`@${bot} `);
    setPictures([]);
  };
  const keyed = (event) => {
    if (event.key === "Enter" && !event.shiftKey) say(event);
    if (event.key === "Escape") area.current.blur();
  };
  const pasted = (event) => {
    const files = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (!files.length) return;
    event.preventDefault();
    add(files);
  };
  const dropped = (event) => {
    event.preventDefault();
    setOver(false);
    add([...event.dataTransfer.files].filter((file) => file.type.startsWith("image/")));
  };
  const unheard = text.trim() && !text.toLowerCase().includes(`@${bot}`.toLowerCase());
  return html`<form class=${classes("composer", over && "over")} onSubmit=${say} onDragOver=${(event) => { event.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${dropped}>
    <div class="composer-who">
      <${Avatar} name=${author} />
      <label class="author">@<input value=${author} maxlength="15" size=${Math.max(author.length, 3)} aria-label="Who writes" spellcheck="false" onInput=${(event) => setAuthor(event.target.value.replace(/\W/g, ""))} /></label>
      <select class="payload" aria-label="By which of X's APIs it is delivered" title="By which of X's APIs it is delivered" value=${payload} onChange=${(event) => setPayload(event.target.value)}>
        <option value="account">Account Activity</option><option value="x">X Activity</option></select>
    </div>
    <textarea id="mention" ref=${area} rows="2" value=${text} aria-label="What to say" onInput=${(event) => setText(event.target.value)} onKeyDown=${keyed} onPaste=${pasted}></textarea>
    ${pictures.length > 0 && html`<div class="pictures n${pictures.length}">${pictures.map((picture) => html`<figure key=${picture.url}><img src=${picture.seen} alt=${picture.name} />
      <button type="button" class="ghost" aria-label=${`Remove ${picture.name}`} onClick=${() => setPictures((before) => before.filter((each) => each !== picture))}><${Icon} name="close" size=${14} /></button></figure>`)}</div>`}
    <div class="composer-end">
      <button type="button" class="ghost" aria-label="Add a photo" title="Add a photo; dropping and pasting one do too" disabled=${pictures.length >= PICTURES} onClick=${() => chooser.current.click()}><${Icon} name="image" /></button>
      <input ref=${chooser} type="file" accept="image/png,image/jpeg" multiple hidden aria-hidden="true" tabindex="-1" onChange=${(event) => { add(event.target.files); event.target.value = ""; }} />
      <span class="muted hint">${unheard ? `Without @${bot} nobody hears it.` : ""}</span>
      <button class="button primary" disabled=${busy || !text.trim()}>Post</button>
    </div>
    <${Ready} more=${{ author, payload }} onError=${onError} />
  </form>`;
}

const Avatar = ({ name, bot }) => html`<span class=${classes("avatar", bot && "bot")} aria-hidden="true" data-hue=${[...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6}>${(name[0] ?? "?").toUpperCase()}</span>`;

const Text = ({ children }) => String(children).split(/(@\w+)/).map((part) => (part.startsWith("@") && part.length > 1 ? html`<span class="handle">${part}</span>` : part));

function Mention({ mention, bot, chosen, onChoose }) {
  const message = store.messages.get(mention.id);
  const failed = message?.done.endsWith("FAILED");
  const waiting = !mention.replies.length && !failed && Date.now() - mention.t < 60_000;
  return html`<article class=${classes("mention", chosen && "chosen")} data-mention=${mention.id}>
    <button class="mention-open" aria-label=${`Follow the journey of what @${mention.author} said`} aria-pressed=${chosen} onClick=${() => onChoose(mention.id)}></button>
    <${Avatar} name=${mention.author} />
    <div class="post"><p class="post-head"><b>@${mention.author}</b><span class="muted" title=${mention.payload === "x" ? "X Activity API" : "Account Activity API"}>${ago(mention.t)}</span></p>
      <p class="post-text"><${Text}>${mention.text}</${Text}></p><${Pictures} urls=${mention.pictures} of="the post" /></div>
    ${mention.replies.map((reply) => html`<div class="reply" key=${reply.id} data-reply=${reply.id}><${Avatar} name=${bot} bot />
      <div class="post"><p class="post-head"><b>@${bot}</b><span class="muted">replied</span></p><p class="post-text"><${Text}>${reply.text}</${Text}></p><${Pictures} urls=${reply.pictures} of="the reply" /></div></div>`)}
    ${waiting && html`<div class="reply waiting"><${Avatar} name=${bot} bot /><div class="post"><p class="post-text muted">is at work<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span></p></div></div>`}
    ${failed && html`<div class="reply"><${Avatar} name=${bot} bot /><div class="post"><p class="post-text bad-text">${message.done === "TWEET_FAILED" ? "The reply could not be posted." : "The message could not be analysed."}</p></div></div>`}
  </article>`;
}

const Pictures = ({ urls, of }) => urls.length > 0 && html`<div class=${`pictures n${urls.length}`}>${urls.map((url, index) => html`<a key=${url} href=${url} target="_blank" rel="noopener"><img src=${url} alt=${`Picture ${index + 1} of ${of}`} loading="lazy" /></a>`)}</div>`;
