// The page of one test: what is tested, where it differed, the script, and the packets.

async function testView(test, query) {
  const text = await piece(test.script);
  const details = text.tests[test.number];
  const first = test.runs.findIndex((run) => run && run.verdict !== "pass" && run.verdict !== "skipped");
  const fallback = first >= 0 ? first : test.runs.findIndex(Boolean);
  let run = query.has("run") && test.runs[Number(query.get("run"))] ? Number(query.get("run")) : fallback;
  let selected = -1;
  let chart = null;
  let trace = [];

  const body = h("div", { class: "run-body", id: "run-body", role: several ? "tabpanel" : null });
  const detail = h("section", { class: "packet", "aria-label": "Packet", "aria-live": "polite" });
  const list = overview.shown?.includes(test) ? overview.shown : tests;
  const at = list.indexOf(test);
  const near = (step) => list[at + step];
  overview.last = test.id;

  const tabs = several && h("div", { class: "tabs", role: "tablist", "aria-label": "Brokers" }, data.runs.map((of, number) =>
    h("button", { role: "tab", "data-run": number, "aria-controls": "run-body", disabled: !test.runs[number], onclick: () => choose(number) },
      test.runs[number] ? badge(test.runs[number].verdict, of.name) : `${of.name}: not tested`)));
  const element = h("article", { class: "page" },
    h("nav", { class: "crumbs", "aria-label": "Tests" },
      h("a", { href: listHash }, "← All tests"),
      h("span", {},
        near(-1) ? h("a", { href: testHash(near(-1)), "aria-label": "Previous test" }, "‹ previous") : h("span", { class: "none" }, "‹ previous"),
        near(1) ? h("a", { href: testHash(near(1)), "aria-label": "Next test" }, "next ›") : h("span", { class: "none" }, "next ›"))),
    h("h1", {}, test.title || test.id),
    h("p", { class: "identity" }, h("code", {}, test.id), h("span", { class: "tag" }, `MQTT ${test.version}`), h("span", { class: "tag" }, test.level)),
    asked(), tabs || "", body);

  function asked() {
    const description = (text.description ?? "").trim();
    const more = description.startsWith(test.title) ? description.slice(test.title.length).replace(/^[.\s]+/, "") : description;
    return h("section", { class: "asked", "aria-label": "What is tested" },
      more && h("p", {}, more),
      test.covers.length && h("dl", {}, test.covers.map((id) => {
        const [section, summary] = data.statements[`${test.version}/${id}`] ?? ["", ""];
        return [h("dt", {}, h("a", { href: `#/?q=${encodeURIComponent(id)}&version=${test.version}`, title: "Its tests" }, id), section && h("small", {}, ` section ${section}`)), h("dd", {}, summary)];
      })));
  }

  function choose(number, packet = null) {
    run = number;
    tabs && tabs.querySelectorAll("[role=tab]").forEach((tab) => {
      const chosen = Number(tab.dataset.run) === run;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    });
    const of = details?.[run];
    const read = (entries) => (entries ?? []).map(([time, connection, event, shown, bytes, error, offset]) => {
      const packet = Array.isArray(shown) ? { name: shown[0], fields: shown.slice(1) } : null;
      return {
        at: time, connection, event, packet, error, offset, bytes,
        line: packet ? packetLine(connection, event, packet) : shown,
        size: bytes == null ? null : typeof bytes === "string" ? bytes.length / 2 : bytes[2],
      };
    });
    trace = read(of?.trace);
    const again = of?.again ? read(of.again) : null;
    const failure = of?.failure;
    const culprit = failure?.entry ?? -1;
    chart = trace.length ? drawChart(trace, culprit, (entry) => select(entry, true)) : null;
    const result = test.runs[run];
    body.replaceChildren(
      h("p", { class: "result" }, result ? badge(result.verdict) : "not tested", result && h("span", { class: "quiet" }, ` in ${seconds(result.duration)}`), several ? h("span", { class: "quiet" }, ` by ${data.runs[run].name}`) : "",
        of?.expectation ? h("span", { class: "quiet" }, of.expectation.met ? ` · as expected: ${of.expectation.reason}` : ` · listed as known, but came otherwise: ${of.expectation.reason}`) : ""),
      of?.reason ? h("p", { class: "reason" }, of.reason) : "",
      failure ? differed(failure) : "",
      h("div", { class: "columns" },
        h("section", { class: "script", "aria-label": "Script" }, h("h2", {}, "Script ", h("small", {}, data.scripts[test.script][0])), script(failure)),
        h("section", { class: "packets", "aria-label": "Packets" }, h("h2", {}, "Packets ", h("small", {}, trace.length ? "click one to take it apart" : "")),
          chart ? chart.element : h("p", { class: "none" }, "Nothing was sent."), detail)),
      trace.length ? h("details", { class: "trace" }, h("summary", {}, "The trace as lines of a script"),
        h("button", { class: "quiet", onclick: (event) => { navigator.clipboard?.writeText(lines(trace)); event.target.textContent = "Copied"; } }, "Copy"), h("pre", {}, lines(trace))) : "",
      again ? h("details", { class: "trace", open: true }, h("summary", {}, "The run in which it passed"), h("pre", {}, lines(again))) : "");
    detail.replaceChildren();
    selected = -1;
    if (packet !== null && trace[packet]) select(packet);
    else if (culprit >= 0) select(culprit, false, true);
  }

  function lines(entries) {
    return entries.map((entry) => `${entry.line || `# ${entry.error}`}  # +${(entry.at / 1000).toFixed(3)} s`).join("\n");
  }

  function differed(failure) {
    const rows = failure.fields ?? [];
    return h("section", { class: "differed", "aria-label": "Where it differed" },
      h("h2", {}, failure.preparation ? "The preparation did not succeed" : "Where it differed", h("small", {}, ` line ${failure.line}`)),
      h("dl", { class: "lines" },
        h("dt", {}, "expected"), h("dd", {}, h("pre", {}, failure.expected)),
        h("dt", {}, "got"), h("dd", { class: "bad" }, h("pre", {}, failure.got))),
      failure.difference && h("p", { class: "difference" }, failure.difference),
      failure.malformed && h("p", { class: "difference" }, failure.malformed.message),
      failure.forbidden && h("p", { class: "difference" }, failure.forbidden),
      rows.length ? h("table", { class: "fields" }, h("thead", {}, h("tr", {}, ["field", "expected", "got"].map((t) => h("th", { scope: "col" }, t)))),
        h("tbody", {}, rows.map((row) => h("tr", { class: row.holds ? "holds" : "differs" },
          h("th", { scope: "row" }, row.name, h("span", { class: "sr" }, row.holds ? " holds" : " differs")), h("td", {}, row.expected), h("td", {}, row.got ?? "absent"))))) : "");
  }

  function script(failure) {
    const source = (text.source ?? "").replace(/\n$/, "").split("\n");
    return h("ol", { class: "code" }, source.map((line, number) => {
      const marked = failure && failure.line === number + 1;
      const [, code, comment] = /^((?:[^"#]|"(?:[^"\\]|\\.)*")*)(#.*)?$/.exec(line) ?? [null, line, ""];
      return h("li", { class: [marked && "marked", line.trim() === "---" && "divider"].filter(Boolean).join(" ") || null },
        h("code", {}, code, comment ? h("i", {}, comment) : "", line === "" ? " " : ""),
        marked && h("span", { class: "sr" }, " this line failed"));
    }));
  }

  function select(entry, byHand = false, quiet = false) {
    chart?.groups.forEach((group, at) => { group.classList.toggle("selected", at === entry); group.setAttribute("tabindex", at === entry || (entry < 0 && at === 0) ? 0 : -1); });
    selected = entry;
    const of = trace[entry];
    if (!of) return;
    detail.replaceChildren(packetDetail(of, details[run].failure?.entry === entry ? details[run].failure : null));
    if (byHand) chart.groups[entry]?.focus({ preventScroll: true });
    if (!quiet) {
      chart.groups[entry]?.scrollIntoView({ block: "nearest" });
      replaceHash(testHash(test, { run: several ? String(run) : "", packet: String(entry) }));
    }
  }

  choose(run, query.has("packet") ? Number(query.get("packet")) : null);
  return {
    element, title: test.id,
    shown: () => { if (!query.has("packet")) scrollTo(0, 0); },
    escape: () => { location.hash = listHash; return true; },
    key: (event) => {
      const step = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && chart && (event.key.length === 1 || event.target.closest?.("svg"))) {
        event.preventDefault();
        select(Math.max(0, Math.min(chart.groups.length - 1, selected + step)), true);
      } else if (event.key === "]" && near(1)) location.hash = testHash(near(1));
      else if (event.key === "[" && near(-1)) location.hash = testHash(near(-1));
      else if (event.target.role === "tab" && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
        const open = data.runs.map((_, number) => number).filter((number) => test.runs[number]);
        const next = open[(open.indexOf(run) + (event.key === "ArrowRight" ? 1 : open.length - 1)) % open.length];
        choose(next);
        tabs.querySelector(`[data-run="${next}"]`).focus();
      }
    },
  };
}

// A packet taken apart: its fields, and its bytes with the offending one marked.
function packetDetail(entry, failure) {
  const fields = entry.packet?.fields ?? [];
  const wrong = new Set((failure?.fields ?? []).filter((field) => !field.holds).map((field) => field.name));
  const byte = failure?.byte ?? entry.offset ?? null;
  return h("div", {},
    h("h3", {}, entry.packet?.name ?? brief(entry), h("small", {}, ` ${entry.connection}, ${{ sent: "to the broker", received: "from the broker", malformed: "from the broker", fragment: "from the broker" }[entry.event] ?? ""}${entry.size == null ? "" : `, ${entry.size.toLocaleString("en")} bytes`}`)),
    entry.error && h("p", { class: "difference" }, entry.error),
    fields.length ? h("table", { class: "fields" }, h("tbody", {}, fields.map(([name, value]) => h("tr", { class: wrong.has(name) ? "differs" : null }, h("th", { scope: "row" }, name), h("td", {}, value))))) : "",
    entry.bytes != null && entry.size > 0 ? hexDump(entry, byte) : "");
}

function hexDump(entry, marked) {
  const [head, tail, size] = typeof entry.bytes === "string" ? [entry.bytes, "", entry.size] : entry.bytes;
  const line = (hex, offset) => {
    const bytes = hex.match(/../g) ?? [];
    const glyph = (byte) => { const code = parseInt(byte, 16); return code > 32 && code < 127 ? String.fromCharCode(code) : "·"; };
    const mark = (content, at) => (offset + at === marked ? h("mark", {}, content) : content);
    return h("div", {}, h("span", { class: "offset" }, String(offset).padStart(4, "0")),
      h("span", { class: "bytes" }, bytes.map((byte, at) => [at ? " " : "", mark(byte, at)])),
      h("span", { class: "text" }, bytes.map((byte, at) => mark(glyph(byte), at))));
  };
  const rows = (hex, start) => (hex.match(/.{1,32}/g) ?? []).map((part, at) => line(part, start + at * 16));
  return h("figure", { class: "hex", "aria-label": "Bytes" }, rows(head, 0),
    tail && h("div", { class: "none" }, `… ${(size - (head.length + tail.length) / 2).toLocaleString("en")} bytes left out …`), tail && rows(tail, size - tail.length / 2),
    marked != null && h("figcaption", {}, `byte ${marked} is the first that is not as expected`));
}
