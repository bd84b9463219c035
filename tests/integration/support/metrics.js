// Prometheus metrics as a test reads them.
import { get } from './rest.js';
import { until } from './wait.js';

/** All samples that a process shows: from `name{label="value"}` as it is printed to the number. */
export async function metrics(url) {
  // A server that is full by its limits takes another connection a little later.
  const { text } = await until('/metrics answers', async () => {
    const answer = await get(url, '/metrics');
    return answer.status === 200 && answer;
  });
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** One sample's value; 0 for what was never counted. */
export async function metric(url, sample) {
  return (await metrics(url)).get(sample) ?? 0;
}
