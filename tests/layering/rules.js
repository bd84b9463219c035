// Who may include what, and why. A rule's module is a folder; the longest that fits a file counts. `allow` and `deny`
// are prefixes of what stands between the quotes or brackets of an #include; `deny` goes first. Whatever of ours is not
// allowed is forbidden; the C++ library and other people's headers are allowed unless denied.

const OURS = ['common/', 'services/', 'edge/', 'tests/', 'parley/'];

const RPC = ['grpc', 'parley/', 'google/protobuf', 'common/grpc/'];
const IO = ['fstream', 'iostream', 'sys/', 'netinet/', 'thread', 'mutex', 'random', 'spdlog', 'prometheus', 'sqlite3'];

const service = (name) => {
  const own = `services/${name}`;
  return [
    {
      module: `${own}/domain`,
      allow: [`${own}/domain/`, 'common/status/', 'common/ids/', 'common/clock/clock.h'],
      deny: [...RPC, ...IO, 'nlohmann', 'boost', 'absl/time/clock', 'absl/random', 'common/ids/ids.h', 'common/ids/random_bytes.h'],
      reason:
        'the domain decides and nothing else: time, ids and randomness come in as values, so that every decision can be tested and replayed',
    },
    {
      module: `${own}/store`,
      allow: [`${own}/store/`, `${own}/domain/`, 'common/', 'parley/'],
      deny: ['grpcpp', 'nlohmann', 'boost'],
      reason: 'the store turns the domain into records; it uses protobuf as their format and speaks to nobody',
    },
    {
      module: `${own}/application`,
      allow: [`${own}/application/`, `${own}/domain/`, `${own}/store/`, 'common/'],
      deny: [...RPC, 'nlohmann', 'boost'],
      reason: 'the application leads commands through domain and store; how they arrive is the business of rpc/',
    },
    {
      module: `${own}/rpc`,
      allow: [`${own}/`, 'common/', 'parley/'],
      deny: ['nlohmann', 'boost'],
      reason: 'rpc/ translates between gRPC and the application',
    },
    {
      module: own,
      allow: [`${own}/`, 'common/', 'parley/'],
      deny: [],
      reason: 'a service knows the other one, and the edge, only through proto/',
    },
  ];
};

const TRANSPORT = ['grpc', 'parley/', 'common/grpc/', 'edge/rpc/', 'edge/fanout/', 'edge/events/', 'edge/rest/', 'edge/translate/'];

export const rules = [
  {
    module: 'common/grpc',
    allow: ['common/', 'parley/common/'],
    deny: [],
    reason: 'common/grpc serves every service, so it may know what they share and none of them',
  },
  {
    module: 'common/metrics',
    allow: ['common/log/', 'common/metrics/'],
    deny: ['grpcpp'],
    reason: 'common/metrics counts, and serves by HTTP what was counted',
  },
  {
    module: 'common',
    allow: ['common/'],
    deny: ['grpcpp', 'boost'],
    reason: 'common/ is below everything else; only common/grpc speaks gRPC, and only common/metrics HTTP',
  },
  ...service('room'),
  ...service('messaging'),
  {
    module: 'edge/websocket',
    allow: ['edge/websocket/', 'edge/limits/queue_budget.h', 'common/log/'],
    deny: TRANSPORT,
    reason: 'a WebSocket knows nothing of what is said over it',
  },
  {
    module: 'edge/limits',
    allow: ['edge/limits/', 'common/metrics/'],
    deny: [...TRANSPORT, 'nlohmann'],
    reason: 'limits are kept by those who serve; they count, and know nothing of what they count',
  },
  {
    module: 'edge/server',
    allow: ['edge/server/', 'edge/limits/', 'edge/websocket/', 'common/log/', 'common/metrics/', 'common/tls/'],
    deny: TRANSPORT,
    reason: 'the HTTP server knows nothing of what it serves',
  },
  {
    module: 'edge/engineio',
    allow: ['edge/engineio/', 'edge/limits/', 'edge/server/', 'edge/websocket/', 'common/ids/random_bytes.h', 'common/log/', 'common/metrics/'],
    deny: TRANSPORT,
    reason: 'Engine.IO is a library of its own: it knows neither Socket.IO nor rooms',
  },
  {
    module: 'edge/socketio',
    allow: ['edge/socketio/', 'edge/engineio/', 'edge/limits/', 'edge/server/', 'edge/websocket/', 'common/log/', 'common/metrics/'],
    deny: TRANSPORT,
    reason: 'Socket.IO is a library of its own: it knows nothing of rooms',
  },
  {
    module: 'edge/translate',
    allow: ['edge/translate/', 'parley/', 'common/status/'],
    deny: ['grpcpp', 'boost'],
    reason: 'translation is between types, whatever carries them',
  },
  {
    module: 'edge/rpc',
    allow: ['edge/rpc/', 'parley/', 'common/'],
    deny: ['nlohmann', 'edge/socketio/'],
    reason: 'the clients of the services know nothing of who uses them',
  },
  {
    module: 'edge/fanout',
    allow: ['edge/fanout/', 'edge/rpc/', 'edge/translate/', 'edge/socketio/', 'edge/server/worker.h', 'parley/', 'common/'],
    deny: ['edge/engineio/'],
    reason: 'the fan-out carries encoded events from watches to sockets, whatever their transport',
  },
  {
    module: 'edge/events',
    allow: ['edge/events/', 'edge/limits/', 'edge/fanout/', 'edge/rpc/', 'edge/translate/', 'edge/socketio/', 'parley/', 'common/'],
    deny: ['edge/rest/', 'edge/engineio/'],
    reason: 'events are translated into calls of the services, whatever their transport',
  },
  {
    module: 'edge/rest',
    allow: ['edge/rest/', 'edge/rpc/', 'edge/translate/', 'edge/server/', 'parley/', 'common/'],
    deny: ['edge/socketio/', 'edge/engineio/', 'edge/events/'],
    reason: 'REST is translated into calls of the services, and needs nothing of Socket.IO',
  },
  {
    module: 'edge',
    allow: ['edge/', 'common/'],
    deny: ['services/'],
    reason: 'the edge holds no domain rule: it knows the services only through proto/',
  },
];

const startsWithAny = (path, prefixes) => prefixes.some((prefix) => path.startsWith(prefix));

/// Complaints about one file, each with the rule's reason.
export function check(file, text) {
  const rule = rules
    .filter(({ module }) => file.startsWith(`${module}/`))
    .sort((a, b) => b.module.length - a.module.length)[0];
  if (!rule) return [`${file}: no rule of tests/layering/rules.js says what it may include`];
  const complaints = [];
  text.split('\n').forEach((line, index) => {
    const included = /^\s*#\s*include\s*["<]([^">]+)[">]/.exec(line)?.[1];
    if (!included) return;
    // The records of a service, and gRPC's own messages, are generated beside the sources.
    const generated = included.startsWith(`${rule.module}/`) && included.endsWith('.pb.h');
    const foreign = !startsWithAny(included, OURS);
    const denied = startsWithAny(included, rule.deny);
    if (denied || !(foreign || generated || startsWithAny(included, rule.allow))) {
      complaints.push(`${file}:${index + 1}: ${rule.module} may not include "${included}": ${rule.reason}`);
    }
  });
  return complaints;
}
