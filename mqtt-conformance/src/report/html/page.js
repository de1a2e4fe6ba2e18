// Helpers, the address of a view, and the keys.

const data = JSON.parse(document.getElementById("index").textContent);
const VERDICTS = ["pass", "fail", "unsteady", "inconclusive", "error", "skipped"];
const WORDS = { pass: "passed", fail: "failed", unsteady: "unsteady", inconclusive: "inconclusive", error: "not run", skipped: "skipped" };
const SIGNS = { pass: "✓", fail: "✕", unsteady: "~", inconclusive: "?", error: "!", skipped: "–" };
const VERSIONS = ["3.1", "3.1.1", "5.0"];
const LEVELS = ["MUST", "SHOULD", "MAY"];

const tests = data.tests.map(([id, version, level, area, script, covers, runs], number) => ({
  number, id, version, level, area, script, covers,
  title: data.scripts[script][1] ?? "",
  runs: runs.map((run) => run && { verdict: run[0], because: run[1], expected: run[2], duration: run[3] }),
}));
for (const test of tests) {
  test.text = `${test.id} ${test.title} ${test.covers.join(" ")}`.toLowerCase();
  test.differs = new Set(test.runs.map((run) => run?.verdict ?? "")).size > 1;
}
const byId = new Map(tests.map((test) => [test.id, test]));
const several = data.runs.length > 1;

// An element with attributes and children; a text is never markup.
function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  return fill(element, attributes, children);
}

function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

function badge(verdict, text = WORDS[verdict]) {
  return h("span", { class: `verdict ${verdict}` }, h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[verdict]), text);
}

function seconds(time) {
  if (time < 0.9995) return `${Math.round(time * 1000)} ms`;
  return time < 100 ? `${time.toFixed(1)} s` : `${Math.floor(time / 60)} min ${Math.round(time % 60)} s`;
}

// ---- the address: #/?verdict=fail&q=text, #/test/<id>?run=1&packet=3 ----

function parseHash() {
  const hash = location.hash.replace(/^#\/?/, "");
  const [path, query = ""] = hash.split("?", 2);
  return { path, query: new URLSearchParams(query) };
}

function testHash(test, query = {}) {
  const id = test.id.split("/").map(encodeURIComponent).join("/");
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return `#/test/${id}${search && `?${search}`}`;
}

// Changes the address without a step in the history.
function replaceHash(hash) {
  history.replaceState(null, "", hash);
}

let view = null;
let listHash = "#/";

async function route() {
  const { path, query } = parseHash();
  const main = document.getElementById("main");
  if (path.startsWith("test/")) {
    const id = path.slice(5).split("/").map(decodeURIComponent).join("/");
    const test = byId.get(id);
    view = test ? await testView(test, query) : missing(id);
  } else {
    listHash = location.hash || "#/";
    view = overview(query);
  }
  main.replaceChildren(view.element);
  document.body.dataset.view = path.startsWith("test/") ? "test" : "overview";
  document.documentElement.style.setProperty("--top", `${document.getElementById("top").offsetHeight}px`);
  document.title = `${view.title ? `${view.title} · ` : ""}${data.runs.map((run) => run.name).join(", ")} · MQTT conformance`;
  view.shown?.();
}

function missing(id) {
  const element = h("section", { class: "page" }, h("h1", {}, "No such test"), h("p", {}, h("code", {}, id)),
    h("p", {}, h("a", { href: "#/" }, "All tests")));
  return { element, title: "No such test" };
}

// What only one page shows is read when it is asked for.
const pieces = new Map();
function piece(number) {
  if (!pieces.has(number)) {
    const text = document.getElementById(`piece-${number}`).textContent;
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    pieces.set(number, new Response(stream).json());
  }
  return pieces.get(number);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("help").open) return;
  const typing = event.target.matches?.("input, select, textarea");
  if (event.key === "Escape") {
    if (view?.escape?.(typing)) event.preventDefault();
    return;
  }
  if (typing) {
    if (event.key === "Enter" || event.key === "ArrowDown") view?.leaveSearch?.(event);
    return;
  }
  if (event.key === "?") {
    document.getElementById("help").showModal();
  } else if (event.key === "/" && view?.search) {
    event.preventDefault();
    view.search();
  } else if (event.key === "/") {
    event.preventDefault();
    location.hash = listHash;
    requestAnimationFrame(() => view?.search?.());
  } else {
    view?.key?.(event);
  }
}

function banner() {
  const total = (run) => VERDICTS.map((verdict) => [verdict, tests.filter((t) => t.runs[run]?.verdict === verdict).length]);
  const cards = data.runs.map((run, number) => {
    const counts = total(number);
    const all = counts.reduce((sum, [, count]) => sum + count, 0) || 1;
    return h("section", { class: "run" },
      h("h2", {}, run.name),
      h("div", { class: "bar", role: "img", "aria-label": counts.filter(([, n]) => n).map(([v, n]) => `${n} ${WORDS[v]}`).join(", ") },
        counts.filter(([, n]) => n).map(([v, n]) => h("i", { class: v, style: `flex-grow:${Math.max(n / all, 0.006)}` }))),
      h("p", { class: "counts" }, counts.filter(([v, n]) => n || v === "fail").map(([v, n]) =>
        h("span", { class: n ? v : "none" }, h("b", {}, n.toLocaleString("en")), ` ${WORDS[v]}`))),
      h("p", { class: "about", title: run.addresses.join(", ") }, `${run.started.replace("T", " ").replace("Z", " UTC")} · ${seconds(run.duration)} · ${run.tool}`),
      h("p", { class: "about" }, run.cost),
      run.stopped && h("p", { class: "stopped" }, `Stopped early: ${run.stopped}`));
  });
  document.getElementById("top").replaceChildren(
    h("p", { class: "name" }, h("a", { href: "#/" }, "MQTT conformance")),
    h("button", { class: "quiet", onclick: () => document.getElementById("help").showModal(), "aria-label": "Keys" }, "?"),
    h("div", { class: "runs" }, cards));
}

function start() {
  banner();
  addEventListener("hashchange", route);
  addEventListener("keydown", onKey);
  route();
}
