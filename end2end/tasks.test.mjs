// What a new user does in the first ten minutes, from the README alone: seven tasks over files that nobody here wrote, each
// with the clicks it takes. A task that needs more of them than it may has lost its way.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import * as b from './browser.mjs';

const base = process.env.COUNTERSIGN_TASKS_URL;
const setup = process.env.COUNTERSIGN_TASKS_SETUP;
const demo = process.env.COUNTERSIGN_DEMO_URL;
const fixtures = process.env.COUNTERSIGN_FIXTURES;
const skip = fixtures ? false : 'the folder of foreign inputs is not here: set COUNTERSIGN_FIXTURES';
const password = 'a long enough sentence';
const counted = [];
let browser;
let page;
let clicks = 0;

before(async () => { browser = await b.launch(); });
after(async () => {
  for (const line of counted) console.log(line);
  await browser?.close();
});

// A click, a choice of files, a choice in a list: what a hand does. Typing is not counted.
async function click(selector) {
  clicks += 1;
  await page.click(selector);
}

async function files(selector, paths) {
  clicks += 1;
  await page.setInputFiles(selector, paths);
}

// One task with the most clicks it may take, and the seconds it took a machine.
function task(name, most, run) {
  test(name, { skip }, async () => {
    clicks = 0;
    const begun = Date.now();
    await run();
    counted.push(`${name}: ${clicks} clicks, ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    assert.ok(clicks <= most, `${clicks} clicks, at most ${most}`);
  });
}

const snaps = (date) => readdirSync(`${fixtures}/github-mcp-toolsnaps/${date}`).filter((f) => f.endsWith('.json')).map((f) => `${fixtures}/github-mcp-toolsnaps/${date}/${f}`);

async function applied() {
  await page.waitForSelector('text=Nothing is saved yet.');
  if (await page.locator('[name=confirm_removals]').count()) { clicks += 1; await page.check('[name=confirm_removals]'); }
  await click('button:has-text("Import "):has-text("change")');
  await page.waitForSelector('h1:has-text("Imported")');
}

test('the first account is made by the link of the server', { skip }, async () => {
  page = await b.open(browser);
  await page.goto(setup);
  await page.fill('[name=name]', 'Ann Lee');
  await page.fill('[name=email]', 'ann@example.org');
  await page.fill('[name=password]', password);
  await page.click('text=Create account');
  await page.waitForURL(`${base}/`);
});

task('1. three real files imported without choosing a format', 14, async () => {
  await files('.drop [name=files]', `${fixtures}/aws-cloudsplaining/test/files/example-authz-details.json`);
  await click('.drop >> text=Preview changes');
  await applied();
  for (const [source, paths] of [['argo', `${fixtures}/k8s-argo-cd/v2.3.0/namespace-install.yaml`], ['github', snaps('2025-09-30')]]) {
    await page.goto(`${base}/imports`);
    await click('text=Import a file');
    await files('[name=files]', paths);
    await page.fill('[name=source]', source);
    await click('text=Preview changes');
    await applied();
  }
});

task('2. the identity that can do most, and why', 2, async () => {
  await click('.rail >> text=Identities');
  await click('tbody a.name >> nth=0');
  const said = await b.says(page, '.say', /^Can do anything .* through \S+/);
  counted.push(`   ${said}`);
});

task('3. an owner for the ten most privileged', 13, async () => {
  await click('.rail >> text=Identities');
  for (let n = 0; n < 10; n += 1) {
    clicks += 1;
    await page.locator('tbody input[type=checkbox]').nth(n).check();
  }
  clicks += 1;
  await page.selectOption('#field-owner', { label: 'Ann Lee' });
  await click('.bulk >> text=Assign owner');
  await b.says(page, '[role=status]', /10 identities assigned to Ann Lee\. Ledger entry/);
  const owners = await page.locator('tbody tr').evaluateAll((rows) => rows.slice(0, 10).map((r) => r.cells[1].innerText));
  assert.ok(owners.every((o) => o.startsWith('Ann Lee')), JSON.stringify(owners));
});

task('4. what changed between two imports, by name', 6, async () => {
  await page.goto(`${base}/imports`);
  await click('text=Import a file');
  await files('[name=files]', snaps('2025-12-31'));
  await page.fill('[name=source]', 'github');
  await click('text=Preview changes');
  await b.says(page, 'main', /43 tools added, 17 removed, 12 changed[\s\S]*changed: add_issue_comment/);
  await applied();
  await click('text=See what changed');
  await b.says(page, 'main', /Tools[\s\S]*added: [a-z]+_[a-z]+/);
});

task('6. the ledger is verified', 3, async () => {
  await click('.rail >> text=Ledger');
  await click('.tabs >> text=Verify');
  await click('text=Verify now');
  await page.waitForSelector('h1:has-text("Ledger verified")');
  await b.says(page, 'main', /all \d+ entries and [\d,]+ records match/);
});

task('7. a token, used with curl', 5, async () => {
  await click('.acct > summary');
  await click('.acct >> text=My tokens');
  await click('summary:has-text("Create token")');
  await page.fill('[name=name]', 'first try');
  await click('.chip:has-text("Read only")');
  await page.fill('[name=name]', 'first try');
  await click('button:has-text("Create token")');
  const token = (await page.textContent('[role=status] code.quote')).trim();
  const line = (await page.locator('code.quote:has-text("/api/v1/identities")').innerText()).trim();
  assert.match(line, /^curl -H "Authorization: Bearer \$TOKEN" http/);
  const answer = JSON.parse(execFileSync('sh', ['-c', `${line} -s`], { env: { ...process.env, TOKEN: token } }).toString());
  await page.goto(`${base}/identities`);
  assert.equal(answer.items.length, await page.locator('tbody tr').count());
  await page.goto(`${base}/settings/tokens`);
  await b.shows(page, 'tbody', /first try[\s\S]*You[\s\S]*just now/);
  await b.finish(page);
});

// The world a month ago, where there is one: in the demo.
task('5. the world a month ago', 3, async () => {
  page = await b.open(browser);
  await page.goto(`${demo}/sign-in`);
  await page.fill('[name=email]', 'tom@example.org');
  await page.fill('[name=password]', process.env.COUNTERSIGN_DEMO.match(/Everyone's password: (\S+)/)[1]);
  await page.click('button:has-text("Sign in")');
  await page.waitForURL(`${demo}/`);
  await click('.asof > summary');
  await page.fill('.asof [name=as_of]', '1 month ago');
  await click('.asof button:has-text("View")');
  await b.says(page, '.banner.past', /You're viewing/);
  await click('.rail >> text=Identities');
  assert.ok(await page.locator('tbody tr').count() > 5);
  await b.finish(page);
});
