// The overview: filters, areas, and a list of which only the visible rows exist.

const ROW = 34;

function overview(query) {
  const filter = {
    q: query.get("q") ?? "",
    verdict: new Set((query.get("verdict") ?? "").split(",").filter(Boolean)),
    version: new Set((query.get("version") ?? "").split(",").filter(Boolean)),
    level: new Set((query.get("level") ?? "").split(",").filter(Boolean)),
    area: query.get("area") ?? "",
    run: query.get("run") ?? "",
    differs: query.get("differs") === "1",
  };
  let shown = [];
  let selected = -1;

  const search = h("input", {
    type: "search", id: "search", placeholder: "Search tests, titles, statements", "aria-label": "Search tests, titles, statements",
    value: filter.q, oninput: () => { filter.q = search.value; update(); },
  });
  const status = h("p", { class: "status", role: "status" });
  const chipBox = h("div", { class: "chips" });
  const areas = h("div", { class: "areas" });
  const space = h("div", { class: "space" });
  const head = h("div", { class: "row head", role: "row" });
  const list = h("div", { class: `list runs-${Math.min(data.runs.length, 4)}`, role: "grid", tabindex: "0", "aria-label": "Tests", onscroll: () => draw() }, head, space);
  list.style.setProperty("--runs", data.runs.length);
  head.append(cell("columnheader", "Test"), ...data.runs.map((run) => cell("columnheader", several ? run.name : "Verdict")));
  const element = h("div", { class: "overview" },
    h("div", { class: "filters", role: "search" }, search, chipBox),
    h("details", { class: "areas-box", open: innerWidth > 1000 },
      h("summary", {}, several ? "Areas by broker" : "Areas by version"), areas),
    h("section", { class: "tests", "aria-label": "Tests" }, status, list));

  function cell(role, ...content) {
    return h("span", { role }, ...content);
  }

  // Whether a test passes the filters, apart from those named.
  function fits(test, except = "") {
    const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
    const runs = filter.run === "" ? test.runs : [test.runs[Number(filter.run)]];
    return (except === "version" || !filter.version.size || filter.version.has(test.version))
      && (except === "level" || !filter.level.size || filter.level.has(test.level))
      && (except === "area" || !filter.area || filter.area === test.area)
      && (except === "verdict" || !filter.verdict.size || runs.some((run) => run && filter.verdict.has(run.verdict)))
      && (except === "differs" || !filter.differs || test.differs)
      && words.every((word) => test.text.includes(word));
  }

  function toggle(set, value) {
    set.has(value) ? set.delete(value) : set.add(value);
    update();
  }

  function chip(text, pressed, count, press, kind = "") {
    return h("button", { class: `chip ${kind}`, "aria-pressed": String(pressed), onclick: press, disabled: !count && !pressed, "data-chip": text },
      text, h("small", {}, count.toLocaleString("en")));
  }

  function drawChips() {
    const focused = document.activeElement?.dataset?.chip;
    const run = (test) => (filter.run === "" ? test.runs : [test.runs[Number(filter.run)]]);
    const count = (except, has) => tests.filter((test) => fits(test, except) && has(test)).length;
    const group = (label, chips) => h("div", { class: "group", role: "group", "aria-label": label }, chips);
    const any = filter.q || filter.verdict.size || filter.version.size || filter.level.size || filter.area || filter.run || filter.differs;
    chipBox.replaceChildren(
      group("Verdict", VERDICTS.filter((v) => tests.some((t) => t.runs.some((r) => r?.verdict === v))).map((v) =>
        chip(WORDS[v], filter.verdict.has(v), count("verdict", (t) => run(t).some((r) => r?.verdict === v)), () => toggle(filter.verdict, v), v))),
      group("Version", VERSIONS.filter((v) => tests.some((t) => t.version === v)).map((v) =>
        chip(v, filter.version.has(v), count("version", (t) => t.version === v), () => toggle(filter.version, v)))),
      group("Level", LEVELS.filter((l) => tests.some((t) => t.level === l)).map((l) =>
        chip(l, filter.level.has(l), count("level", (t) => t.level === l), () => toggle(filter.level, l)))),
      several ? group("Comparison", [chip("brokers differ", filter.differs, count("differs", (t) => t.differs), () => { filter.differs = !filter.differs; update(); })]) : "",
      filter.area ? group("Area", [chip(`area ${filter.area}`, true, count("", () => true), () => { filter.area = ""; filter.run = ""; update(); })]) : "",
      any ? h("button", { class: "quiet clear", onclick: clear }, "Clear") : "");
    if (focused) chipBox.querySelector(`[data-chip="${CSS.escape(focused)}"]`)?.focus();
  }

  function clear() {
    for (const set of [filter.verdict, filter.version, filter.level]) set.clear();
    Object.assign(filter, { q: "", area: "", run: "", differs: false });
    search.value = "";
    update();
  }

  function drawAreas() {
    const columns = several
      ? data.runs.map((run, number) => ({ name: run.name, of: (test) => test.runs[number], press: () => { filter.run = String(number); } }))
      : VERSIONS.filter((v) => tests.some((t) => t.version === v)).map((v) => ({
        name: v, of: (test) => (test.version === v ? test.runs[0] : null), press: () => { filter.version.clear(); filter.version.add(v); },
      }));
    const rows = new Map();
    for (const test of tests.filter((test) => fits(test, "area"))) {
      if (!rows.has(test.area)) rows.set(test.area, columns.map(() => ({ passed: 0, asked: 0, skipped: 0, worst: 0 })));
      columns.forEach((column, at) => {
        const run = column.of(test);
        if (!run) return;
        const sum = rows.get(test.area)[at];
        if (run.verdict === "skipped") { sum.skipped += 1; return; }
        sum.asked += 1;
        sum.passed += run.verdict === "pass" ? 1 : 0;
        sum.worst = Math.max(sum.worst, { pass: 1, unsteady: 2, inconclusive: 3, error: 4, fail: 5 }[run.verdict]);
      });
    }
    const kinds = ["skipped", "pass", "unsteady", "inconclusive", "error", "fail"];
    const sorted = [...rows].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
    areas.replaceChildren(h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Area"), columns.map((c) => h("th", { scope: "col" }, c.name)))),
      h("tbody", {}, sorted.map(([area, sums]) => h("tr", { class: filter.area === area ? "chosen" : null },
        h("th", { scope: "row" }, h("button", { onclick: () => { filter.area = filter.area === area ? "" : area; filter.run = ""; update(); } }, area)),
        sums.map((sum, at) => h("td", {}, sum.asked + sum.skipped
          ? h("button", {
            class: kinds[sum.worst], title: `${sum.passed} of ${sum.asked} passed${sum.skipped ? `, ${sum.skipped} skipped` : ""}`,
            onclick: () => { filter.area = area; columns[at].press(); update(); },
          }, sum.asked ? (sum.passed === sum.asked ? String(sum.asked) : `${sum.passed}/${sum.asked}`) : "–")
          : h("span", { class: "none" }, "·"))))))));
  }

  // Only the rows in sight are elements.
  function draw(whole = false) {
    if (whole === true) {
      space.replaceChildren(...shown.filter((test) => test.runs.some((run) => run && run.verdict !== "pass" && run.verdict !== "skipped")).map(row));
      return;
    }
    const height = list.clientHeight || 600;
    const from = Math.max(0, Math.floor(list.scrollTop / ROW) - 8);
    const to = Math.min(shown.length, from + Math.ceil(height / ROW) + 16);
    space.style.height = `${shown.length * ROW}px`;
    space.replaceChildren(...shown.slice(from, to).map((test, at) => row(test, from + at)));
    list.setAttribute("aria-rowcount", shown.length + 1);
  }

  function row(test, at) {
    const because = test.runs.map((run) => run?.because).find(Boolean) ?? "";
    const [script, ...rest] = test.id.split("[");
    return h("a", {
      class: "row", role: "row", href: testHash(test), "aria-rowindex": at + 2, "aria-selected": String(at === selected), id: `row-${at}`,
      style: `top:${at * ROW}px`, tabindex: "-1",
    },
    cell("gridcell",
      h("span", { class: "id" }, script, rest.length ? h("em", {}, `[${rest.join("[")}`) : ""),
      test.level !== "MUST" && h("small", { class: "level" }, test.level),
      h("span", { class: "because" }, because || test.title)),
    test.runs.map((run) => cell("gridcell", run
      ? h("span", { class: `verdict ${run.verdict}${run.expected === 1 ? " expected" : ""}`, title: run.because ?? WORDS[run.verdict] },
        h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[run.verdict]), h("span", { class: "word" }, run.expected === 1 ? "as expected" : run.expected === 0 ? "stale" : WORDS[run.verdict]))
      : h("span", { class: "none" }, "·"))));
  }

  function address() {
    const query = new URLSearchParams();
    for (const key of ["q", "area", "run"]) if (filter[key]) query.set(key, filter[key]);
    for (const key of ["verdict", "version", "level"]) if (filter[key].size) query.set(key, [...filter[key]].join(","));
    if (filter.differs) query.set("differs", "1");
    const text = query.toString();
    return `#/${text && `?${text}`}`;
  }

  function update(first = false) {
    shown = tests.filter((test) => fits(test));
    // What needs a look stands first.
    const rank = (test) => Math.min(...test.runs.map((run) => (run ? { fail: 0, error: 1, inconclusive: 2, unsteady: 3, pass: 4, skipped: 4 }[run.verdict] + (run.expected === 1 ? 0.5 : 0) : 4)));
    shown = shown.map((test) => [rank(test), test]).sort(([a, x], [b, y]) => a - b || x.number - y.number).map(([, test]) => test);
    Object.assign(overview, { shown });
    if (!first) {
      listHash = address();
      replaceHash(listHash);
      list.scrollTop = 0;
      selected = -1;
    }
    status.textContent = shown.length === tests.length ? `${tests.length.toLocaleString("en")} tests` : `${shown.length.toLocaleString("en")} of ${tests.length.toLocaleString("en")} tests`;
    drawChips();
    drawAreas();
    draw();
  }

  function select(at) {
    selected = Math.max(0, Math.min(shown.length - 1, at));
    const top = selected * ROW;
    if (top < list.scrollTop + ROW) list.scrollTop = Math.max(0, top - ROW);
    if (top + 3 * ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + 3 * ROW - list.clientHeight;
    draw();
    list.setAttribute("aria-activedescendant", `row-${selected}`);
  }

  update(true);
  return {
    element,
    shown: () => { draw(); if (overview.last) select(shown.findIndex((test) => test.id === overview.last)); },
    // Paper has no window to scroll: what did not pass is printed.
    print: (printing) => draw(printing),
    search: () => { search.focus(); search.select(); },
    leaveSearch: () => { search.blur(); list.focus({ preventScroll: true }); select(0); },
    escape: (typing) => {
      if (typing && search.value) { search.value = filter.q = ""; update(); return true; }
      if (typing) { search.blur(); return true; }
      clear();
      return true;
    },
    key: (event) => {
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
      if (step && (event.key.length === 1 || document.activeElement === list)) {
        event.preventDefault();
        select(selected + step);
      } else if (event.key === "Enter" && selected >= 0 && !document.activeElement?.matches("button, summary, a")) {
        location.hash = testHash(shown[selected]);
      }
    },
  };
}

addEventListener("beforeprint", () => view?.print?.(true));
addEventListener("afterprint", () => view?.print?.(false));
addEventListener("resize", () => view?.shown?.());
