// The journeys of the first users, in a real browser, with and without JavaScript; axe on every page.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import * as b from './browser.mjs';

const base = process.env.COUNTERSIGN_URL;
const setup = process.env.COUNTERSIGN_SETUP;
const samples = new URL('./samples/', import.meta.url).pathname;
const password = 'a long enough sentence';
let browser;
let state;

before(async () => { browser = await b.launch(); });
after(async () => browser?.close());

const open = (options = {}) => b.open(browser, { storageState: state, ...options });
const { finish } = b;

test('a new user sets up the first account by the one-time link', async () => {
  state = undefined;
  const page = await open();
  await page.goto(setup);
  await page.fill('[name=name]', 'Mara Okafor');
  await page.fill('[name=email]', 'mara@example.org');
  await page.fill('[name=password]', 'short');
  await page.click('text=Create account');
  await b.says(page, '[role=alert]', /12 characters/);
  assert.equal(await page.inputValue('[name=name]'), 'Mara Okafor');
  await page.fill('[name=password]', password);
  await page.click('text=Create account');
  await page.waitForURL(`${base}/`);
  await b.says(page, 'main', /No identities yet/);
  state = await page.context().storageState();
  const again = await page.goto(setup);
  assert.equal(again.status(), 200);
  await b.says(page, 'main', /doesn't work/);
  await finish(page);
});

test('an import is previewed, then applied, and the island follows it', async () => {
  const page = await open();
  await page.goto(`${base}/imports/new`);
  await page.setInputFiles('[name=files]', `${samples}aws.json`);
  await page.click('text=Preview changes');
  await page.waitForSelector('text=Nothing is saved yet.');
  await b.says(page, 'main', /Identities added[\s\S]*support-triage/);
  await page.click('button:has-text("Import "):has-text("change")');
  await page.waitForSelector('h1:has-text("Imported")');
  await page.goto(`${base}/identities`);
  await page.click('text=support-triage');
  await page.click('nav.tabs >> text=Access');
  await b.says(page, '#access', /secretsmanager:GetSecretValue/);
  await b.says(page, '#access', /secrets/);
  await finish(page);
});

test('without JavaScript the same works, refreshed by the page itself', async () => {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(`${base}/imports/new`);
  await page.click('.chip:has-text("Kubernetes manifests")');
  await page.setInputFiles('[name=files]', `${samples}kubernetes.yaml`);
  await page.fill('[name=source]', 'cluster one');
  await page.click('text=Import now');
  await page.waitForSelector('h1:has-text("Imported")');
  await page.goto(`${base}/identities?kind=service_account`);
  await b.says(page, 'table', /argocd-server/);
  await page.click('th >> text=Identity');
  await page.waitForURL(/sort=name/);
  await page.fill('[aria-label="Search everything"]', 'triage');
  await page.press('[aria-label="Search everything"]', 'Enter');
  await page.waitForURL(/[?&]q=triage/);
  await b.says(page, '#identities', /support-triage/);
  assert.doesNotMatch(await page.textContent('main'), /argocd/);
  // The policy it holds has a page, and so has whoever holds it.
  await page.goto(`${base}/search?q=tickets`);
  await page.click('#permission-sets a.name');
  await page.waitForSelector('h1:has-text("Tickets")');
  await b.says(page, '#rules', /dynamodb:PutItem/);
  await page.click('#holders tbody a.name');
  await page.waitForSelector('h1:has-text("support-triage")');
  await page.click('nav.tabs >> text=Access');
  await page.click('#access >> text=Tickets');
  await page.waitForSelector('h1:has-text("Tickets")');
  await finish(page);
});

test('bad input is refused with file, place and reason, and nothing is written', async () => {
  const page = await open();
  await page.goto(`${base}/imports/new`);
  await page.setInputFiles('[name=files]', { name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from('{"UserDetailList": [\n  {"UserName": 7}]}') });
  await page.click('text=Import now');
  await page.waitForSelector('text=Import failed');
  await b.says(page, 'main', /broken\.json, line 2/);
  await finish(page);
});

test('an identity is registered by hand, edited, and its history says what changed', async () => {
  const page = await open();
  await page.goto(`${base}/identities/new`);
  await page.fill('[name=name]', 'ops-escalator');
  await page.click('button:has-text("Save")');
  await b.says(page, '[role=alert]', /[Cc]hoose what kind/);
  assert.equal(await page.inputValue('[name=name]'), 'ops-escalator');
  await page.selectOption('[name=kind]', 'ai_agent');
  await page.selectOption('[name=surface_kind_0]', 'instructions');
  await page.fill('[name=surface_locator_0]', 'prompts/ops.md');
  await page.fill('[name=surface_text_0]', 'Escalate to a person.\n</textarea><script>alert(1)</script>');
  await page.click('button:has-text("Save")');
  await page.waitForSelector('h1:has-text("ops-escalator")');
  await page.click('text=Edit identity');
  await page.selectOption('[name=owner]', { label: 'Mara Okafor' });
  await page.selectOption('[name=environment]', 'production');
  await page.selectOption('[name=surface_kind_0]', 'instructions');
  await page.fill('[name=surface_locator_0]', 'prompts/ops.md');
  await page.fill('[name=surface_text_0]', 'Escalate to a person unless the incident is small.');
  await page.click('button:has-text("Save")');
  await page.waitForSelector('h1:has-text("ops-escalator")');
  await b.says(page, '#record', /Mara Okafor/);
  await page.click('nav.tabs >> text=History');
  await b.says(page, '#history', /edited ops-escalator: owner none → Mara Okafor, environment none → production/);
  await b.says(page, '#history', /instructions prompts\/ops\.md[\s\S]*unless the incident is small/);
  await page.click('nav.tabs >> text=Surfaces');
  await b.says(page, '#surfaces .diff', /unless the incident is small/);
  await finish(page);
});

test('a resource is registered, and its page shows who reaches it and why', async () => {
  const page = await open();
  await page.goto(`${base}/resources`);
  await b.says(page, 'main', /No resources yet/);
  await page.click('text=Register the first resource');
  await page.fill('[name=name]', 'CRM secrets');
  await page.selectOption('[name=kind]', 'arn');
  await page.fill('[name=pattern]', 'crm');
  await page.click('button:has-text("Save the resource")');
  await b.says(page, '[role=alert]', /must start with arn/);
  assert.equal(await page.inputValue('[name=name]'), 'CRM secrets');
  await page.fill('[name=pattern]', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:crm/*');
  await page.selectOption('[name=criticality]', 'critical');
  await page.selectOption('[name=owner]', { label: 'Mara Okafor' });
  await page.click('button:has-text("Save the resource")');
  await page.waitForSelector('h1:has-text("CRM secrets")');
  await b.says(page, '.head', /1 identity reaches it\. Its owner is Mara Okafor/);
  await b.says(page, '#reach', /support-triage[\s\S]*secretsmanager:GetSecretValue/);
  await page.click('#reach tbody a');
  await page.waitForSelector('h1:has-text("support-triage")');
  await b.says(page, '#access', /CRM secrets[\s\S]*critical/);
  await finish(page);
});

test('as of before an import the world before it is shown, and offers no action', async () => {
  const page = await open();
  await page.goto(`${base}/identities?as_of=1`);
  await b.says(page, 'main', /No identities yet/);
  await b.says(page, '.banner.past', /You're viewing/);
  assert.equal(await page.locator('a:has-text("Register identity")').count(), 0);
  await page.click('.asof > summary');
  await page.fill('.asof [name=as_of]', '2020-01-01');
  await page.click('.asof button:has-text("View")');
  await page.waitForURL(/as_of=[^&]*2020-01-01/);
  await b.says(page, 'main', /No identities yet/);
  await page.click('.banner >> text=Return to now');
  await b.says(page, 'tbody', /support-triage/);
  await finish(page);
});

test('the ledger is browsed and verified', async () => {
  const page = await open();
  await page.goto(`${base}/ledger`);
  await b.says(page, '.log', /Mara Okafor imported/);
  await page.click('.log .en');
  await b.says(page, 'main', /Entry hash/);
  await page.goBack();
  await page.click('.tabs >> text=Verify');
  await page.click('text=Verify now');
  await page.waitForSelector('text=intact');
  await finish(page);
});

test('every page passes axe in light, dark and forced colours, stands still, and does not scroll sideways at 375 px', async () => {
  const first = await open();
  await first.goto(`${base}/identities`);
  const detail = new URL(await first.getAttribute('tbody a', 'href'), base).pathname;
  await first.goto(`${base}/imports`);
  const record = new URL(await first.getAttribute('tbody a', 'href'), base).pathname;
  await first.goto(`${base}/resources`);
  const resource = new URL(await first.getAttribute('tbody a', 'href'), base).pathname;
  await first.goto(`${base}/permission-sets`);
  const set = new URL(await first.getAttribute('tbody a.name', 'href'), base).pathname;
  await first.context().close();
  const paths = [set, ...['access', 'surfaces', 'credentials', 'history'].map((part) => `${detail}/${part}`), '/compare', '/compare?against=1', `${detail}?against=1`, '/compare?against=soon', '/permission-sets', '/search', '/search?q=a', '/search?q=zebra', '/grants?standing=1', '/', '/identities', detail, `${detail}/edit`, '/identities/new', '/imports', '/imports/new', '/imports/differences', record, '/resources', resource, `${resource}/edit`, '/resources/new', '/ledger', '/ledger?sign_ins=shown', '/ledger/2', '/ledger/verify', '/settings/sessions', '/settings/tokens?preset=read', '/settings/people?invite=1', '/imports/new?format=kubernetes', '/redactions', '/settings/profile', '/settings/security', '/settings/security/app', '/settings/security/passkey', '/settings/security/codes', '/settings/resets', '/reauth', '/settings/tokens', '/settings/people', '/settings/teams', '/settings/groups', '/settings/sources', '/settings/routing', '/settings/routing?missing=1', '/adoption', '/api', '/grants', '/keyboard', '/?view=posture', '/?view=work', '/?view=evidence', '/identities?people=no&platform=1&place=-&no_owner=1', '/welcome?person=x&until=1&tag=x', '/identities?as_of=1', '/nowhere', '/sign-in', '/sign-in/factor', '/setup', '/inbox', '/changes', '/changes/new'];
  for (const [name, look] of [['light', { colorScheme: 'light' }], ['dark', { colorScheme: 'dark' }], ['forced', { forcedColors: 'active' }]]) {
    const wide = await open({ ...look, bypassCSP: true });
    for (const path of paths) {
      await wide.goto(base + path);
      await b.axe(wide, `${path} ${name}`);
      await b.still(wide, path);
      await wide.screenshot({ path: `shots/${name}${path.replaceAll(/[^a-z0-9]+/g, '_')}.png` });
    }
    await wide.context().close();
  }
  const narrow = await open({ viewport: { width: 375, height: 800 } });
  for (const path of paths) {
    await narrow.goto(base + path);
    await b.fits(narrow, path);
    await narrow.screenshot({ path: `shots/narrow${path.replaceAll(/[^a-z0-9]+/g, '_')}.png` });
  }
  await narrow.context().close();
  // At 200 % a window of 1280 px has room for 640.
  const zoomed = await open({ viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  for (const path of paths) {
    await zoomed.goto(base + path);
    await b.fits(zoomed, `${path} at 200 %`);
  }
  await zoomed.context().close();
  // Printed, each page says what it is as of, and no control is on the paper.
  const paper = await open();
  await paper.emulateMedia({ media: 'print' });
  for (const path of paths.filter((p) => !/sign-in|setup|welcome|nowhere/.test(p))) {
    await paper.goto(base + path);
    assert.match(await paper.locator('.paper').innerText(), /^Countersign \/.* as of .*ledger entry \d+/, path);
    for (const gone of ['.rail', '.top', 'form button']) {
      assert.equal(await paper.locator(gone).locator('visible=true').count(), 0, `${gone} on ${path}`);
    }
  }
  await paper.context().close();
});

test('a stranger sees clean doors: sign-in, a working invitation, a refused import, a preview', async () => {
  const page = await open({ bypassCSP: true });
  await page.goto(`${base}/settings/people`);
  await page.click('summary:has-text("Invite someone")');
  await page.fill('[name=name]', 'Rob');
  await page.fill('[name=email]', 'rob@example.org');
  await page.selectOption('form[action="/settings/people"] [name=role]', 'reviewer');
  await page.click('text=Create invitation');
  const link = await page.textContent('code.quote');
  await b.axe(page, 'an invitation made');
  await page.reload();
  assert.equal(await page.locator('code.quote').count(), 0, 'a secret is shown once');
  await page.fill('[aria-label="Name or email"]', 'rob@');
  await page.press('[aria-label="Name or email"]', 'Enter');
  await b.counts(page, 'tbody tr', 1);
  await page.click('.chip:has-text("invited")');
  await b.shows(page, 'tbody', /Rob[\s\S]*invited/);
  await page.goto(`${base}/imports/new`);
  await page.click('.chip:has-text("Kubernetes manifests")');
  await page.setInputFiles('[name=files]', `${samples}kubernetes.yaml`);
  await page.fill('[name=source]', 'looked at only');
  await page.click('text=Preview changes');
  await page.waitForSelector('text=Nothing is saved yet.');
  await b.axe(page, 'a preview');
  await page.context().close();
  const stranger = await open({ storageState: undefined, bypassCSP: true });
  await stranger.goto(`${base}/sign-in`);
  await b.axe(stranger, 'sign-in');
  await b.fits(stranger, 'sign-in');
  await stranger.goto(link.trim());
  await b.axe(stranger, 'an invitation opened');
  await stranger.fill('[name=password]', 'short');
  await stranger.click('text=Set password');
  await b.says(stranger, '[role=alert]', /12 characters/);
  await stranger.fill('[name=password]', password);
  await stranger.click('text=Set password');
  await stranger.waitForURL(/sign-in/);
  await stranger.fill('[name=email]', 'rob@example.org');
  await stranger.fill('[name=password]', password);
  await stranger.click('button:has-text("Sign in")');
  await stranger.waitForURL(`${base}/inbox`);
  await stranger.goto(`${base}/settings/profile`);
  await b.says(stranger, 'tbody', /127\.0\.0\.1, Mozilla/);
  await stranger.context().close();
});

test('signing out ends the session', async () => {
  const page = await open();
  await page.goto(`${base}/`);
  await page.click('.acct > summary');
  await page.click('.acct >> text=Sign out');
  await page.waitForURL(/sign-in/);
  await page.goto(`${base}/identities`);
  assert.match(page.url(), /sign-in\?next=/);
  await page.fill('[name=email]', 'mara@example.org');
  await page.fill('[name=password]', password);
  await page.click('button:has-text("Sign in")');
  await page.waitForURL(/\/identities$/);
  await page.context().close();
});
