// Texts of rules and events are set as text, never as markup.
const at = (id) => document.getElementById(id);

async function ask(path, body) {
  const response = await fetch(path, body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  const text = await response.text();
  let answer;
  try { answer = JSON.parse(text); } catch { answer = text; }
  if (!response.ok) throw new Error(answer.message || `the server answers ${response.status}`);
  return answer;
}

function rows(id, items, cells, none) {
  const body = at(id);
  body.replaceChildren();
  for (const item of items) {
    const row = body.insertRow();
    for (const cell of cells(item)) row.insertCell().textContent = cell ?? '';
  }
  if (items.length === 0) {
    const cell = body.insertRow().insertCell();
    cell.colSpan = 9; cell.className = 'empty'; cell.textContent = none;
  }
}

async function refresh() {
  try {
    const o = await ask('/status/overview');
    at('state').textContent = `${o.state}: ${o.rules.length} rules, ${o.broken.length} that cannot be run`;
    rows('rules', o.rules, (r) => [r.name, r.endtime, r.hits, r.matches, r.errors, r.silenced], 'There is no rule yet.');
    rows('errors', [...o.broken.map((b) => ({ time: '', message: `${b.file}: ${b.message}` })), ...o.errors],
      (e) => [e.time, e.message], 'No errors within a day.');
    const alerts = await ask('/metadata/elastalert?size=50');
    rows('alerts', alerts.hits, (a) => [a.alert_time, a.rule_name, a.alert_sent ? 'yes' : 'no'], 'No alerts yet.');
  } catch (e) {
    at('state').textContent = e.message;
    for (const id of ['rules', 'alerts', 'errors']) rows(id, [], () => [], 'Nothing to show.');
  }
}

async function convert(dryRun) {
  at('told').textContent = '';
  const answer = await ask('/sigma/convert', {
    rules: at('sigma').value, mapping: at('mapping').value, folder: at('folder').value, dryRun,
  });
  const lines = answer.failures.map((f) => `${f.title ?? 'The rule'}${f.line ? `, line ${f.line}` : ''}: ${f.message}${f.help ? ` (${f.help})` : ''}`);
  for (const r of answer.rules) {
    if (r.written) lines.push(`Written: ${r.id}`);
    lines.push(...r.notices.map((n) => `${r.name}: ${n}`));
  }
  at('told').textContent = lines.join('\n');
  at('result').hidden = answer.rules.length === 0;
  at('result').textContent = answer.rules.map((r) => r.yaml).join('\n---\n');
  return answer;
}

const say = (e) => { at('told').textContent = e.message; };

at('convert').addEventListener('submit', (e) => { e.preventDefault(); convert(true).catch(say); });
at('write').addEventListener('click', () => convert(false).then(refresh).catch(say));
at('try').addEventListener('click', async () => {
  try {
    const answer = await convert(true);
    if (answer.rules.length === 0) return;
    const text = await ask('/test', { rule: answer.rules[0].yaml, options: { testType: 'all', days: 1 } });
    at('told').textContent += text === '' ? '\nThe rule cannot be run.' : `\n${text.hits} hits, ${text.writeback?.elastalert_status?.matches ?? 0} matches within a day.`;
  } catch (e) { say(e); }
});

refresh();
setInterval(refresh, 30000);
