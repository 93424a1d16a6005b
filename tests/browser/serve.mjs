// Opens the page of `rollcast serve` in a real browser and plays with it: the fleet and its job live, time and robots controlled, a server that
// goes away and comes back; no errors, no request to elsewhere, text that stands out. Leaves pictures to look at.
//
//   node serve.mjs PICTURES PROGRAM SCENARIO
//
// playwright-core is found in the present folder; CHROMIUM says where the browser is.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { VIEWS, faint, withBrowser } from "./browser.mjs";

const [pictures, program, scenario] = process.argv.slice(2);
mkdirSync(pictures, { recursive: true });

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A server whose time stands still, on this port or a free one. */
async function serve(port, ...options) {
  const fixed = ["--paused", "--log", "off", "--epoch", "2020-01-01T00:00:00Z", "--listen", `127.0.0.1:${port}`];
  const child = spawn(program, ["serve", scenario, ...fixed, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = await once(createInterface(child.stdout), "line");
  running.add(child);
  const stop = async () => {
    child.kill("SIGTERM");
    await once(child, "exit");
    running.delete(child);
  };
  return { url, stop };
}

async function call(server, operation, input) {
  const answer = await fetch(`${server.url}/${operation}`, { method: "POST", body: JSON.stringify(input) });
  assert.equal(answer.status, 200, `${operation}: ${await answer.clone().text()}`);
  return answer.json();
}

async function deploy(server) {
  const { fleetDetails: [fleet] } = await call(server, "listFleets", {});
  const { robotApplicationSummaries: [application] } = await call(server, "listRobotApplications", {});
  const launchConfig = { packageName: "amr", launchFile: "amr.launch" };
  const configs = [{ application: application.arn, applicationVersion: "1", launchConfig }];
  return call(server, "createDeploymentJob", { fleet: fleet.arn, clientRequestToken: "first", deploymentApplicationConfigs: configs });
}

/** Waits until something is so on a page. (Playwright's own way would have the page compile text, which its policy forbids.) */
async function until(page, what, argument) {
  const end = Date.now() + 30_000;
  while (!await page.evaluate(what, argument)) {
    assert(Date.now() < end, `it does not come to that: ${what}, ${JSON.stringify(argument)}; ${await page.innerText("body")}`);
    await page.waitForTimeout(30);
  }
}

/** Waits until the text of an element is as a pattern says. */
async function shows(page, id, pattern) {
  await until(page, ([id, source]) => new RegExp(source).test(document.getElementById(id).textContent), [id, pattern.source]);
}

const plays = async (browser) => {
  for (const colorScheme of ["light", "dark"]) {
    for (const { name: view, viewport } of VIEWS) {
      const context = `${view}, ${colorScheme}`;
      let server = await serve(0);
      const page = await browser.newPage();
      const complaints = [];
      let away = false;
      page.on("console", (message) => away || complaints.push(`${message.type()}: ${message.text()}`));
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        if (!request.url().startsWith(server.url) && !request.url().startsWith("data:")) complaints.push(`requests ${request.url()}`);
      });
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.goto(server.url);
      await until(page, () => document.querySelectorAll("#grid > i").length === 200);
      await shows(page, "legend", /200 registered/);
      await shows(page, "nojob", /None yet/);

      // A job is shown as it goes on, without a look at the page anew.
      const job = await deploy(server);
      await shows(page, "status", /^Pending|^Preparing|^InProgress/);
      await page.click("#minutes");
      await shows(page, "clock", /00:10:00/);
      await shows(page, "status", /InProgress/);
      await shows(page, "slots", /^40 of 40$/);
      await shows(page, "failures", /of 50$/);
      await shows(page, "legend", /[0-9]{2} in sync/);
      await until(page, () => document.querySelectorAll("#grid > i.insync").length > 20);
      await page.screenshot({ path: path.join(pictures, `serve.${view}.${colorScheme}.png`), fullPage: true });
      assert.deepEqual(await page.evaluate(faint), [], context);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(width <= viewport.width, `${context}: ${width} pixels wide`);
      const unnamed = await page.evaluate(() => [...document.querySelectorAll("button, select")]
        .filter((control) => !(control.textContent.trim() && control.labels?.length !== 0 || control.labels?.length || control.ariaLabel))
        .filter((control) => control.tagName === "SELECT" || !control.textContent.trim()).map((control) => control.id));
      assert.deepEqual(unnamed, [], `${context}: controls without a name`);

      // One event, and no more: time stands at an instant of its own.
      const before = await page.textContent("#ended");
      await page.click("#event");
      await until(page, (before) => document.getElementById("ended").textContent !== before
        || !document.getElementById("clock").textContent.startsWith("00:10:00"), before);

      // A robot is chosen with keys, and fails when it is told to.
      await page.focus("#grid");
      await page.keyboard.press("End");
      await shows(page, "robotname", /^amr-200$/);
      await page.keyboard.press("ArrowLeft");
      await shows(page, "robotname", /^amr-199$/);
      await page.click("#offline");
      await shows(page, "facts", /taken offline/);
      await shows(page, "offline", /Back online/);
      await page.click("#offline");
      await shows(page, "offline", /Take it offline/);
      const deploying = page.locator("#grid > i.deploying").first();
      await deploying.click();
      const name = await page.textContent("#robotname");
      await page.click("#fail");
      await page.click("#event");
      await shows(page, "facts", /Failed.*failure/);
      assert.equal(await page.textContent("#robotname"), name, context);

      // Time runs, faster, and stands again.
      await page.selectOption("#speed", "600");
      await page.click("#pause");
      await shows(page, "pause", /Pause/);
      await until(page, () => /00:(1[2-9]|[2-5]\d):/.test(document.getElementById("clock").textContent));
      await page.click("#pause");
      await shows(page, "clock", /paused/);
      await page.selectOption("#speed", "max");
      await page.click("#pause");
      await shows(page, "status", /^Succeeded/);
      await shows(page, "ended", /^200 of 200$/);

      // The server goes away, says so, and comes back with another account.
      const port = new URL(server.url).port;
      away = true;
      await server.stop();
      await shows(page, "notice", /lost; trying again/);
      server = await serve(port, "--set", "group.amr.robots=30");
      await until(page, () => document.querySelectorAll("#grid > i").length === 30);
      await until(page, () => document.getElementById("notice").hidden);
      away = false;
      await call(server, "createFleet", { name: "another" });
      await page.selectOption("#fleets", { label: "another" });
      await shows(page, "title", /^another$/);
      assert.equal(await page.locator("#grid > i").count(), 0, context);
      assert.deepEqual(complaints, [], context);
      await page.close();
      await server.stop();
      assert(job.arn, context);
    }
  }
  // Many robots: their cells are small, and changes are shown while time runs.
  const server = await serve(0, "--set", "group.amr.robots=5000");
  const page = await browser.newPage();
  await page.setViewportSize(VIEWS[0].viewport);
  await page.goto(server.url);
  await until(page, () => document.querySelectorAll("#grid.many > i").length === 5000);
  await deploy(server);
  await page.selectOption("#speed", "600");
  await page.click("#pause");
  await until(page, () => document.querySelectorAll("#grid > i.insync").length > 1000);
  await page.screenshot({ path: path.join(pictures, "serve.many.png") });
  await page.close();
  await server.stop();
  console.log("shows the fleet live, light and dark, desktop and phone: the page of rollcast serve");
};
withBrowser(plays).then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
