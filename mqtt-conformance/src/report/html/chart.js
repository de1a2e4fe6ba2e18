// The packets of a test between its clients and the broker, from top to bottom.

const STEP = 30;
const TOP = 44;
const MOST = 300;

// A packet in a few words: `PUBLISH 7 "a/b" qos 1`.
function brief(entry) {
  if (entry.event === "malformed") return "malformed";
  if (!entry.packet) return entry.size == null ? entry.line.replace(/^# /, "") : `${entry.size.toLocaleString("en")} bytes`;
  const { name, fields } = entry.packet;
  const values = new Map(fields);
  const parts = [name];
  if (values.has("packet_id")) parts.push(values.get("packet_id"));
  const code = values.get("reason") ?? values.get("return_code") ?? values.get("reasons") ?? values.get("return_codes");
  if (code && code !== "0x00") parts.push(code);
  for (const key of ["topic", "client_id"]) if (values.has(key)) parts.push(values.get(key));
  if (values.get("qos") > 0) parts.push(`qos ${values.get("qos")}`);
  if (values.get("retain") === "true") parts.push("retain");
  if (values.get("dup") === "true") parts.push("dup");
  return parts.join(" ");
}

// A packet as a line of the language.
function packetLine(connection, event, { name, fields }) {
  return [connection, event === "sent" ? ">" : "<", name, ...fields.map(([field, value]) => `${field}=${value}`)].join(" ");
}

// The broker stands in the middle, the first client on its left, the second on its right, and so on.
function lanesOf(trace) {
  const names = [...new Set(trace.map((entry) => entry.connection))];
  const left = names.filter((_, at) => at % 2 === 0).reverse();
  const right = names.filter((_, at) => at % 2 === 1);
  return [...left, null, ...right];
}

function shorten(text, width) {
  const most = Math.max(8, Math.floor(width / 6.3));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function drawChart(trace, culprit, onSelect) {
  const lanes = lanesOf(trace);
  const broker = lanes.indexOf(null);
  const gutter = 62;
  const lane = Math.max(190, Math.min(300, 560 / lanes.length));
  const x = (at) => gutter + lane * (at + 0.5);
  const entries = trace.slice(0, MOST);
  const height = TOP + STEP * (entries.length + 0.6);
  const width = gutter + lane * lanes.length;
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Packets in order of time" });
  lanes.forEach((name, at) => {
    picture.append(
      svg("line", { class: name === null ? "life broker" : "life", x1: x(at), y1: TOP - 12, x2: x(at), y2: height }),
      svg("text", { class: "lane", x: x(at), y: 20, "text-anchor": "middle" }, name === null ? "broker" : name));
  });
  const groups = entries.map((entry, at) => {
    const y = TOP + STEP * (at + 0.5);
    const [client, server] = [x(lanes.indexOf(entry.connection)), x(broker)];
    const sent = entry.event === "sent";
    const packet = sent || entry.event === "received" || entry.event === "malformed" || entry.event === "fragment";
    const wrong = at === culprit;
    const group = svg("g", {
      class: `entry ${entry.event}${wrong ? " wrong" : ""}${entry.error && packet ? " bad" : ""}`, tabindex: at === 0 ? 0 : -1, role: "button",
      "aria-label": `${entry.at.toFixed(1)} ms: ${entry.line || entry.error}${wrong ? ", not as expected" : ""}`, "data-entry": at,
      onclick: () => onSelect(at), onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); onSelect(at); } },
    });
    group.append(svg("title", {}, entry.line || entry.error || ""),
      svg("rect", { class: "hit", x: 0, y: y - STEP / 2, width, height: STEP }),
      svg("text", { class: "time", x: gutter - 10, y: y + 4, "text-anchor": "end" }, entry.at >= 10000 ? `${(entry.at / 1000).toFixed(1)} s` : `${entry.at.toFixed(1)} ms`));
    if (packet) {
      const [from, to] = sent ? [client, server] : [server, client];
      const way = Math.sign(to - from);
      group.append(
        svg("line", { class: "arrow", x1: from, y1: y + 5, x2: to - 5 * way, y2: y + 5 }),
        svg("path", { class: "tip", d: `M${to},${y + 5} l${-8 * way},-4 v8 z` }),
        svg("text", { class: "label", x: (from + to) / 2, y: y - 1, "text-anchor": "middle" }, shorten(brief(entry), Math.abs(to - from) - 12)));
    } else {
      const words = { opened: "open", "closed-by-broker": "closed by the broker", closed: "closed", dropped: "cut", unsent: "not sent", misframed: "broken framing", omitted: "left out" }[entry.event] ?? entry.event;
      const place = entry.event === "closed-by-broker" ? server : client;
      group.append(
        svg(entry.event === "opened" ? "circle" : "path", entry.event === "opened"
          ? { class: "mark", cx: client, cy: y, r: 4 }
          : { class: "mark", d: `M${client - 4},${y - 4} l8,8 m0,-8 l-8,8` }),
        svg("text", { class: "note", x: (place + client) / 2 + (place === client ? 9 : 0), y: y + 4, "text-anchor": place === client ? "start" : "middle" }, words));
    }
    picture.append(group);
    return group;
  });
  const rest = trace.length - entries.length;
  return { element: h("div", { class: "chart" }, picture, rest > 0 && h("p", { class: "more" }, `${rest.toLocaleString("en")} more events stand in the trace below.`)), groups };
}
