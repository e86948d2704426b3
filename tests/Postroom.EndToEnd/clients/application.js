// Sends the mails that every client of the tests sends, by nodemailer, and writes down what it built:
// application.js PORT FOLDER [CERTIFICATE]
'use strict';
const fs = require('fs');
const path = require('path');
const { Transform } = require('stream');
const nodemailer = require('/usr/share/nodejs/nodemailer');

const [port, folder, certificate] = process.argv.slice(2);
const relay = nodemailer.createTransport({
  host: '127.0.0.1',
  port: Number(port),
  name: 'client.example.test',
  pool: true,
  maxConnections: 1,
  ...(certificate
    ? { requireTLS: true, tls: { ca: fs.readFileSync(certificate) }, auth: { user: 'jira', pass: 'correct horse' } }
    : { ignoreTLS: true }),
});

// What leaves the composer is what was built; line ends become CRLF on the wire.
relay.use('stream', (mail, done) => {
  const file = path.join(folder, `${mail.data.headers['X-Kind']}.eml`);
  const built = [];
  mail.message.transform(() => new Transform({
    transform(octets, _, next) { built.push(octets); next(null, octets); },
    flush(next) {
      const lines = Buffer.concat(built).toString('latin1').replace(/\r?\n/g, '\r\n');
      fs.writeFileSync(file, Buffer.from(lines, 'latin1'));
      next();
    },
  }));
  done();
});

const to = (kind) => kind === 'bad' ? ['alice@example.com', 'double..dot@example.com', 'bob@example.com']
  : Array.from({ length: kind === 'many' ? 30 : 1 }, (_, i) => `user${i}@example.com`);

(async () => {
  for (const kind of ['text', 'attachment', 'many', 'bad']) {
    const sent = await relay.sendMail({
      from: '"Alice Müller (Jira)" <jira@example.com>',
      to: 'user0@example.com',
      envelope: { from: 'jira@example.com', to: to(kind) },
      subject: '[JIRA] (PROJ-1) Der Drucker brennt – schon wieder',
      headers: { 'X-Kind': kind },
      text: '.\n..two dots\n.hidden\nIssue PROJ-1: Grüße aus dem Keller\n',
      attachments: kind === 'attachment' ? [{ filename: 'drucker.png', content: Buffer.alloc(50000, 7) }] : [],
    });
    console.log(`${kind}: ${sent.rejected.length > 0 ? 'in part' : 'sent'}`);
  }
  relay.close();
})().catch((e) => { console.error(e); process.exit(1); });
