// One browser for a file of journeys: pages whose console must stay quiet, and axe.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

// Longer than a page takes on any machine: nothing waits so long but what never comes.
const PATIENCE = 60_000;
const source = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

// A blocked script or a failed island shows in the console: both are errors.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.problems = [];
  // A refused form is its page again, with the status of the refusal; the browser writes that down as well.
  const refused = new Set();
  page.on('response', (r) => { if (r.request().isNavigationRequest() && [404, 409, 422].includes(r.status())) refused.add(r.url()); });
  const isRefusal = (m) => m.text().startsWith('Failed to load resource') && refused.has(m.location().url);
  page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !isRefusal(m)) page.problems.push(m.text()); });
  page.on('pageerror', (e) => page.problems.push(e.message));
  return page;
}

export async function finish(page) {
  assert.deepEqual(page.problems, []);
  await page.context().close();
}

// Reads until what is read says what it must: the page that a click leads to comes when it comes. What was read last is
// what a failure shows.
export async function until(read, pattern, where) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    // A page on its way out cannot be read.
    const text = await read().catch((e) => { if (Date.now() > end) throw e; return ''; });
    if (pattern.test(text)) return text;
    if (Date.now() > end) assert.match(text, pattern, where);
    await new Promise((go) => { setTimeout(go, 50); });
  }
}

export const says = (page, selector, pattern, where) => until(() => page.textContent(selector), pattern, where);
export const shows = (page, selector, pattern, where) => until(() => page.innerText(selector), pattern, where);
export const counts = (page, selector, n) => until(async () => String(await page.locator(selector).count()), new RegExp(`^${n}$`), selector);

// The context must bypass the CSP: axe is a script of the test, not of the page.
export async function axe(page, where) {
  await page.waitForLoadState();
  await page.evaluate(source);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  const said = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
  assert.deepEqual(said, [], where);
}

export async function fits(page, where) {
  const [content, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window_, `${where} is ${content} px wide`);
}

// Nothing moves once it is shown.
export async function still(page, where) {
  const moved = await page.evaluate(() => new Promise((done) => {
    const seen = [];
    const name = (node) => (node?.outerHTML ?? node?.textContent ?? '').slice(0, 80);
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) seen.push(`${e.value}: ${e.sources.map((s) => name(s.node)).join(' and ')}`);
    }).observe({ type: 'layout-shift', buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => done(seen)));
  }));
  assert.deepEqual(moved, [], `${where} moves`);
}
