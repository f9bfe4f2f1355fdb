// Insert rule and event text as text, never as markup.
const at = (id) => document.getElementById(id);

async function ask(path, body) {
  const response = await fetch(path, body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  const text = await response.text();
  let answer;
  try { answer = JSON.parse(text); } catch { answer = text; }
  if (!response.ok) throw new Error(answer.message || `HTTP status ${response.status}`);
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
    const o = await ask('/status/overview?size=500');
    const count = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`;
    at('state').textContent = `${o.state}: ${count(o.counts.rules, 'rule')}${o.rules.length < o.counts.rules ? ` (showing the first ${o.rules.length})` : ''}, ${count(o.counts.broken, 'broken rule file')}${o.failed ?? o.reason ? `; ${o.failed ?? o.reason}` : ''}${o.doubts ? `; lint-rules reports ${count(o.doubts, 'error')} in running rules` : ''}`;
    at('control').hidden = o.source !== 'cluster' || !['READY', 'IDLE', 'ERROR'].includes(o.state);
    at('control').textContent = o.running ? 'Stop rules' : 'Start rules';
    at('control').dataset.action = o.running ? 'stop' : 'start';
    rows('rules', o.rules, (r) => [r.name, r.endtime, r.hits, r.matches, r.errors, r.silenced], 'No rules yet.');
    rows('errors', [...o.broken.map((b) => ({ time: '', message: `${b.file}: ${b.message}` })), ...o.errors],
      (e) => [e.time, e.message], 'No errors in the last 24 hours.');
    const alerts = await ask('/metadata/elastalert?size=50');
    rows('alerts', alerts.hits, (a) => [a.alert_time, a.rule_name, a.alert_sent ? 'yes' : 'no'], 'No alerts yet.');
  } catch (e) {
    at('state').textContent = e.message;
    for (const id of ['rules', 'alerts', 'errors']) rows(id, [], () => [], 'No data.');
  }
}

async function convert(dryRun) {
  at('told').textContent = '';
  const answer = await ask('/sigma/convert', {
    rules: at('sigma').value, mapping: at('mapping').value, folder: at('folder').value, dryRun,
  });
  const lines = answer.failures.map((f) => `${f.title ?? 'The rule'}${f.line ? `, line ${f.line}` : ''}: ${f.message}${f.help ? ` (${f.help})` : ''}`);
  for (const r of answer.rules) {
    if (r.written) lines.push(`Saved: ${r.id}`);
    lines.push(...r.notices.map((n) => `${r.name}: ${n}`));
  }
  at('told').textContent = lines.join('\n');
  at('shown').hidden = answer.rules.length === 0;
  at('matched').hidden = true;
  const query = (q) => typeof q === 'string' ? q : JSON.stringify(q, null, 2);
  at('query').textContent = answer.rules.map((r) => query(r.query)).join('\n\n');
  at('result').textContent = answer.rules.map((r) => r.yaml).join('\n---\n');
  return answer;
}

async function matches() {
  const answer = await convert(true);
  if (answer.rules.length === 0) return;
  const lines = [], alerts = [];
  for (const rule of answer.rules) {
    const text = await ask('/test', { rule: rule.yaml, options: { testType: 'all', days: 1 } });
    if (text === '') { lines.push(`${rule.name}: the rule cannot run; /status/errors reports why.`); continue; }
    const span = text.days ? ` within ${+text.days.toFixed(2)} days` : '';
    lines.push(`${rule.name}: ${text.hits} hits, ${text.writeback?.elastalert_status?.matches ?? 0} matches${span}.`);
    alerts.push(...text.alerts);
  }
  at('matched').hidden = false;
  at('count').textContent = lines.join('\n');
  at('matches').hidden = alerts.length === 0;
  at('matches').textContent = alerts.slice(0, 20).join('\n\n');
  if (alerts.length > 20) at('count').textContent += ` The first 20 of ${alerts.length} alerts:`;
}

const say = (e) => { at('told').textContent = e.message; };

at('convert').addEventListener('submit', (e) => { e.preventDefault(); convert(true).catch(say); });
at('write').addEventListener('click', () => convert(false).then(refresh).catch(say));
at('try').addEventListener('click', () => matches().catch(say));
at('control').addEventListener('click', (e) => ask(`/status/control/${e.currentTarget.dataset.action}`, {}).then(refresh).catch(say));

// Disable what the role does not permit; the server rejects it in any case.
ask('/api').then((server) => {
  at('write').disabled = at('try').disabled = server.role === 'viewer';
  if (server.role === 'viewer') at('write').title = at('try').title = `${server.user} is a viewer: saving and testing rules require the role editor`;
  at('control').disabled = server.role !== 'admin';
}).catch(() => {});

refresh();
setInterval(refresh, 30000);
