// Second factors in a real browser: its virtual authenticator makes the passkeys, a function of the test the codes.
// The journeys, which come first by name, have set the installation up.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import * as b from './browser.mjs';

const base = process.env.COUNTERSIGN_URL;
const password = 'a long enough sentence';
const email = 'fay@example.org';
let browser;
let state;
let authenticator;
let keys = [];

before(async () => { browser = await b.launch(); });
after(async () => browser?.close());

// A page with an authenticator that always finds its user; the passkeys go from page to page as on a device.
async function open(options = {}) {
  const page = await b.open(browser, { storageState: state, ...options });
  page.cdp = await page.context().newCDPSession(page);
  await page.cdp.send('WebAuthn.enable');
  const made = await page.cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  authenticator = made.authenticatorId;
  for (const credential of keys) await page.cdp.send('WebAuthn.addCredential', { authenticatorId: authenticator, credential });
  return page;
}

async function finish(page) {
  keys = (await page.cdp.send('WebAuthn.getCredentials', { authenticatorId: authenticator })).credentials;
  await b.finish(page);
}

// RFC 6238 over the key that the page shows beside the QR code.
function code(shown, step) {
  const letters = shown.replace(/\s/g, '');
  const bits = [...letters].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

const step = () => Math.floor(Date.now() / 30_000);

async function signIn(page) {
  await page.goto(`${base}/sign-in`);
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await page.click('button:has-text("Sign in")');
}

test('somebody joins by an invitation and signs in with a password alone', async () => {
  const admin = await b.open(browser);
  await admin.goto(`${base}/sign-in`);
  await admin.fill('[name=email]', 'mara@example.org');
  await admin.fill('[name=password]', password);
  await admin.click('button:has-text("Sign in")');
  await admin.waitForURL(`${base}/`);
  await admin.goto(`${base}/settings/people?invite=1`);
  await admin.fill('[name=name]', 'Fay');
  await admin.fill('[name=email]', email);
  await admin.selectOption('form[action="/settings/people"] [name=role]', 'reviewer');
  await admin.click('text=Create invitation');
  const link = await admin.textContent('code.quote');
  await b.finish(admin);
  const page = await open();
  await page.goto(link.trim());
  await page.fill('[name=password]', password);
  await page.click('text=Set password');
  await page.waitForURL(/sign-in/);
  await signIn(page);
  await page.waitForURL(`${base}/inbox`);
  state = await page.context().storageState();
  await finish(page);
});

test('a passkey is added, with recovery codes that are shown once, and signs in', async () => {
  const page = await open({ bypassCSP: true });
  await page.goto(`${base}/settings/security`);
  await b.says(page, 'main', /password only/);
  await b.axe(page, 'security, empty');
  await page.click('a:text-is("Add passkey")');
  await b.axe(page, 'add passkey');
  await page.fill('[name=label]', 'This laptop');
  await page.click('button:has-text("Add passkey")');
  await page.waitForURL(/security\/codes\?once=/);
  const codes = (await page.textContent('code.quote')).trim().split(/\s+/);
  assert.equal(codes.length, 10);
  await b.axe(page, 'recovery codes');
  await page.reload();
  assert.equal(await page.locator('code.quote').count(), 0, 'codes are shown once');
  await page.goto(`${base}/settings/security`);
  await b.says(page, 'tbody', /This laptop[\s\S]*passkey/);
  await b.axe(page, 'security');
  await page.click('.acct > summary');
  await page.click('.acct >> text=Sign out');
  await page.waitForURL(/sign-in/);
  await signIn(page);
  await b.says(page, 'h1', /Second factor/);
  await b.axe(page, 'second step');
  await b.fits(page, 'second step');
  await page.click('button:has-text("Sign in with a passkey")');
  await page.waitForURL(`${base}/inbox`);
  state = await page.context().storageState();
  await finish(page);
});

test('without JavaScript the page says what it cannot do, and a recovery code works once', async () => {
  const owner = await open();
  await owner.goto(`${base}/settings/security/codes`);
  await owner.click('button:has-text("Create new recovery codes")');
  const [first] = (await owner.textContent('code.quote')).trim().split(/\s+/);
  await finish(owner);
  for (const works of [true, false]) {
    const page = await b.open(browser, { javaScriptEnabled: false });
    await signIn(page);
    await b.shows(page, 'main', /Passkeys need JavaScript/);
    await page.click('summary:has-text("Use a recovery code")');
    await page.fill('[name=recovery]', first);
    await page.click('button:has-text("Sign in with this recovery code")');
    if (works) await page.waitForURL(`${base}/inbox`);
    else await b.says(page, '[role=alert]', /doesn't fit or was used/);
    await b.finish(page);
  }
});

test('an authenticator app is added, its code signs in, and the same code does not again', async () => {
  const page = await open({ bypassCSP: true });
  await page.goto(`${base}/settings/security/app`);
  await b.axe(page, 'authenticator app');
  await b.fits(page, 'authenticator app');
  assert.equal(await page.locator('svg.qr path').count(), 1);
  const key = await page.textContent('code.quote');
  await page.fill('[name=label]', 'Phone');
  await page.fill('[name=code]', '000000');
  await page.click('button:has-text("Add authenticator app")');
  await b.says(page, '[role=alert]', /doesn't fit/);
  assert.equal(await page.textContent('code.quote'), key, 'the key stays the same');
  const used = step();
  await page.fill('[name=code]', code(key, used));
  await page.click('button:has-text("Add authenticator app")');
  await b.says(page, 'tbody', /Phone[\s\S]*authenticator app/);
  await finish(page);
  const enter = async (given) => {
    const other = await b.open(browser, { javaScriptEnabled: false });
    await signIn(other);
    await other.fill('[name=code]', given);
    await other.click('button:has-text("Sign in with this code")');
    return other;
  };
  // The step after the one that is used: a code may be one step early.
  const next = code(key, Math.max(used + 1, step()));
  const entered = await enter(next);
  await entered.waitForURL(`${base}/inbox`);
  await b.finish(entered);
  const replayed = await enter(next);
  await b.says(replayed, '[role=alert]', /was used/);
  await b.finish(replayed);
});

test('a passkey for decisions is kept apart, and a factor is removed by a page that says what follows', async () => {
  const page = await open({ bypassCSP: true });
  await page.goto(`${base}/settings/security/decision-passkey`);
  await page.fill('[name=label]', 'Signing key');
  await page.click('button:has-text("Add passkey for decisions")');
  await b.says(page, 'tbody', /Signing key[\s\S]*passkey for decisions/);
  await page.click('a[aria-label="Remove Signing key"]');
  await b.says(page, 'main', /decisions you signed stay valid/);
  await b.axe(page, 'remove a factor');
  await page.click('button:has-text("Remove sign-in method")');
  await b.says(page, '[role=status]', /Sign-in method removed/);
  assert.doesNotMatch(await page.textContent('tbody'), /Signing key/);
  await page.goto(`${base}/reauth?next=/settings/security`);
  await b.axe(page, 'confirm');
  await page.click('button:has-text("Confirm with a passkey")');
  await page.waitForURL(/settings\/security$/);
  await finish(page);
});
