// Copyright (c) The terraform-provider-flux2 Authors
// SPDX-License-Identifier: MPL-2.0

// Shows the emulator's feed. Whatever it says is put in place as text, never
// as markup: prompts come from anywhere.

const byId = (id) => document.getElementById(id);
const list = byId("cards");
const sheet = byId("sheet");
const shown = new Map(); // request id -> {item, tile, data}
const states = { queued: "In the queue", running: "Running", completed: "Completed", failed: "Failed", cancelled: "Cancelled" };

// The address says which state is shown; the feed and the links do the rest.
const wanted = states[new URLSearchParams(location.search).get("state")] ? new URLSearchParams(location.search).get("state") : "";
const few = 8; // requests that need no sheet to be seen at a glance
const many = 12; // requests whose cards are shown in short

let feed;
let ahead = 0; // by how much this clock is ahead of the emulator's
let ticking;

function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function create(name, className, text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

// The feed.

function connect() {
  feed?.close();
  feed = new EventSource(wanted ? `/_/feed?state=${wanted}` : "/_/feed");
  feed.onopen = () => link("live", "Live");
  feed.onmessage = (event) => apply(JSON.parse(event.data));
  feed.onerror = () => {
    link("lost", "Not connected, trying again");
    if (feed.readyState === EventSource.CLOSED) {
      setTimeout(connect, 2000);
    }
  };
}

function link(state, text) {
  byId("link").dataset.state = state;
  setText(byId("link"), text);
}

function apply(update) {
  ahead = Date.now() - Date.parse(update.now);
  if (update.fresh) {
    const left = new Set(update.cards.map((card) => card.id));
    for (const id of shown.keys()) {
      if (!left.has(id)) {
        remove(id);
      }
    }
  }
  for (const card of update.cards) {
    if (wanted && card.state !== wanted) {
      remove(card.id);
    } else {
      place(card, !update.fresh);
    }
  }
  while (list.children.length > update.limit) {
    remove(list.lastElementChild.dataset.id);
  }
  for (const name of ["total", ...Object.keys(states)]) {
    const count = byId(`count-${name}`);
    setText(count, update.counts[name].toLocaleString());
    count.closest("li").classList.toggle("zero", update.counts[name] === 0);
  }
  const all = update.counts[wanted || "total"];
  byId("empty").hidden = update.counts.total > 0;
  byId("none").hidden = all > 0 || update.counts.total === 0;
  byId("more").hidden = all <= update.limit;
  setText(byId("more"), `The newest ${update.limit} of ${all.toLocaleString()} requests.`);
  byId("glance").hidden = shown.size <= few;
  if (shown.size > few) {
    shown.forEach(fillTile);
  }
  list.classList.toggle("many", shown.size > many);
  tick();
  if (update.fresh && location.hash) {
    // The browser has looked for the request before it was here.
    location.replace(location.hash);
  }
}

function remove(id) {
  shown.get(id)?.item.remove();
  shown.get(id)?.tile.remove();
  shown.delete(id);
}

// place shows a card, a new one where its number belongs.
function place(data, tell) {
  let entry = shown.get(data.id);
  if (!entry) {
    const item = byId("card").content.firstElementChild.cloneNode(true);
    item.id = `request-${data.seq}`;
    item.dataset.id = data.id;
    const tile = byId("tile").content.firstElementChild.cloneNode(true);
    insert(list, item, data.seq);
    insert(sheet, tile, data.seq);
    entry = { item, tile };
    shown.set(data.id, entry);
  }
  if (tell && data.state !== entry.data?.state) {
    announce(data);
  }
  entry.data = data;
  fill(entry);
}

function insert(into, item, seq) {
  item.dataset.seq = seq;
  const after = [...into.children].find((other) => Number(other.dataset.seq) < seq);
  into.insertBefore(item, after ?? null);
}

// One tile of the sheet: what has failed says so in words, not in colour alone.

function fillTile({ tile, data }) {
  const look = JSON.stringify([data.state, data.pictures, data.gone]);
  if (tile.dataset.look === look) {
    return;
  }
  tile.dataset.look = look;
  const door = tile.querySelector("a");
  door.href = `#request-${data.seq}`;
  door.className = data.state;
  const reason = data.failure ? `, HTTP ${data.failure.status}` : "";
  door.title = `№ ${data.seq}, ${states[data.state]}${reason}: ${data.prompt.slice(0, 80)}`;
  door.setAttribute("aria-label", door.title);
  setText(tile.querySelector(".number"), String(data.seq));
  const mark = tile.querySelector(".mark");
  if (data.state !== "completed" || data.gone || data.pictures.length === 0) {
    mark.replaceChildren(data.state === "failed" ? String(data.failure.status) : { queued: "…", running: "▸", cancelled: "–" }[data.state] ?? "");
    return;
  }
  const picture = document.createElement("img");
  picture.loading = "lazy";
  picture.decoding = "async";
  picture.width = data.width;
  picture.height = data.height;
  picture.alt = "";
  picture.src = data.pictures[0].url;
  picture.onerror = () => mark.replaceChildren("?");
  mark.replaceChildren(picture);
}

// One card.

function fill({ item, data }) {
  const find = (selector) => item.querySelector(selector);
  item.dataset.state = data.state;
  find("article").setAttribute("aria-label", `Request ${data.seq}, ${states[data.state]}`);
  setText(find("h3 a"), `№ ${data.seq}`);
  find("h3 a").href = `#request-${data.seq}`;
  find(".state").className = `state ${data.state}`;
  setText(find(".state"), stateText(data));
  const sent = find(".sent");
  sent.dateTime = data.sent_at;
  sent.title = new Date(data.sent_at).toLocaleString();
  setText(sent, new Date(data.sent_at).toLocaleTimeString());
  setText(find(".prompt"), data.prompt);

  find(".seed").hidden = data.seed === "";
  setText(find(".seed code"), data.seed);
  setText(find(".seed span"), data.seed_chosen ? ", chosen by the model" : "");
  find(".parameters").replaceChildren(...data.parameters.map(parameter));
  find(".import").hidden = data.import === "";
  setText(find(".import code"), data.import);
  setText(find(".origin"), `${data.endpoint_id} · ${data.id}${data.direct ? " · direct call" : ""}`);

  find(".failure").hidden = !data.failure;
  if (data.failure) {
    find(".failure").className = `failure ${data.state}`;
    setText(find(".code-line"), `HTTP ${data.failure.status} ${data.failure.type}`);
    find(".failure ul").replaceChildren(...data.failure.lines.map((line) => create("li", "", line)));
  }
  const look = JSON.stringify([data.state, data.pictures, data.gone]);
  if (item.dataset.look !== look) {
    item.dataset.look = look;
    hang(find(".mat"), data);
  }
}

function stateText(data) {
  if (data.state === "queued") {
    return data.position === 0 ? "In the queue, next" : `In the queue, ${data.position} ahead`;
  }
  return states[data.state];
}

function parameter({ name, value, default: usual }) {
  const pair = create("div", usual ? "default" : "");
  pair.append(create("dt", "", name), " ", create("dd", "", value));
  return pair;
}

// hang puts the pictures into the mat, or what there is instead.
function hang(mat, data) {
  const side = data.width > data.height ? 2 : 1;
  mat.classList.toggle("pairs", data.pictures.length > side && !data.gone);
  if (data.state !== "completed" || data.gone || data.pictures.length === 0) {
    mat.replaceChildren(blank(data));
    return;
  }
  mat.replaceChildren(...data.pictures.map((picture, i) => figure(data, picture, i)));
}

function blank(data) {
  let text = { queued: "Waiting", running: "Being painted", cancelled: "Cancelled" }[data.state] ?? "No picture";
  if (data.state === "failed") {
    text = String(data.failure.status);
  } else if (data.gone) {
    text = "The picture has expired or been deleted";
  }
  const element = create("div", `blank ${data.state}`, text);
  if (data.width > 0 && data.state !== "failed") {
    element.style.aspectRatio = `${data.width} / ${data.height}`;
  }
  return element;
}

function figure(data, { url, flagged }, index) {
  const many = data.pictures.length > 1 ? ` ${index + 1} of ${data.pictures.length}` : "";
  const picture = document.createElement("img");
  picture.loading = "lazy";
  picture.decoding = "async";
  picture.width = data.width;
  picture.height = data.height;
  picture.alt = `Picture${many}: ${data.prompt.slice(0, 200)}${flagged ? " (flagged, blackened)" : ""}`;
  picture.src = url;
  const door = document.createElement("a");
  door.href = url;
  door.title = "Show at full size";
  door.append(picture);
  const frame = document.createElement("figure");
  frame.append(door);
  if (flagged) {
    frame.append(create("figcaption", "", "Flagged by the safety checker"));
  }
  picture.onerror = () => frame.replaceChildren(create("div", "blank", "The picture could not be loaded"));
  return frame;
}

// Time.

const seconds = (from, to) => `${(Math.max(0, to - from) / 1000).toFixed(1)} s`;
const exact = (from, to) => (to - from < 1000 ? `${to - from} ms` : seconds(from, to));

function duration(data) {
  const now = Date.now() - ahead;
  const [sent, started, ended] = [data.sent_at, data.started_at, data.ended_at].map((at) => (at ? Date.parse(at) : undefined));
  switch (true) {
    case data.state === "queued":
      return `for ${seconds(sent, now)}`;
    case data.state === "running":
      return `for ${seconds(started, now)}, after ${exact(sent, started)}`;
    case started === undefined:
      return `after ${exact(sent, ended)}, never started`;
    default:
      return `in ${exact(sent, ended)}: ${exact(sent, started)} queued, ${exact(started, ended)} running`;
  }
}

// tick brings durations up to date, as long as there are some that go on.
function tick() {
  let goesOn = false;
  for (const { item, data } of shown.values()) {
    setText(item.querySelector(".duration"), duration(data));
    goesOn ||= data.state === "queued" || data.state === "running";
  }
  clearTimeout(ticking);
  if (goesOn && !document.hidden) {
    ticking = setTimeout(tick, 200);
  }
}

// What a screen reader says: the last thing that happened, not too often.

let news = "";
let speaking;

function announce(data) {
  const reason = data.failure ? `, ${data.failure.lines[0]}` : "";
  news = `Request ${data.seq}: ${stateText(data)}${reason}. ${data.prompt.slice(0, 80)}`;
  speaking ??= setTimeout(() => {
    speaking = undefined;
    byId("news").textContent = news;
  }, 1500);
}

// Copying.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) {
    return;
  }
  const code = button.parentElement.querySelector("code");
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Only a page from this machine, or over HTTPS, may write to the clipboard.
    getSelection().selectAllChildren(code);
    said = "Selected";
  }
  button.textContent = said;
  byId("news").textContent = said;
  setTimeout(() => (button.textContent = "Copy"), 2000);
});

// A page that nobody sees needs no feed.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    feed.close();
    clearTimeout(ticking);
  } else {
    connect();
  }
});

setText(byId("setup"), `export FLUX2_EMULATOR_URL=${location.origin}`);
connect();
