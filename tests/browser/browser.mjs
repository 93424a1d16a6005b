// What the tests in a browser have in common.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

// playwright-core is found in the present folder; CHROMIUM says where the browser is.
const { chromium } = createRequire(path.join(process.cwd(), "here.js"))("playwright-core");

export const VIEWS = [
  { name: "desktop", viewport: { width: 1280, height: 900 } },
  { name: "phone", viewport: { width: 390, height: 844 }, hasTouch: true },
];
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/** The contrast of every piece of text with what is behind it, by WCAG 2.1; those below what it asks for. */
export function faint() {
  const channels = (color) => (color.match(/[\d.]+/g) || []).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      const alpha = channels(color)[3];
      if (alpha === undefined || alpha === 1) return color;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, title")) continue;
    const style = getComputedStyle(element);
    const text = element instanceof SVGElement ? style.fill : style.color;
    const cell = element.closest(".cells") && element.previousElementSibling;
    const behind = cell ? getComputedStyle(cell).fill : ground(element);
    const [a, b] = [luminance(text), luminance(behind)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) bad.push(`${contrast.toFixed(2)} ${text} on ${behind}: ${node.data.trim().slice(0, 40)}`);
  }
  return bad;
}

/** Runs `work` with a browser of its own, which is gone afterwards. */
export async function withBrowser(work) {
  const profile = mkdtempSync(path.join(tmpdir(), "browser-"));
  const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
  const browser = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, headless: true });
  try {
    await work(browser);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
