import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { check } from './rules.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.(h|cc)$/.test(entry.name)) yield path;
  }
}

test('Every file includes only what its layer may', () => {
  const complaints = [];
  let files = 0;
  for (const folder of ['common', 'services', 'edge']) {
    for (const path of sources(join(root, folder))) {
      ++files;
      complaints.push(...check(relative(root, path), readFileSync(path, 'utf8')));
    }
  }
  assert.ok(files > 100, `only ${files} files were found`);
  assert.deepEqual(complaints, []);
});

for (const [file, include, reason] of [
  ['services/room/domain/room.cc', '"parley/room/v1/room_service.pb.h"', 'the domain decides and nothing else'],
  ['services/room/domain/room.cc', '<grpcpp/grpcpp.h>', 'the domain decides and nothing else'],
  ['services/room/domain/room.cc', '"common/ids/ids.h"', 'the domain decides and nothing else'],
  ['services/room/rpc/room_rpc.cc', '"services/messaging/domain/message.h"', 'rpc/ translates'],
  ['services/messaging/application/a.cc', '<grpcpp/grpcpp.h>', 'how they arrive is the business of rpc/'],
  ['edge/engineio/session.cc', '"edge/socketio/packet.h"', 'it knows neither Socket.IO nor rooms'],
  ['edge/socketio/socket.cc', '"parley/room/v1/room_service.pb.h"', 'it knows nothing of rooms'],
  ['edge/rest/rest_api.cc', '"edge/events/client_session.h"', 'REST is translated into calls'],
  ['edge/events/client_session.cc', '"services/room/domain/room.h"', 'events are translated into calls'],
  ['common/storage/log_store.h', '"common/grpc/channel.h"', undefined],
  ['common/log/log.cc', '"services/room/domain/room.h"', 'common/ is below everything else'],
  ['common/log/log.cc', '<boost/asio.hpp>', 'only common/metrics HTTP'],
  ['common/metrics/metrics_server.cc', '<boost/beast/http.hpp>', undefined],
  ['edge/somewhere_else/new.cc', '"services/room/domain/room.h"', 'the edge holds no domain rule'],
  ['elsewhere/new.cc', '<vector>', 'no rule of'],
]) {
  test(`${file} including ${include} is ${reason ? 'refused with the reason' : 'accepted'}`, () => {
    const [complaint, ...more] = check(file, `#pragma once\n\n#include ${include}\n`);
    assert.deepEqual(more, []);
    if (reason === undefined) assert.equal(complaint, undefined);
    else assert.ok(complaint?.includes(reason), `the complaint was: ${complaint}`);
  });
}
