// Changes in a real browser, over the demo's estate: proposed, consented to, decided by keyboard and by forms alone, undone;
// axe on every page of them, light and dark; nothing wider than a phone; nothing to press on paper.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import * as b from './browser.mjs';

const base = process.env.COUNTERSIGN_DEMO_URL;
const password = process.env.COUNTERSIGN_DEMO.match(/Everyone's password: (\S+)/)[1];
let browser;
const states = {};

before(async () => {
  browser = await b.launch();
  for (const who of ['mara', 'jonas', 'priya']) {
    const page = await b.open(browser);
    await page.goto(`${base}/sign-in`);
    await page.fill('[name=email]', `${who}@example.org`);
    await page.fill('[name=password]', password);
    await page.click('button:has-text("Sign in")');
    // Whoever decides begins at what waits for them.
    await page.waitForURL(who === 'jonas' ? `${base}/inbox` : `${base}/`);
    states[who] = await page.context().storageState();
    await b.finish(page);
  }
});
after(async () => browser?.close());

const as = (who, options = {}) => b.open(browser, { storageState: states[who], ...options });

// Proposes an identity with Priya as its owner; gives the page of the change.
async function proposes(name, options = {}) {
  const page = await as('mara', options);
  await page.goto(`${base}/changes/new`);
  await page.fill('[name=register_name]', name);
  await page.selectOption('[name=register_kind]', 'bot');
  await page.selectOption('[name=register_owner]', { label: 'Priya Raman' });
  await page.click('button:has-text("Add this registration")');
  await b.says(page, '#who', /consents as owner/);
  await b.says(page, '#preview', /changes no access/);
  await page.fill('[name=justification]', 'Sends invoices on the first of a month.');
  await page.click('button:has-text("Propose change")');
  await page.waitForURL(/\/changes\/chg_/);
  await b.says(page, '#decide', /You asked for this change, so others decide/);
  const at = new URL(page.url()).pathname;
  await b.finish(page);
  return at;
}

async function consents(at, options = {}) {
  const page = await as('priya', options);
  await page.goto(`${base}/inbox`);
  await page.click(`.it a[href^="${at}"]`);
  await b.says(page, '#decide', /You are asked to consent as owner/);
  await page.click('button:has-text("Consent as owner")');
  await b.says(page, '[role=status]', /Consent recorded/);
  await b.finish(page);
}

// Applying is a job: the page says so once it is done.
const becomes = (page, at, state) => b.until(async () => { await page.goto(base + at); return page.innerText('.head'); }, state, at);

test('a change is proposed, consented to and approved by keyboard; the next row follows; the history leads back', async () => {
  const at = await proposes('invoice-bot');
  await consents(at);
  const page = await as('jonas');
  await page.goto(`${base}/inbox`);
  await b.says(page, '.rail [href="/inbox"]', /1/);
  await page.keyboard.press('j');
  assert.equal(await page.locator('.it[aria-current]').count(), 1);
  await page.keyboard.press('a');
  await page.waitForURL(/do=approve/);
  await b.says(page, ':focus', /Approve: changes no access/);
  await page.keyboard.press('r');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'text', 'rejecting takes guidance first');
  await page.keyboard.press('Escape');
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('a');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${base}/inbox`);
  await b.says(page, '[role=status]', /Approval recorded\. Ledger entry/);
  await b.says(page, 'main', /Nothing waits for you/);
  await becomes(page, at, /effective/);
  await page.goto(`${base}/identities?q=invoice-bot`);
  await page.click('tbody a.name');
  await page.click('.tabs >> text=History');
  await page.click('#history >> text=The change');
  await page.waitForURL(base + at);
  await b.finish(page);
});

test('without a script the same, with a question, a stale page and a rejection', async () => {
  const off = { javaScriptEnabled: false };
  const at = await proposes('quiet-bot', off);
  await consents(at, off);
  const page = await as('jonas', off);
  await page.goto(`${base}/inbox`);
  await page.click('text=Open next');
  const old = await as('jonas', off);
  await old.goto(base + at);
  await page.fill('[name=text]', 'Which invoices?');
  await page.click('button:has-text("Ask a question")');
  await b.says(page, '[role=status]', /Question sent/);
  await b.finish(page);
  const mara = await as('mara', off);
  await mara.goto(`${base}/inbox`);
  await mara.click(`.it a[href^="${at}"]`);
  await b.says(mara, '#questions', /Which invoices\?/);
  await mara.fill('[name=text]', 'All of them.');
  await mara.click('button:has-text("Send the answer")');
  await b.says(mara, '[role=status]', /Answer sent/);
  await b.finish(mara);
  await old.fill('[name=text]', 'Name the ledger.');
  await old.click('button:has-text("Reject")');
  await b.says(old, '[role=alert]', /has changed since you opened it/);
  assert.equal(await old.inputValue('[name=text]'), 'Name the ledger.');
  await old.click('button:has-text("Reject")');
  await b.says(old, '.head', /rejected/);
  await b.says(old, '#timeline', /Name the ledger/);
  await old.context().close();
});

test('every page of changes passes axe, light and dark, fits a phone and prints without controls', async () => {
  const at = await proposes('open-bot');
  const mara = await as('mara');
  await mara.goto(`${base}/identities?q=support-assistant`);
  const identity = new URL(await mara.getAttribute('tbody a.name', 'href'), base).pathname.split('/').pop();
  await mara.context().close();
  const pages = [['jonas', '/inbox'], ['jonas', at], ['jonas', `${at}?from=inbox`], ['priya', at], ['mara', at], ['mara', '/changes'], ['mara', '/changes?state=in_review'], ['mara', '/changes/new'], ['mara', `/changes/new?identity=${identity}`], ['mara', `/changes/new?identity=${identity}&op=grant_add`], ['mara', '/inbox']];
  for (const [who, path] of pages) {
    const name = `${who}${path.replaceAll(/[^a-z0-9]+/g, '_').replace(/_chg_\w+/, '_change').replace(/idn_\w{26}/, 'identity')}`;
    for (const colorScheme of ['light', 'dark']) {
      const page = await as(who, { colorScheme, bypassCSP: true, viewport: { width: 1440, height: 900 } });
      await page.goto(base + path);
      await b.axe(page, `${path} ${colorScheme}`);
      await page.screenshot({ path: `shots/changes-${colorScheme}-${name}.png`, fullPage: true });
      await page.context().close();
    }
    const narrow = await as(who, { viewport: { width: 375, height: 800 } });
    await narrow.goto(base + path);
    await b.fits(narrow, path);
    await narrow.screenshot({ path: `shots/changes-narrow-${name}.png`, fullPage: true });
    if (path === at) {
      await narrow.click('.sheet');
      await narrow.screenshot({ path: `shots/changes-sheet-${name}.png` });
    }
    await narrow.emulateMedia({ media: 'print' });
    await narrow.setViewportSize({ width: 794, height: 1100 });
    assert.equal(await narrow.locator('form button').locator('visible=true').count(), 0, `a control on paper: ${path}`);
    await narrow.screenshot({ path: `shots/changes-print-${name}.png`, fullPage: true });
    await narrow.context().close();
  }
});
