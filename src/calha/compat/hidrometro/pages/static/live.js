// Live values over Socket.IO (Engine.IO 4 on a WebSocket), commands, alerts.
"use strict";

const page = document.getElementById("live");
const byId = (id) => document.getElementById(id);
const numbers = (places) => new Intl.NumberFormat("pt-BR", { minimumFractionDigits: places, maximumFractionDigits: places });
const shown = (value, places) => (value === null || value === undefined ? "–" : numbers(places).format(value));
const clock = (ts) => new Date(ts).toLocaleTimeString("pt-BR");
const RECENT = 200;
const RETRY_MS = 2000;

function connect(serial, handlers) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const wanted = serial ? `&serial=${encodeURIComponent(serial)}` : "";
  const socket = new WebSocket(`${scheme}://${location.host}/socket.io/?EIO=4&transport=websocket${wanted}`);
  socket.onmessage = ({ data }) => {
    if (data[0] === "0") socket.send("40");
    else if (data === "2") socket.send("3");
    else if (data.startsWith("40")) state("Ao vivo");
    else if (data.startsWith("42")) {
      const [event, content] = JSON.parse(data.slice(2));
      if (handlers[event]) handlers[event](content);
    }
  };
  socket.onclose = () => {
    state("Sem conexão; tentando de novo…");
    setTimeout(() => connect(serial, handlers), RETRY_MS);
  };
}

function state(text) {
  byId("state").textContent = text;
}

function alerted(alert) {
  const line = document.createElement("p");
  line.className = "alert";
  line.textContent = `${alert.serial}: ${alert.message}`;
  byId("alerts").replaceChildren(line);
}

// One meter: dashboard and control

let rows = [];
let newestAt = null;

function values(reading) {
  byId("total").textContent = shown(reading.totalLiters, 1);
  byId("flow").textContent = shown(reading.flowLmin, 2);
  newestAt = reading.ts;
  age();
}

function age() {
  if (newestAt === null) return;
  const seconds = Math.max(0, Math.round((Date.now() - newestAt) / 1000));
  byId("age").textContent = seconds < 120 ? `· há ${seconds} s` : `· ${new Date(newestAt).toLocaleString("pt-BR")}`;
}

function chart() {
  const drawn = byId("chart");
  if (!drawn || rows.length < 2) return;
  const highest = Math.max(1, ...rows.map((row) => row.flowLmin ?? 0));
  const first = rows[0].ts;
  const span = Math.max(1, rows[rows.length - 1].ts - first);
  const points = rows.filter((row) => row.flowLmin !== null);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points.map((row) => `${(600 * (row.ts - first)) / span},${175 - (170 * row.flowLmin) / highest}`).join(" "));
  drawn.replaceChildren(line);
  byId("from").textContent = clock(first);
  byId("highest").textContent = `até ${shown(highest, 1)} L/min`;
  byId("to").textContent = clock(rows[rows.length - 1].ts);
}

function oneMeter(serial) {
  connect(serial, {
    "history:init": (found) => {
      rows = found;
      chart();
    },
    data: (reading) => {
      values(reading);
      rows = [...rows.filter((row) => row.ts !== reading.ts), reading].slice(-RECENT);
      chart();
    },
    alert: alerted,
  });
  setInterval(age, 1000);
  for (const button of document.querySelectorAll("button[data-action]")) {
    button.addEventListener("click", () => command(serial, button));
  }
}

// Commands

const STATES = {
  queued: "na fila",
  sent: "enviado",
  delivered: "entregue ao hidrômetro",
  executed: "executado",
  verified: "executado, como as leituras mostram",
  rejected: "recusado",
  timed_out: "entregue; as leituras não mostram se foi executado",
  expired: "o hidrômetro não o recebeu a tempo",
  cancelled: "cancelado",
};
const UNDER_WAY = ["queued", "sent", "delivered", "executed"];
const FOLLOWED_MS = 60000;

async function command(serial, button) {
  if (button.dataset.ask && !confirm(button.dataset.ask)) return;
  const body = { action: button.dataset.action, serial };
  if (button.dataset.value) body.value = byId(button.dataset.value).value;
  const told = (text) => (byId("status").textContent = `${button.textContent}: ${text}`);
  try {
    const answer = await fetch("/api/cmd", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const content = await answer.json();
    if (!answer.ok) throw new Error(content.error);
    told(STATES[content.state] ?? content.state);
    await follow(serial, content.id, told);
  } catch (error) {
    told(`não enviado. ${error.message}`);
  }
}

async function follow(serial, id, told) {
  const until = Date.now() + FOLLOWED_MS;
  while (Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const found = await (await fetch(`/api/cmd/${encodeURIComponent(id)}?serial=${encodeURIComponent(serial)}`)).json();
    told(STATES[found.state] ?? found.state);
    if (!UNDER_WAY.includes(found.state)) return;
  }
}

// A customer's meters and alerts

function cell(text) {
  const made = document.createElement("td");
  made.textContent = text;
  return made;
}

async function realTime(customer, serials) {
  const meters = new Map(serials.map((serial) => [serial, null]));
  const draw = () => {
    const lines = [...meters].map(([serial, reading]) => {
      const line = document.createElement("tr");
      line.append(cell(serial), cell(shown(reading?.totalLiters, 1)), cell(shown(reading?.flowLmin, 2)), cell(reading ? clock(reading.ts) : "–"));
      return line;
    });
    byId("meters")?.replaceChildren(...lines);
  };
  draw();
  connect(null, {
    data: (reading) => {
      if (!meters.has(reading.numero_serie)) return;
      meters.set(reading.numero_serie, reading);
      draw();
    },
    alert: (alert) => meters.has(alert.serial) && alerts(serials),
  });
  byId("reload").addEventListener("click", () => alerts(serials));
  byId("clear").addEventListener("click", async () => {
    await fetch("/api/alerts/clear-temporary", { method: "POST" });
    await alerts(serials);
  });
  await alerts(serials);
}

async function alerts(serials) {
  const answer = await fetch("/api/alerts?unresolved=1&limit=100");
  const found = answer.ok ? (await answer.json()).alerts.filter((one) => serials.includes(one.serial)) : [];
  const lines = found.map((one) => {
    const line = document.createElement("li");
    const resolve = document.createElement("button");
    resolve.textContent = "Resolver";
    resolve.addEventListener("click", async () => {
      await fetch(`/api/alerts/${one.id}/resolve`, { method: "POST" });
      await alerts(serials);
    });
    line.append(`${new Date(one.detected_at).toLocaleString("pt-BR")} · ${one.serial}: ${one.message} `, resolve);
    return line;
  });
  if (!lines.length) {
    const none = document.createElement("li");
    none.textContent = "Nenhum alerta aberto.";
    lines.push(none);
  }
  byId("alert-list").replaceChildren(...lines);
}

if (page.dataset.customer) realTime(page.dataset.customer, JSON.parse(page.dataset.serials));
else if (page.dataset.serial) oneMeter(page.dataset.serial);
