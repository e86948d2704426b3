const net = require('node:net');
const crypto = require('node:crypto');
const assert = require('node:assert');

const { POSTROOM_API: api, POSTROOM_TOKEN: token, POSTROOM_SMTP: smtp } = process.env;
const box = 'run-' + crypto.randomBytes(4).toString('hex');

async function ask(method, path) {
  const answer = await fetch(api + path, { method, headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(await answer.text()); // 409 says what there is instead
  return answer;
}

// In the place of the application under test: one line a reply.
function send(lines) {
  return new Promise((done, fail) => {
    const socket = net.connect(smtp, '127.0.0.1');
    let said = '';
    socket.on('error', fail).on('end', done).on('data', (data) => {
      said += data;
      if (!/^\d{3} .*\r\n$/m.test(said)) return;
      said = '';
      if (lines.length) socket.write(lines.shift() + '\r\n');
    });
  });
}

(async () => {
  const { since } = await (await ask('POST', `/api/v1/boxes/${box}/reset`)).json();
  await send(['EHLO test', 'MAIL FROM:<shop@example.com>', `RCPT TO:<alice+${box}@example.com>`, 'DATA',
    'Subject: Reset your password\r\n\r\nGo on at https://shop.example.com/reset?code=482913 now.\r\n.', 'QUIT']);
  const query = new URLSearchParams(
    { box, since, filter: 'subject:"reset your password"', count: '1', within: '10' });
  const { recipients } = await (await ask('GET', `/api/v1/messages/expect?${query}`)).json();
  assert.strictEqual(recipients[0].to, `alice+${box}@example.com`);
  const { links: [{ url: link }] } = await (await ask('GET', `/api/v1/mails/${recipients[0].id}/links`)).json();
  assert.strictEqual(link, 'https://shop.example.com/reset?code=482913');
  await ask('POST', `/api/v1/boxes/${box}/reset`);
  console.log('ok', link);
})();
