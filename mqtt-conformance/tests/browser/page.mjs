// The HTML report in a real browser: node page.mjs REPORT FOLDER. The report holds three runs: a broker that passes, another one, and
// one that loses every PUBACK. Screenshots go to the folder.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [report, folder] = process.argv.slice(2);
const { chromium } = createRequire(path.join(folder, "package.json"))("playwright-core");
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const address = pathToFileURL(path.resolve(report)).href;
const complaints = [];

async function open(hash = "", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "light", ...options });
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => { if (!/^(file|data|blob):/.test(request.url())) complaints.push(`request of ${request.url()}`); });
  await page.goto(address + hash);
  await page.waitForSelector("main > *");
  return page;
}

const count = (page, selector) => page.locator(selector).count();
const status = async (page) => (await page.locator(".status").textContent()).trim();
const tests = (text) => Number(text.replace(/,/g, "").match(/\d+/)[0]);
const checks = [];
const check = (name, run) => checks.push([name, run]);

check("all tests are there, and few of them are elements", async () => {
  const page = await open();
  const all = tests(await status(page));
  assert.ok(all > 3000, `${all} tests`);
  assert.equal(await count(page, ".run"), 3);
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  const rows = await count(page, ".space .row");
  assert.ok(rows > 10 && rows < 80, `${rows} rows`);
  assert.ok(nodes < 4000, `${nodes} elements`);
  // To the end, and still as few.
  await page.locator(".list").evaluate((list) => { list.scrollTop = list.scrollHeight; });
  await page.waitForFunction((last) => document.querySelector(`.row[aria-rowindex="${last}"]`), all + 1);
  assert.ok((await count(page, ".space .row")) < 80);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  console.log(`   ${all} tests, ${nodes} elements, ${rows} rows; first paint after ${Math.round(paint)} ms`);
});

check("filters narrow the list, count, and stand in the address", async () => {
  const page = await open();
  const all = tests(await status(page));
  await page.locator(".chip.fail").click();
  const failed = tests(await status(page));
  assert.ok(failed > 0 && failed < all, `${failed}`);
  assert.equal(failed, tests(await page.locator(".chip.fail small").textContent()));
  await page.locator('[data-chip="5.0"]').click();
  await page.locator('[data-chip="MUST"]').click();
  const fewer = tests(await status(page));
  assert.ok(fewer < failed);
  assert.match(page.url(), /#\/\?verdict=fail&version=5\.0&level=MUST$/);
  const again = await open(new URL(page.url()).hash);
  assert.equal(tests(await status(again)), fewer);
  assert.equal(await again.locator('[data-chip="MUST"]').getAttribute("aria-pressed"), "true");
  await again.locator(".clear").click();
  assert.equal(tests(await status(again)), all);
  await again.locator('[data-chip="brokers differ"]').click();
  assert.ok(tests(await status(again)) < all);
});

check("a search finds ids, titles and statements", async () => {
  const page = await open();
  await page.keyboard.press("/");
  await page.keyboard.type("pingreq answered");
  const ids = await page.locator(".space .id").allTextContents();
  assert.ok(ids.length > 0 && ids.every((id) => id.includes("pingreq")), ids.join());
  await page.keyboard.press("Escape");
  await page.locator("#search").fill("MQTT-3.12.4-1");
  assert.ok(tests(await status(page)) >= 1);
});

check("a cell of the areas leads to its tests", async () => {
  const page = await open();
  await page.locator(".areas td button.fail").first().click();
  assert.match(page.url(), /area=/);
  assert.ok(tests(await status(page)) > 0);
});

check("keys move, open, and come back", async () => {
  const page = await open("#/?verdict=fail");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  const id = await page.locator('.row[aria-selected="true"] .id').textContent();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".page h1");
  assert.equal(await page.locator(".identity code").textContent(), id);
  await page.keyboard.press("]");
  await page.waitForFunction((old) => document.querySelector(".identity code")?.textContent !== old, id);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".overview");
  assert.match(page.url(), /#\/\?verdict=fail$/);
  await page.keyboard.press("?");
  assert.ok(await page.locator("#help").isVisible());
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator("#help").isVisible()));
});

check("the chart of a failure opens on what differed, and a click takes a packet apart", async () => {
  const page = await open("#/?verdict=fail&run=2");
  await page.locator(".space .row").first().click();
  await page.waitForSelector(".chart svg");
  assert.ok((await count(page, ".code li.marked")) === 1, "the failing line is marked");
  assert.ok((await count(page, ".asked dt a")) > 0, "the statements are named");
  const label = await page.locator(".entry.sent").first().getAttribute("aria-label");
  await page.locator(".entry.sent").first().click();
  assert.match(page.url(), /packet=\d+/);
  assert.match(await page.locator(".packet h3").textContent(), /to the broker, \d+ bytes/);
  assert.ok((await count(page, ".packet .hex div")) > 0);
  assert.ok(label.includes(await page.locator(".packet .fields th").first().textContent()), label);
  const shared = await open(new URL(page.url()).hash);
  assert.equal(await shared.locator(".packet h3").textContent(), await page.locator(".packet h3").textContent());
  await page.keyboard.press("j");
  assert.notEqual(await page.locator(".entry.selected").getAttribute("data-entry"), null);
});

check("where a field differed, it is marked, and so is its first byte", async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    for (const test of tests) {
      const details = (await piece(test.script)).tests[test.number];
      const run = details.findIndex((of) => of?.failure?.byte != null && of.failure.entry != null && of.failure.fields?.length);
      if (run >= 0) return testHash(test, { run: String(run) });
    }
    return null;
  });
  assert.ok(found, "some failure has a byte that differs");
  const shown = await open(found);
  await shown.waitForSelector(".hex mark");
  assert.ok((await count(shown, ".differed tr.differs")) > 0);
  assert.equal(await count(shown, ".entry.wrong"), 1);
  await shown.screenshot({ path: path.join(folder, "byte.png"), fullPage: true });
});

check("several runs are tabs", async () => {
  const page = await open("#/?differs=1");
  await page.locator(".space .row").first().click();
  await page.waitForSelector("[role=tab]");
  assert.equal(await count(page, "[role=tab]"), 3);
  const before = await page.locator(".result").textContent();
  await page.locator('[role=tab][aria-selected="false"]:not([disabled])').first().click();
  assert.notEqual(await page.locator(".result").textContent(), before);
});

check("a link to no test says so", async () => {
  const page = await open("#/test/5.0/nowhere/x");
  assert.equal(await page.locator("h1").textContent(), "No such test");
});

check("paper shows what did not pass", async () => {
  const page = await open();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.ok((await count(page, ".space .row")) > 100);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.ok((await count(page, ".space .row")) < 80);
});

check("nothing is wider than the window, at any width, in light and dark", async () => {
  const failing = await (async () => {
    const page = await open("#/?verdict=fail&run=2");
    return page.locator(".space .row").first().getAttribute("href");
  })();
  for (const [width, height] of [[1440, 900], [400, 800]]) {
    for (const colorScheme of ["light", "dark"]) {
      for (const [name, hash] of [["overview", "#/"], ["test", failing]]) {
        const page = await open(hash, { viewport: { width, height }, colorScheme });
        await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: name === "test" });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${name} at ${width}: ${wide} too wide`);
      }
    }
  }
});

let failed = 0;
for (const [name, run] of checks) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n${error.stack}`);
  }
  for (const context of browser.contexts()) await context.close();
}
await browser.close();
if (complaints.length) console.log(`FAILED the browser complains:\n${[...new Set(complaints)].join("\n")}`);
process.exit(failed || complaints.length ? 1 : 0);
