// Opens pages in a real browser: no errors, no request that leaves the page, no sideways scrolling, charts that can be read with
// mouse and keys, tables that sort, text that stands out from its ground, and a page to print. Leaves pictures to look at.
//
//   node pages.mjs PICTURES PAGE...
//
// playwright-core is found in the present folder; CHROMIUM says where the browser is.
import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { VIEWS, faint, withBrowser } from "./browser.mjs";

const [pictures, ...pages] = process.argv.slice(2);
assert(pages.length > 0, "no page to open");
mkdirSync(pictures, { recursive: true });

await withBrowser(async (browser) => {
  for (const file of pages) {
    const url = pathToFileURL(path.resolve(file)).href;
    const name = `${path.basename(path.dirname(path.resolve(file)))}.${path.basename(file, ".html")}`;
    for (const colorScheme of ["light", "dark"]) {
      for (const { name: view, ...options } of VIEWS) {
        const context = `${name}, ${view}, ${colorScheme}`;
        const page = await browser.newPage();
        const complaints = [];
        page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
        page.on("pageerror", (error) => complaints.push(String(error)));
        page.on("request", (request) => {
          if (request.url() !== url && !request.url().startsWith("data:")) complaints.push(`requests ${request.url()}`);
        });
        await page.setViewportSize(options.viewport);
        await page.emulateMedia({ colorScheme });
        await page.goto(url);
        const picture = path.join(pictures, `${name}.${view}.${colorScheme}.png`);

        const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.equal(ground === "rgb(255, 255, 255)", colorScheme === "light", `${context}: ${ground}`);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert(width <= options.viewport.width, `${context}: ${width} pixels wide`);
        assert.deepEqual(await page.evaluate(faint), [], context);
        const small = await page.evaluate(() => [...document.querySelectorAll("figure svg[role=img] text")]
          .map((text) => text.getBoundingClientRect().height).filter((height) => height > 0 && height < 11));
        assert.deepEqual(small, [], `${context}: text in charts is too small`);
        const outside = await page.evaluate(() => [...document.querySelectorAll("figure svg[role=img] text")]
          .filter((text) => {
            const [inner, outer] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
            return inner.left < outer.left - 1 || inner.right > outer.right + 1;
          }).map((text) => text.textContent));
        assert.deepEqual(outside, [], `${context}: text leaves its chart`);

        // Values are read with a pointer and with keys.
        const drawings = await page.locator(".drawing[role=slider]").all();
        assert(drawings.length > 0, `${context}: no chart can be read`);
        for (const drawing of drawings) {
          const line = drawing.locator("xpath=../p[@class='reading']");
          const hint = await line.textContent();
          await drawing.focus();
          await page.keyboard.press("ArrowRight");
          const first = await line.textContent();
          assert.notEqual(first, hint, `${context}: a key reads no value`);
          await page.keyboard.press("End");
          assert.equal(await drawing.getAttribute("aria-valuetext"), await line.textContent(), context);
          await page.keyboard.press("Escape");
          assert.equal(await line.textContent(), hint, context);
          await drawing.scrollIntoViewIfNeeded();
          const box = await drawing.boundingBox();
          await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5);
          assert.notEqual(await line.textContent(), hint, `${context}: the pointer reads no value`);
        }
        const headings = page.locator("table[data-sortable] th button");
        if (await headings.count() > 0) {
          const last = headings.last();
          const keys = () => page.locator("table[data-sortable] tbody tr td:last-child").evaluateAll((cells) =>
            cells.map((cell) => Number(cell.dataset.key ?? Infinity)));
          await last.click();
          assert.deepEqual(await keys(), (await keys()).sort((a, b) => a - b), `${context}: not sorted`);
          await last.click();
          assert.equal(await page.locator("th[aria-sort=descending]").count(), 1, context);
          await page.reload();
        }
        await page.mouse.move(0, 0);
        await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
        await page.screenshot({ path: picture, fullPage: true });
        if (view === "desktop") {
          // On paper it is dark on white, whatever the screen has.
          await page.emulateMedia({ colorScheme, media: "print" });
          assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)", context);
          await page.emulateMedia({ colorScheme, media: null });
          const pdf = path.join(pictures, `${name}.${colorScheme}.pdf`);
          await page.pdf({ path: pdf, format: "A4", printBackground: false, margin: { top: "12mm", bottom: "12mm", left: "12mm", right: "12mm" } });
          assert(statSync(pdf).size > 10_000, pdf);
        }
        assert.deepEqual(complaints, [], context);
        await page.close();
      }
    }
    console.log(`opens, light and dark, desktop and phone: ${name}`);
  }
});
