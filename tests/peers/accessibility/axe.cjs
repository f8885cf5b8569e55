// Runs axe-core on pages over a small local server. Arguments: folder, file with a list of pages.
// AXE_PAGES limits how many (default 40: the lists first, then datasets from both ends of the list).
const fs = require('fs'), http = require('http'), path = require('path');
const puppeteer = require('puppeteer-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [folder, listing] = process.argv.slice(2);
const types = { '.html': 'text/html', '.css': 'text/css' };

// A checker that finds nothing in a broken page would find nothing anywhere.
async function prove(browser) {
  const tab = await browser.newPage();
  await tab.setContent('<title>x</title><img src="x.png"><p style="color:#ccc;background:#fff">pale</p>');
  await tab.evaluate(axe);
  const result = await tab.evaluate(() => window.axe.run(document));
  const found = result.violations.map(one => one.id);
  await tab.close();
  for (const wanted of ['image-alt', 'color-contrast', 'html-has-lang']) {
    if (!found.includes(wanted)) throw new Error(`axe-core does not find ${wanted} in a page made for it: ${found}`);
  }
}

async function main() {
  const server = http.createServer((request, response) => {
    const file = path.join(folder, decodeURIComponent(new URL(request.url, 'http://x').pathname));
    if (!file.startsWith(folder) || !fs.existsSync(file)) { response.writeHead(404); response.end(); return; }
    response.writeHead(200, { 'content-type': types[path.extname(file)] || 'application/octet-stream' });
    response.end(fs.readFileSync(file));
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${server.address().port}/`;
  const pages = fs.readFileSync(listing, 'utf8').trim().split('\n').map(file => path.relative(folder, file));
  const most = Number(process.env.AXE_PAGES || 40);
  const lists = pages.filter(page => !page.includes('/')), datasets = pages.filter(page => page.includes('/'));
  const half = Math.floor(most / 2);
  const chosen = [...new Set([...lists, ...datasets.slice(0, half), ...datasets.slice(-half)])];
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'],
  });
  let violations = 0, incomplete = 0, runs = 0;
  await prove(browser);
  for (const page of chosen) {
    for (const [scheme, width] of [['light', 1280], ['dark', 1280], ['light', 320]]) {
      const tab = await browser.newPage();
      await tab.setBypassCSP(true);
      await tab.setViewport({ width, height: 900 });
      await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await tab.goto(base + page.split('/').map(encodeURIComponent).join('/'));
      await tab.evaluate(axe);
      const result = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations', 'incomplete'] }));
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      if (wide) { violations += 1; console.log(`${page} (${scheme} ${width}): wider than the window`); }
      for (const one of result.violations) {
        violations += 1;
        console.log(`${page} (${scheme} ${width}): ${one.id}: ${one.help}\n    ${one.nodes.slice(0, 3).map(node => node.html).join('\n    ')}`);
      }
      incomplete += result.incomplete.length;
      for (const one of result.incomplete) console.log(`  to look at: ${page} (${scheme} ${width}): ${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
      runs += 1;
      await tab.close();
    }
  }
  await browser.close();
  server.close();
  console.log(`axe: ${runs} runs on ${chosen.length} pages, ${violations} violations, ${incomplete} to look at`);
  process.exit(violations ? 1 : 0);
}
main().catch(error => { console.error(error); process.exit(2); });
