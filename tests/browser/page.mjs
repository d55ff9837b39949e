// What people do with the page, done in Chromium. `node page.mjs BASE STEP…` with the tools in TIDEMILL_BROWSER_TOOLS;
// pictures go to TIDEMILL_BROWSER_PICTURES if that is set. Whatever is not as it should be ends it with a line.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.TIDEMILL_BROWSER_TOOLS, "package.json"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [base, folder] = process.argv.slice(2);
const pictures = process.env.TIDEMILL_BROWSER_PICTURES;
const PATIENCE = Number(process.env.TIDEMILL_BROWSER_PATIENCE ?? 60_000);

const browser = await chromium.launch({
  executablePath: process.env.TIDEMILL_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
context.setDefaultTimeout(PATIENCE);
const page = await context.newPage();
const said = [];
page.on("console", message => { if (message.type() === "error") said.push(message.text()); });
page.on("pageerror", error => said.push(String(error)));
page.on("request", request => {
  const address = new URL(request.url());
  if (address.protocol !== "data:" && address.origin !== base) said.push(`it asks another host: ${request.url()}`);
});

let shown = 0;
async function looked(name) {
  await accessible(name);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  note(wide <= 0, `${name} is wider than the window by ${wide}`);
  note(said.length === 0, `${name}: ${said.splice(0).join("; ")}`);
  if (!pictures) return;
  fs.mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: path.join(pictures, `${String(++shown).padStart(2, "0")}-${name}.png`), fullPage: true });
}

async function accessible(name) {
  // The page's policy lets no script in: the checker goes around it as a debugger does.
  const session = await context.newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { result } = await session.send("Runtime.evaluate", {
    expression: "axe.run(document, {iframes: false}).then(found => JSON.stringify(found.violations))",
    awaitPromise: true,
  });
  await session.detach();
  const serious = JSON.parse(result.value).filter(found => ["serious", "critical"].includes(found.impact));
  const places = found => found.nodes.slice(0, 3).map(node => node.target.join(" ")).join(", ");
  const words = found => `${found.id} (${found.nodes[0].any[0]?.message ?? ""}): ${places(found)}`;
  note(serious.length === 0, `${name}: ${serious.map(words).join("; ")}`);
}

// What is wrong with the look of a page is told at the end, all of it.
const wrong = [];
function note(holds, words) {
  if (!holds) wrong.push(words);
}

function check(holds, words) {
  if (!holds) throw new Error(words);
}

const go = address => page.goto(base + address);
const see = text => page.getByText(text).first().waitFor();
const ended = word => page.locator("h1").getByText(word).first().waitFor();
const press = async name => { await page.getByRole("button", { name, exact: true }).first().click(); };
// A button that leads to another page; the page before looks much like it.
async function leads(name) {
  const before = page.url();
  await press(name);
  await page.waitForURL(address => String(address) !== before && /\/runs\//.test(String(address)));
}
// The processes of runs of this project.
function runners() {
  const of = (process, what) => { try { return what(`/proc/${process}`); } catch { return ""; } };
  const isRunner = process => of(process, at => fs.readlinkSync(`${at}/cwd`)) === fs.realpathSync(folder)
    && of(process, at => fs.readFileSync(`${at}/cmdline`, "utf8")).includes("\0--no-wait\0");
  return fs.readdirSync("/proc").filter(name => /^\d+$/.test(name)).filter(isRunner).map(Number);
}
const touch = name => fs.writeFileSync(path.join(folder, name), "");

const steps = {
  async projects() {
    await go("/");
    await see("10 tasks");
    await looked("projects");
    await press("Pause");
    await see("none: paused since");
    await press("Resume");
    await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
  },
  async "the plan stands before the run, with the form of its params"() {
    await go("/p/shop/plan");
    await see("first run");
    await page.getByLabel("least").fill("3");
    await press("Show the plan");
    await see("what it would do");
    check(await page.getByLabel("least").inputValue() === "3", "the form keeps what was typed");
    await looked("plan");
  },
  async "a run is watched live, each state in order"() {
    await leads("Start the run");
    // It waits for a file: nothing else ends it.
    await page.locator("#tasks tr", { hasText: "wait" }).locator(".is-running").first().waitFor();
    await looked("running");
    await go(page.url().slice(base.length) + "/logs/wait");
    await see("is being written");
    touch("say");
    await see("a line that comes");
    await looked("log");
    await page.goBack();
    await ended("running");
    touch("go");
    await ended("failed");
    await page.locator("#tasks tr", { hasText: "wait" }).locator(".is-success").first().waitFor();
    check((await page.locator(".alert").first().textContent()).includes("no answer"), "what failed stands first");
    await looked("failed");
  },
  async "a run is stopped"() {
    await go("/p/shop");
    await leads("Retry what failed");
    await ended("failed");
    fs.rmSync(path.join(folder, "go"));
    await go("/p/shop/plan?select=wait");
    await leads("Start the run");
    await page.locator("#tasks .is-running").first().waitFor();
    await press("Stop");
    await ended("cancelled");
    touch("go");
    await leads("Go on with what it left undone");
    await ended("success");
    await looked("retried");
  },
  async "tasks are rerun from a run, with what follows"() {
    await page.locator("#tasks a", { hasText: "wait" }).first().click();
    await leads("Rerun with what follows");
    await ended(/success|failed/);
  },
  async "the graph: search, zoom, a task beside it, filters"() {
    await go("/p/shop");
    await looked("pipeline");
    const graph = page.locator("[data-zoom] svg");
    const whole = await graph.getAttribute("viewBox");
    await page.locator("[data-zoom]").focus();
    await page.keyboard.press("+");
    check(await graph.getAttribute("viewBox") !== whole, "plus zooms");
    await page.keyboard.press("0");
    check(await graph.getAttribute("viewBox") === whole, "0 shows all of it");
    await page.locator('.graph a[href*="task=orders"]').click();
    await page.locator("#beside").getByText("Run up to here").waitFor();
    check(page.url().includes("task=orders"), "what is beside the graph has an address");
    await go("/p/shop?task=orders");
    check(await page.locator(".graph a[aria-current]").count() === 1, "the task beside the graph is marked in it");
    await looked("beside");
    await page.goBack();
    await page.locator("#beside").waitFor({ state: "detached" });
    await page.locator(".chip", { hasText: "failed" }).click();
    await page.waitForURL(/status=failed/);
    check(await page.locator("#tasks tbody tr").count() === 1, "one task failed");
    await go("/p/shop");
    await page.locator("#filter").fill("fragile");
    check(await page.locator("#tasks tbody tr:visible").count() === 1, "the list is searched while typing");
    await page.keyboard.press("Escape");
    await page.locator("#select").fill("orders+");
    await press("Show");
    await page.waitForURL(/select=orders/);
    await page.locator("#beside, .graph").first().waitFor();
  },
  async "groups of the graph unfold and fold"() {
    await go("/p/shop");
    await page.locator('.graph a[href*="open=by_country"]').click();
    await page.waitForURL(/open=by_country/);
    await page.locator(".graph", { hasText: "by_country@FR" }).waitFor();
    await looked("unfolded");
    await page.locator('.graph a[href*="task=by_country%40FR"]').click();
    await page.locator("#beside").getByText("by_country@FR").first().waitFor();
    check(page.url().includes("open=by_country"), "the group stays open");
    await page.locator(".chip", { hasText: "by_country unfolded" }).click();
    await page.locator('.graph a[href*="open=by_country"]').waitFor();
    await page.locator("#beside").waitFor();
  },
  async "tasks are filtered by why they are out of date"() {
    const file = path.join(folder, "pipeline.yaml");
    const before = fs.readFileSync(file, "utf8");
    fs.writeFileSync(file, before.replace("negative quantity", "below nothing"));
    await go("/p/shop");
    await page.locator(".chip", { hasText: "reject" }).first().click();
    await page.waitForURL(/because=/);
    check(await page.locator("#tasks tbody tr").count() === 1, "one task has this reason of its own");
    check((await page.locator("#tasks tbody tr").textContent()).includes("orders"), "it is that whose text has changed");
    await looked("because");
    await page.locator(".chip", { hasText: "out of date" }).first().click();
    await page.waitForURL(/stale=1/);
    check(await page.locator("#tasks tbody tr").count() > 1, "what follows from it is out of date too");
    fs.writeFileSync(file, before);
  },
  async "a run that was killed goes on"() {
    fs.rmSync(path.join(folder, "go"));
    await go("/p/shop/plan?select=wait");
    await leads("Start the run");
    await page.locator("#tasks .is-running").first().waitFor();
    for (const process of runners()) globalThis.process.kill(process, "SIGKILL");
    await ended("interrupted");
    await looked("killed");
    await go("/p/shop");
    touch("go");
    await leads("Go on with what it left undone");
    await ended("success");
  },
  async "a server that does not answer is told, and the page goes on when it does"() {
    fs.rmSync(path.join(folder, "go"));
    await go("/p/shop/plan?select=wait");
    await leads("Start the run");
    await page.locator("#tasks .is-running").first().waitFor();
    await context.setOffline(true);
    await see("The server does not answer");
    await context.setOffline(false);
    await page.locator("#old").waitFor({ state: "detached" });
    // What the browser says of it is no mistake of the page.
    said.splice(0);
    touch("go");
    await ended("success");
    await looked("answering-again");
  },
  async "run up to here"() {
    await go("/p/shop?task=large");
    await leads("Run up to here");
    await ended("success");
    await see("+large");
  },
  async "a task: checks, rejects, table, profile, lineage, changes, rerun"() {
    await go("/p/shop/tasks/orders");
    await see("not_null: country");
    await see("negative quantity");
    await page.getByRole("link", { name: /^quantity/ }).first().click();
    await page.waitForURL(/sort=quantity/);
    check(await page.locator("th[aria-sort=ascending]").count() === 1, "the table is sorted");
    await page.locator("#search").fill("DE");
    await press("Find");
    await see(/rows, 2 columns/);
    await looked("task");
    for (const [tab, holds] of [["Profile", "distinct"], ["Lineage", "made by"], ["Failing rows", "passes its checks"], ["Changes", /the same in all runs|added/]]) {
      await page.getByRole("link", { name: tab, exact: true }).click();
      await see(holds);
      await looked(tab.toLowerCase().replace(" ", "-"));
    }
    await page.getByRole("link", { name: "Lineage", exact: true }).click();
    await page.getByLabel("Column", { exact: true }).selectOption("quantity");
    await press("Show");
    await page.locator(`.graph a[href*="tasks/raw/lineage"]`).click();
    await page.waitForURL(/tasks\/raw\/lineage/);
    await go("/p/shop/tasks/orders");
    await leads("Rerun");
    await ended("success");
  },
  async "outputs: a mail, a report, a table, kept"() {
    await go("/p/shop/outputs");
    await looked("outputs");
    await page.getByRole("link", { name: /\.eml$/ }).first().click();
    await see("news of the shop");
    await page.frameLocator("iframe").getByText("Night").first().waitFor();
    await looked("mail");
    const kept = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    check((await kept).suggestedFilename().endsWith(".eml"), "it is kept under its name");
    await go("/p/shop/outputs/out/note.md");
    await page.frameLocator("iframe").getByRole("heading", { name: "Night" }).waitFor();
    await go("/p/shop/outputs/outputs/rejects/orders.csv");
    await see("_reason");
    await looked("table");
  },
  async "a schedule: calendar, simulation, backfill"() {
    await go("/p/shop/schedule");
    await looked("schedule");
    await page.getByRole("link", { name: "after →" }).click();
    await page.waitForURL(/month=/);
    await page.getByRole("link", { name: "What would run" }).click();
    await page.getByLabel("From").fill("2024-11-01");
    await page.getByLabel("To", { exact: true }).fill("2024-11-05");
    await press("Show");
    await see("5 fires");
    await looked("simulation");
    await page.getByRole("link", { name: "Backfill" }).click();
    await page.getByLabel("From").fill("2024-11-01");
    await page.getByLabel("To", { exact: true }).fill("2024-11-02");
    await page.getByLabel(/Go on with the next/).check();
    await press("Show the runs");
    await see("2 runs would start");
    await looked("backfill");
    await leads("Start these 2 runs");
    await see("backfill");
    await go("/p/shop/runs");
    await looked("runs");
  },
  async "by keyboard"() {
    await go("/p/shop/runs");
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await page.waitForURL(/\/p\/shop$/);
    await page.keyboard.press("j");
    check(await page.evaluate(() => document.activeElement.closest("#tasks tr") !== null), "j goes to the first task");
    await page.keyboard.press("/");
    check(await page.evaluate(() => document.activeElement.id) === "select", "/ goes to the search");
  },
  async "dark, on a phone, and wide"() {
    const addresses = { projects: "/", pipeline: "/p/shop?task=orders", plan: "/p/shop/plan", task: "/p/shop/tasks/orders",
      outputs: "/p/shop/outputs", schedule: "/p/shop/schedule", runs: "/p/shop/runs" };
    for (const [width, colorScheme] of [[360, "light"], [360, "dark"], [1280, "dark"], [1920, "light"]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      for (const [name, address] of Object.entries(addresses)) {
        await go(address);
        await looked(`${name}-${width}-${colorScheme}`);
      }
    }
  },
};

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`ok ${name}`);
  } catch (error) {
    console.error(`in "${name}", at ${page.url()}: ${error.message}`);
    if (pictures) await page.screenshot({ path: path.join(pictures, "wrong.png"), fullPage: true }).catch(() => {});
    process.exitCode = 1;
    break;
  }
}
await browser.close();
for (const words of wrong) console.error(words);
if (wrong.length > 0) process.exitCode = 1;
