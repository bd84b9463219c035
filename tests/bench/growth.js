// Whether what should be bounded grows.

/** As a share of what there was in the middle. */
const ALLOWED_SHARE = 0.1;

const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

/** What a straight line through the points, [x, y] each, gains from first to last: one odd sample counts little. */
function gain(points) {
  const x = mean(points.map((point) => point[0]));
  const y = mean(points.map((point) => point[1]));
  const slope =
    mean(points.map((point) => (point[0] - x) * (point[1] - y))) / mean(points.map((point) => (point[0] - x) ** 2));
  return slope * (points.at(-1)[0] - points[0][0]);
}

/**
 * Says which of the results, [name, heading] each, grow over the second half of the rows by more than a tenth and
 * `slack`; `unit` is for people.
 *
 * In the first half everything that is bounded fills up, such as the answers that the services keep in case a request
 * is repeated. In the second what is live varies by less than a tenth. The slack of memory is for allocators and for
 * SQLite's caches: 4 MiB and a tenth are some 40 bytes for each of 250,000 messages, less than anything that is
 * forgotten of a message takes. The slack of files is for the write-ahead log, which begins anew after 62 MiB.
 */
export function growth(rows, results, unit, slack) {
  const half = rows.slice(rows.length >> 1);
  return results.flatMap(([name, heading]) => {
    const grown = gain(half.map((row) => [row.at, row.result[name]]));
    const allowed = half[0].result[name] * ALLOWED_SHARE + slack;
    if (grown <= allowed) return [];
    return [`${heading} grew by ${grown.toFixed(1)} ${unit} over the second half; ${allowed.toFixed(1)} are allowed`];
  });
}
