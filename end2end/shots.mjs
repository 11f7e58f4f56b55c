// Contact sheets of the demo estate: every page for every role and width in light; dark, print, no script, forced colours and
// 200 % once for each template. Each sheet is one picture, so that anybody can look at all of them in a minute. Beside them
// what a keyboard walks through, and what a screen reader reads, as text.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as b from './browser.mjs';

const base = process.env.COUNTERSIGN_DEMO_URL;
const password = process.env.COUNTERSIGN_DEMO.match(/Everyone's password: (\S+)/)[1];
const out = process.env.SHOTS;
const roles = { analyst: 'mara', reviewer: 'jonas', security: 'ines', auditor: 'tom', executive: 'priya', admin: 'lena' };
const widths = [1440, 1280, 375];
const templates = ['/', '/?view=posture', '/?view=evidence', '/identities', '/grants', '/grants?standing=1', '/permission-sets', '/search?q=support', '/adoption', '/resources', '/settings/sources', '/imports', '/ledger', '/settings/people', '/settings/profile', '/api', '/identities?as_of=22', '/identities?as_of=soon', '/keyboard', '/inbox', '/changes', '/changes/new', '/compare', '/compare?against=22'];

async function signedIn(browser, who, options) {
  const page = await b.open(browser, options);
  await page.goto(`${base}/sign-in`);
  await page.fill('[name=email]', `${who}@example.org`);
  await page.fill('[name=password]', password);
  await page.click('button:has-text("Sign in")');
  await page.waitForURL(/\/(inbox)?$/);
  return page;
}

// What stands behind a list: its first row.
async function pages(page) {
  await page.goto(`${base}/identities?q=support-assistant`);
  const first = await page.getAttribute('tbody a.name', 'href');
  await page.goto(`${base}/permission-sets`);
  const set = await page.getAttribute('tbody a.name', 'href').catch(() => null);
  await page.goto(`${base}/settings/teams`);
  const team = await page.getAttribute('tbody a.name', 'href').catch(() => null);
  const parts = ['access', 'surfaces', 'credentials', 'history'].map((part) => `${first}/${part}`);
  return [...templates, first, ...parts, `/compare?against=22&of=${first.split('/').pop()}`, set, team].filter(Boolean);
}

async function sheet(browser, name, shots, width) {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  const cells = shots.map(({ path, file }) => `<figure><figcaption>${path.replaceAll('&', '&amp;')}</figcaption><img src="data:image/png;base64,${readFileSync(file).toString('base64')}"></figure>`);
  const column = width < 600 ? 190 : 380;
  await page.setContent(`<style>body{margin:12px;font:12px sans-serif;display:grid;gap:12px;grid-template-columns:repeat(auto-fill,${column}px);align-items:start}figure{margin:0}img{width:100%;border:1px solid #999}</style>${cells.join('')}`);
  await page.screenshot({ path: `${out}/${name}.png`, fullPage: true });
  await page.close();
}

async function take(browser, name, who, width, options = {}, media = {}) {
  const page = await signedIn(browser, who, { viewport: { width, height: width < 600 ? 740 : 900 }, ...options });
  await page.emulateMedia(media);
  const shots = [];
  for (const path of await pages(page)) {
    const answer = await page.goto(base + path);
    if (answer.status() === 403) continue;
    const file = `${out}/${name}-${path.replaceAll(/[^a-z0-9]+/gi, '_')}.png`;
    // A long list says all it has to say in its first screens; a sheet of whole ones could not be read.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    writeFileSync(file, await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(height, width < 700 ? 1600 : 1800) } }));
    shots.push({ path, file });
  }
  await page.context().close();
  await sheet(browser, `sheet-${name}`, shots, width);
}

// Where the Tab key leads, stop by stop, and what is read.
async function heard(browser, who, paths) {
  const page = await signedIn(browser, who, { viewport: { width: 1280, height: 900 } });
  let text = '';
  for (const path of paths) {
    await page.goto(base + path);
    text += `\n=== ${path}\n`;
    for (let stop = 1; stop <= 80; stop += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        if (!e || e === document.body) return null;
        const box = e.getBoundingClientRect();
        const seen = box.width > 0 && box.height > 0 ? '' : ' (NOT SEEN)';
        return `${e.tagName.toLowerCase()} ${(e.getAttribute('aria-label') || e.innerText || e.placeholder || e.name || '').trim().replaceAll(/\s+/g, ' ').slice(0, 60)}${seen}`;
      });
      if (!at) break;
      text += `${String(stop).padStart(3)} ${at}\n`;
    }
    text += `--- read\n${await page.locator('body').ariaSnapshot()}\n`;
  }
  writeFileSync(`${out}/keyboard.txt`, text);
  await page.context().close();
}

mkdirSync(out, { recursive: true });
const browser = await b.launch();
for (const [role, who] of Object.entries(roles)) {
  for (const width of widths) await take(browser, `${role}-${width}`, who, width);
}
for (const width of [1440, 375]) await take(browser, `dark-${width}`, 'lena', width, { colorScheme: 'dark' });
await take(browser, 'print', 'lena', 900, {}, { media: 'print' });
await take(browser, 'noscript', 'lena', 1440, { javaScriptEnabled: false });
await take(browser, 'forced-colours', 'lena', 1440, { forcedColors: 'active' });
await take(browser, 'zoom-200', 'lena', 640, { deviceScaleFactor: 2 });
await heard(browser, 'lena', ['/', '/identities', '/grants', '/permission-sets', '/ledger', '/settings/people']);
await browser.close();
