// Polling: how packets share the body of a request or an answer. What is posted here comes back.
import assert from 'node:assert/strict';

import { suite } from './support/suite.js';

const OCTETS = { 'content-type': 'application/octet-stream' };

suite('A payload of EIO=4', { raw: true }, (promise, server) => {
  promise('is one packet as it is', async () => {
    const session = await server.poll('EIO=4');
    await session.post('4hello');
    assert.equal(await session.poll(), '4hello');
  });

  promise('separates packets by the byte 1e, in both directions', async () => {
    const session = await server.poll('EIO=4');
    await session.post('4one\x1e4two\x1e4three');
    assert.equal(await session.poll(), '4one\x1e4two\x1e4three');
  });

  promise('has text in UTF-8', async () => {
    const session = await server.poll('EIO=4');
    await session.post('4é\x1e4漢字\x1e4😀 \u2028 "\\');
    const { bytes } = await session.get();
    assert.deepEqual(bytes, Buffer.from('4é\x1e4漢字\x1e4😀 \u2028 "\\', 'utf8'));
  });

  promise('has binary as b and base64', async () => {
    const session = await server.poll('EIO=4');
    await session.post('4a\x1ebAQID\x1ebAQ==\x1e4b');
    const { text, headers } = await session.get();
    assert.equal(text, '4a\x1ebAQID\x1ebAQ==\x1e4b');
    assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
  });

  promise('has empty messages', async () => {
    const session = await server.poll('EIO=4');
    await session.post('4\x1e4\x1e4a');
    assert.equal(await session.poll(), '4\x1e4\x1e4a');
  });

  promise('is answered with ok, as HTML that no cache keeps', async () => {
    const session = await server.poll('EIO=4');
    const { headers } = await session.post('4hello');
    assert.equal(headers['content-type'], 'text/html');
    assert.equal(headers['cache-control'], 'no-store');
  });

  promise('is refused when it is none, and the session is over', async () => {
    for (const body of ['', 'abc', '4a\x1e', '\x1e4a', '4a\x1e\x1e4b', '7', '4a\x1ex', 'b?', '\x004']) {
      const session = await server.poll('EIO=4');
      assert.equal((await session.send(body)).status, 400, JSON.stringify(body));
      await session.assertGone();
    }
  });

  promise('is refused when it is not UTF-8, and the session is over', async () => {
    const session = await server.poll('EIO=4');
    assert.equal((await session.send(Buffer.from([0x34, 0xc3, 0x28]))).status, 400);
    await session.assertGone();
  });

  promise('is no octets, which only EIO=3 knows', async () => {
    const session = await server.poll('EIO=4');
    assert.equal((await session.send('4hello', OCTETS)).status, 400);
    await session.assertGone();
  });

  promise('has taken what stood before the fault', async () => {
    const session = await server.poll('EIO=4');
    const poll = await session.park();
    assert.equal((await session.send('41\x1e42\x1ex')).status, 400);
    assert.match((await poll.answer).text, /^(41\x1e42\x1e)?1$/);
  });
});

suite('A payload of EIO=3', { raw: true }, (promise, server) => {
  promise('has the length of each packet in front', async () => {
    const session = await server.poll('EIO=3');
    await session.post('6:4hello');
    assert.equal(await session.poll(), '6:4hello');
    await session.post('4:4one4:4two1:4');
    assert.equal(await session.poll(), '4:4one4:4two1:4');
  });

  promise('counts UTF-16 code units: two for what lies beyond 16 bits', async () => {
    const session = await server.poll('EIO=3');
    await session.post('2:4é3:4漢字3:4😀2:4a');
    const { bytes } = await session.get();
    assert.deepEqual(bytes, Buffer.from('2:4é3:4漢字3:4😀2:4a', 'utf8'));
  });

  promise('has binary as b4 and base64 for clients that ask by b64=1', async () => {
    const session = await server.poll('EIO=3&b64=1');
    await session.post('2:4a6:b4AQID');
    const { text, headers } = await session.get();
    assert.equal(text, '2:4a6:b4AQID');
    assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
  });

  promise('is octets when there is binary in it, for all other clients', async () => {
    const session = await server.poll('EIO=3');
    await session.post('2:4é6:b4AQID');
    const { bytes, headers } = await session.get();
    assert.equal(headers['content-type'], 'application/octet-stream');
    // 00 for text or 01 for binary, the length in bytes as digits that are bytes, ff, the packet.
    assert.equal(bytes.toString('hex'), '0003ff34c3a9' + '0104ff04010203');
  });

  promise('is text again when there is no binary in it', async () => {
    const session = await server.poll('EIO=3');
    await session.post('6:b4AQID');
    assert.equal((await session.get()).headers['content-type'], 'application/octet-stream');
    await session.post('2:4a');
    const { text, headers } = await session.get();
    assert.equal(text, '2:4a');
    assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
  });

  promise('has a digit per byte in the lengths of its octets', async () => {
    const session = await server.poll('EIO=3');
    const packet = Buffer.concat([Buffer.from([4]), Buffer.alloc(122, 'x')]);
    const body = Buffer.concat([Buffer.from('01010203ff', 'hex'), packet]);
    await session.post(body, OCTETS);
    assert.deepEqual((await session.get()).bytes, body);
  });

  promise('may be posted as octets', async () => {
    const session = await server.poll('EIO=3&b64=1');
    await session.post(Buffer.from('0003ff34c3a9' + '0104ff04010203', 'hex'), OCTETS);
    assert.equal(await session.poll(), '2:4é6:b4AQID');
  });

  promise('is refused when it is none, and the session is over', async () => {
    const bodies = [
      '',
      'abc',
      '4hello',
      ':4hello',
      '6:4hell',
      '5:4hello',
      'x:4a',
      '2:4a3',
      '1:7',
      '99999999999999999999:4',
    ];
    for (const body of bodies) {
      const session = await server.poll('EIO=3');
      assert.equal((await session.send(body)).status, 400, JSON.stringify(body));
      await session.assertGone();
    }
    const octets = [
      '',
      '02',
      '0001',
      '00ff34',
      '0002ff34',
      '0101ff05',
      '000aff34',
      '0009090909090909090909ff34',
    ];
    for (const body of octets) {
      const session = await server.poll('EIO=3');
      assert.equal((await session.send(Buffer.from(body, 'hex'), OCTETS)).status, 400, body);
      await session.assertGone();
    }
  });
});

suite('JSONP', { raw: true }, (promise, server) => {
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

  promise('has answers that are a script, with the index that the client names by j', async () => {
    const session = await server.poll('EIO=3&j=7');
    assert.match(session.opened.text, /^___eio\[7\]\("\d+:0\{\\"sid\\":\\"[^]*\}"\);$/);
    await session.post('d=6%3A4hello', FORM);
    assert.equal(await session.poll(), '___eio[7]("6:4hello");');
  });

  promise('takes nothing but the digits of j', async () => {
    const { opened } = await server.poll('EIO=3&j=1](alert(2))//');
    assert.match(opened.text, /^___eio\[12\]\("/);
  });

  promise('escapes what ends a string or a line in JavaScript', async () => {
    const session = await server.poll('EIO=3&j=0');
    await session.post(`d=${encodeURIComponent('7:4"\u2028\u2029</s')}`, FORM);
    assert.equal(await session.poll(), '___eio[0]("7:4\\"\\u2028\\u2029</s");');
  });

  promise('has line ends in posts as a backslash and n', async () => {
    const session = await server.poll('EIO=3&j=0');
    await session.post(`d=${encodeURIComponent('4:4a\\nb')}`, FORM);
    assert.equal(await session.poll(), '___eio[0]("4:4a\\nb");');
    await session.post(`d=${encodeURIComponent('5:4a\\\\nb')}`, FORM);
    assert.equal(await session.poll(), '___eio[0]("5:4a\\\\nb");');
  });

  promise('has binary as base64', async () => {
    const session = await server.poll('EIO=3&j=0');
    await session.post('d=6%3Ab4AQID', FORM);
    assert.equal(await session.poll(), '___eio[0]("6:b4AQID");');
  });

  promise('is for EIO=4 too', async () => {
    const session = await server.poll('EIO=4&j=3');
    assert.match(session.opened.text, /^___eio\[3\]\("0\{\\"sid\\":/);
    await session.post(`d=${encodeURIComponent('4a\x1e4b')}`, FORM);
    assert.equal(await session.poll(), '___eio[3]("4a\\u001e4b");');
  });

  promise('is refused without its form field, and the session is over', async () => {
    const session = await server.poll('EIO=3&j=0');
    assert.equal((await session.send('6:4hello', FORM)).status, 400);
    await session.assertGone();
  });
});
